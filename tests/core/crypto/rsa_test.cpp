#include "core/crypto/encoding.hpp"
#include "core/crypto/rsa.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tollgate;
using namespace std::string_view_literals;

namespace {

// Published by BPC (dev.bpcbt.com, callback notifications), with the signature below.
constexpr auto published_key = "-----BEGIN PUBLIC KEY-----\n"
                               "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwtuGKbQ4WmfdV1gjWWys\n"
                               "5jyHKTWXnxX3zVa5/Cx5aKwJpOsjrXnHh6l8bOPQ6Sgj3iSeKJ9plZ3i7rPjkfmw\n"
                               "qUOJ1eLU5NvGkVjOgyi11aUKgEKwS5Iq5HZvXmPLzu+U22EUCTQwjBqnE/Wf0hnI\n"
                               "wYABDgc0fJeJJAHYHMBcJXTuxF8DmDf4DpbLrQ2bpGaCPKcX+04POS4zVLVCHF6N\n"
                               "6gYtM7U2QXYcTMTGsAvmIqSj1vddGwvNGeeUVoPbo6enMBbvZgjN5p6j3ItTziMb\n"
                               "Vba3m/u7bU1dOG2/79UpGAGR10qEFHiOqS6WpO7CuIR2tL9EznXRc7D9JZKwGfoY\n"
                               "/QIDAQAB\n"
                               "-----END PUBLIC KEY-----\n";
constexpr auto published_text =
    "amount;35000099;mdOrder;12b59da8-f68f-7c8d-12b5-9da8000826ea;operation;deposited;status;1;"sv;
constexpr auto published_signature =
    "9524FD765FB1BABFB1F42E4BC6EF5A4B07BAA3F9C809098ACBB462618A9327539F975FEDB4CF6EC1"
    "556FF88BA74774342AF4F5B51BA63903BE9647C670EBD962467282955BD1D57B16935C9568645268"
    "10870CD32967845EBABE1C6565C03F94FF66907CEDB54669A1C74AC1AD6E39B67FA7EF6D305A007A"
    "474F03B80FD6C965656BEAA74E09BB1189F4B32E622C903DC52843C454B7ACF76D6F76324C27767D"
    "E2FF6E7217716C19C530CA7551DB58268CC815638C30F3BCA3270E1FD44F63C14974B108E65C2063"
    "8ECE2F2D752F32742FFC5077415102706FA5235D310D4948A780B08D1B75C8983F22F211DFCBF144"
    "35F262ADDA6A97BFEB6D332C3D51010B";

// Made with openssl genrsa; the signatures of `Tollgate` with openssl dgst -sign.
constexpr auto own_key = "-----BEGIN PUBLIC KEY-----\n"
                         "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmDwR5//hAfH/pUaSgDMw\n"
                         "vBjivhswOWhXHf0ybXCeUrTUe5lhRz9+/Y5/+IS0GXQcTSz1yRbgKR+hB/5zg/97\n"
                         "3GR18Fxs0jRMOGABDAK+XVXCn6VXRp3M920Xx8To0kNRLfIQwctNz7f4wPsM2lIB\n"
                         "nqkv5hZ9QEm9GXXwY0d8+lP211iINAE1BhcUrsJUWwUIl1tUzQ2Ex8+f3Q8ureBn\n"
                         "GlE4Fw+PqThVFJeoIK6jMoVcnrZpkdQVt+c6qH4OuA1jqwtZ5D1pqi/CDDJKKbdX\n"
                         "yKUHvxD/iNkFD88w2NaY8sc/fndnDdO+K3L8xnPObdxdiJp7T92nBjjZdhVgwZz5\n"
                         "pQIDAQAB\n"
                         "-----END PUBLIC KEY-----\n";
constexpr auto own_text = "Tollgate"sv;
constexpr auto own_sha256 =
    "7e1c5e6492b251d10d554ba87c1524b6a5eee74990d4584cabf0a9420e9302e5920845f2e421c3d0"
    "85fe0547f9f109823cdbcbcdb1035a0f9cf7517d376aa2e437b48f647feb226cdd16396bab082eb4"
    "a406352ee1956c623dab32be007c50ef27ee6527b1f4936d9e66a7450d1a1ee62b0b66a4ab897a8e"
    "b750339a9c34fd09e55ebcef490d868c5e0a891b3bcf1de18d48e44e8a1543c3fa2c083b83e3138c"
    "ec4942ee0e51ef70d65401036a2feef4d0963f3c01d619eac9bbc17f3565c8f58c65a2878f808428"
    "a59133caaa1d82272987b4e03837f5f6ea6bd7861caa1b6d6d58080ebdd91eeffbd41147287bc560"
    "c509ec7b409e7302ef586158b996682e";
constexpr auto own_sha512 =
    "41a86da54f8c7e39ed09b602414cddcd59a7378c8e21b68e407b1eb017ad7b45cd4e8d659148ea7f"
    "034a1945a02fda76c01e1abd19df105bf988d9a14122c408dcd952ef3777841ace6c22b8c69b8141"
    "ce9ea9401b5e421710c6c239549386cc16d3d8d16847d38ff9fbdfbb13d2308bf7c501079f5c5495"
    "c6a5bca27ae6fab089213b5fb33cc14c9991874baf2cd33b43d0fbfc5cec7dbc071a275e9d98c07c"
    "87b5d8a05077f6722b9f17f1c4ebf74583783bcdc070fe72d79043cdb2c003ad65f7d5cb372f30e1"
    "2d2342e797fedac8055998e1f175652530f9d7aab61a7f012e1f45d0caf037de44c29f25d4908b29"
    "26cb7a5806a4301e229e5622d27b36d8";
constexpr auto own_sha256_pss =
    "77efa42f2b74f457679a311d16fd278928cc370ebb47a9213b9b182eeab2707c7cca75d73ec1a3f1"
    "3cc0671ba0a2222434f9bd20a112aeb9721446da9082ff835c55ba42f5576bcc0902e22f68334499"
    "c32f3a0573369ac1e26092009a3fe4b1343333c149ccfa44487554b262a2eadf9853483698987928"
    "5df93a2c2aa6b011b02e95aa1b9d34dbeb4783e5fa24b476fac68b434e871f59eb6361bb0dfabf2b"
    "881f43c014dfd70f6bb04ce7f4a17feeb49436678409911613809968c6243d00e9fc327cde01c1a0"
    "bb08627aef4c49e65b194b1df361f5f8d47b290796c6f62b2a2845888829192deb24729eae8e55f7"
    "bb7b5627e54fbfed27e9208a7b1c2d70";

constexpr auto curve_key = "-----BEGIN PUBLIC KEY-----\n"
                           "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbrn60ZKcxV46lmKVT6LvgYnITtte\n"
                           "U70w+VfrQM12jLJzloLvFY1RG3AJWV501HfaERxvZuF4f5h4rYNTObgDvw==\n"
                           "-----END PUBLIC KEY-----\n";

std::string bytes(std::string_view hex)
{
    return from_hex(hex).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(rsa_test)

BOOST_AUTO_TEST_CASE(the_published_signature_is_genuine)
{
    const auto signature = bytes(published_signature);
    BOOST_TEST(verify_rsa(published_key, RsaDigest::sha512, published_text, signature));
    BOOST_TEST(!verify_rsa(published_key, RsaDigest::sha256, published_text, signature));
}

BOOST_AUTO_TEST_CASE(a_signature_belongs_to_key_digest_and_padding)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view key;
        RsaDigest digest;
        std::string_view signature;
        bool genuine;
    } const cases[] = {
        {"SHA-256",              own_key,       RsaDigest::sha256, own_sha256,     true},
        {"SHA-512",              own_key,       RsaDigest::sha512, own_sha512,     true},
        {"SHA-256 as SHA-512",   own_key,       RsaDigest::sha512, own_sha256,     false},
        {"SHA-512 as SHA-256",   own_key,       RsaDigest::sha256, own_sha512,     false},
        {"another padding, PSS", own_key,       RsaDigest::sha256, own_sha256_pss, false},
        {"another key",          published_key, RsaDigest::sha256, own_sha256,     false},
        {"key of a curve",       curve_key,     RsaDigest::sha256, own_sha256,     false},
        {"no key",               "",            RsaDigest::sha256, own_sha256,     false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(verify_rsa(c.key, c.digest, own_text, bytes(c.signature)) == c.genuine);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_changed_byte_is_no_signature)
{
    const auto signature = bytes(published_signature);
    for (std::size_t i = 0; i < published_text.size(); ++i) {
        std::string changed{published_text};
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(!verify_rsa(published_key, RsaDigest::sha512, changed, signature), i);
    }
    for (std::size_t i = 0; i < signature.size(); ++i) {
        auto changed = signature;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(!verify_rsa(published_key, RsaDigest::sha512, published_text, changed), i);
    }
    for (const auto& wrong :
         {std::string{},
          signature.substr(1),
          signature.substr(0, signature.size() - 1),
          signature + '\0',
          signature + signature}) {
        BOOST_TEST(!verify_rsa(published_key, RsaDigest::sha512, published_text, wrong));
    }
    BOOST_TEST(!verify_rsa(published_key, RsaDigest::sha512, "", signature));
}

BOOST_AUTO_TEST_CASE(only_an_rsa_public_key_in_pem_is_one)
{
    std::string crlf;
    for (const char c : std::string_view{own_key}) {
        if (c == '\n') crlf += '\r';
        crlf += c;
    }
    const std::string cut = std::string{own_key}.substr(0, 200);
    constexpr auto encrypted = "-----BEGIN PUBLIC KEY-----\n"
                               "Proc-Type: 4,ENCRYPTED\n"
                               "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                               "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n"
                               "-----END PUBLIC KEY-----\n"sv;
    // clang-format off
    struct {
        const char* name;
        std::string_view pem;
        bool is_key;
    } const cases[] = {
        {"published",             published_key,                true},
        {"own",                   own_key,                      true},
        {"line ends of Windows",  crlf,                         true},
        {"of a curve",            curve_key,                    false},
        {"cut off",               cut,                          false},
        {"encrypted, never asks", encrypted,                    false},
        {"empty",                 "",                           false},
        {"words",                 "not a key",                  false},
        {"zeros",                 "\0\0\0\0"sv,             false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(is_rsa_public_key(c.pem) == c.is_key);
        }
    }
    BOOST_TEST(!is_rsa_public_key(std::string(20'000, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
