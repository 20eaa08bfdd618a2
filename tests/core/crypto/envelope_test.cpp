#include "core/crypto/encoding.hpp"
#include "core/crypto/envelope.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

std::string bytes(std::string_view base64)
{
    const auto decoded = from_base64(base64);
    BOOST_REQUIRE(decoded.has_value());
    return *decoded;
}

/// A key and an initial vector that own their bytes.
struct Keys {
    std::string key = bytes("PSw37xtnShLl7zgWn4dLSnf1J5GRhRsOD4OfvJOuLIM=");
    std::string iv = bytes("gGIhDvCBnSBhBgYiXCyMnw==");

    AesKey aes() const { return {key, iv}; }
};

// What such an envelope holds in practice: 69 bytes, which fit 1024 bits.
constexpr auto secret_text =
    "PSw37xtnShLl7zgWn4dLSnf1J5GRhRsOD4OfvJOuLIM=:gGIhDvCBnSBhBgYiXCyMnw==";

// Two pairs made by `openssl genpkey -algorithm RSA`, and the text above sealed by `openssl pkeyutl
// -encrypt` with PKCS#1 for the short one, with OAEP and SHA-256 for the long one.
constexpr auto short_public_key =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDYmzdZjjxZmsioDeIfRVw6hJVvbiknrN/sp4mDt8+bO2v8"
    "/Gs5UegNH/4UgXne0tMiP3G+xUc/nbun9jRSMpSMIY9QuLVCqklrPDixGjakCt9yttKaiFbn/ApOCf4wHtFH"
    "M8CSvUWXd2s8BzNs25UGrooN/ALgHsZWEIZ7dPbGvwIDAQAB";
constexpr auto short_private_key =
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBANibN1mOPFmayKgN4h9FXDqElW9uKSes3+yn"
    "iYO3z5s7a/z8azlR6A0f/hSBed7S0yI/cb7FRz+du6f2NFIylIwhj1C4tUKqSWs8OLEaNqQK33K20pqIVuf8"
    "Ck4J/jAe0UczwJK9RZd3azwHM2zblQauig38AuAexlYQhnt09sa/AgMBAAECgYEAzl+sb7YWB+VycrOvks25"
    "3sM9wYo6yeNrAgZp/cZele8ap1I0Msu4BPFLWmw2GjfSE9pQ3EsH5DO7fH8WQI6SeePg7R9GVGMAYylQz+I1"
    "qhO5+OmvC8twkl1PJnrGcNgvtjTyU49Od3MVin+KoI7FQ8nFhS/644W/35TvYswR4rkCQQD0kp8Af8EYcLVb"
    "AwP3+zonsjM+nw8d5ob5zNzwgU3Z358k6HD+BUhVYxDMRDfoGWU5zZV0pg23n1ZIyl1G5PJbAkEA4roVaDbv"
    "LJ4YDWXvYA9a8Rh5sXXWaJrWhyXB+VIQ/jLMNkhnmifNFCVLyoHazTDc+DWnqsGm69OdV9ZTSrqibQJBAJ1T"
    "jDDX/bDpH+Bx6iWlWF2cxlYsH59OYdljLWUQ6LGUpl0poTXm1AcJeQ7Ne2E0pOcwFko5X22Vc/3TH3mxYS0C"
    "QQCLLwEFQPQCx+qsDu+sYMDLUOMj9drxzFv2C0/Q5nhYFIcYq8ot8FENFPg6EQ1o+Z4tIYMUaF04WGg3C/OF"
    "5JzhAkB99+OQ9I+6e86subGx/6KYvV2MZ3R0REYI9WOZD9CY812wZuKY71EFeQ5ekxw432fm1CdlxW2EYI48"
    "NylByZQG";
constexpr auto sealed_by_pkcs1 =
    "HgKO+fTNxaQSTaq2c6nQdIF4BLR7WRM1jAtGJNZRsTfNYhBvnvNNzSyfF8XRqyByqhAS/xu8Gg3n6narL5hV"
    "RXyzODTaGbDz6mliYjGM8WgfAgyyKftks8EftnHlEen76oOw9+0jUMUMRxEu6HW7alE6rZiwkaIm8P0glUgR"
    "XAQ=";
constexpr auto long_public_key =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA33Zvq+tR6U1adAeQEQcjORTHVANUNeZAmwiD7q1f"
    "NX//tsFHAqyfzE/SJq0xEZo52mdzZJA8jwxggnnLKYjrKMFk+nd7vkD/+rB2T0ILivb1WefsaQnGEhq90IDi"
    "RqTjGEz4B8hhIchqUIdgkgQTHj77pWkhXHZUVNF2zv8Q6KTK5mPWxr4ZwtQVJSP/39jGfO1D8jpm7y2NAXfi"
    "YbkQsEU0gE3XwDvihBLAT/F3Mw54ZKgn9/rDobw8lTA3HxcJFAZgBhP7VqpUAFkH6a97yqInw876N5boawdN"
    "Y7zbMWAtKE8CM9Yndi7BSnpjN1kHo3BwCoaGhqFYO8mGIRdsewIDAQAB";
constexpr auto long_private_key =
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDfdm+r61HpTVp0B5ARByM5FMdUA1Q15kCb"
    "CIPurV81f/+2wUcCrJ/MT9ImrTERmjnaZ3NkkDyPDGCCecspiOsowWT6d3u+QP/6sHZPQguK9vVZ5+xpCcYS"
    "Gr3QgOJGpOMYTPgHyGEhyGpQh2CSBBMePvulaSFcdlRU0XbO/xDopMrmY9bGvhnC1BUlI//f2MZ87UPyOmbv"
    "LY0Bd+JhuRCwRTSATdfAO+KEEsBP8XczDnhkqCf3+sOhvDyVMDcfFwkUBmAGE/tWqlQAWQfpr3vKoifDzvo3"
    "luhrB01jvNsxYC0oTwIz1id2LsFKemM3WQejcHAKhoaGoVg7yYYhF2x7AgMBAAECggEAOJDE7NppBisYCgX+"
    "EGljn6fkWx5qmyg5U2VA7FKDpsnLY6oiPQmQe8n60uKFaMTG/0OvoJWoVreV2IFXDaEEkfD+jC5hqwPOKFmx"
    "4RdBT8B60/LS07XvJxcQ1G5DmQlVGQomwOWWvNP8IX1bUyrn4gCkd7cYhEzJxRyuu/AyCglvuOef6TJBqMcs"
    "I4k8RmayPE6KORQQY9ziWeJJc3n/Eqnipyu6vCj1PrjASUAJfky1fMPMQJskHFb1EZgBkOv5wLWgJNX8Nz9c"
    "4UG24vB7iCe6HBgAde9MsQFsuOaXPYybGIdZGpad0i4ZW/XA8MOCsEsSIywS9ZiGfPGaj++/oQKBgQD717q7"
    "ns5hzwCOqvrKwnXm9Ps7DDGjpA9uOI7R3be/0dRPyzcNM+jDc5RXEwPUYaeyomGPwzsE3oLncJah2WpJgj6x"
    "7yNMJuuH7MaWM6+dBSi8yX2gWRAXysPSSPK7ysNc1rEBeYtcqzoXxJvsbWm8R0ZfCvT5On43lNeV5/h4YQKB"
    "gQDjJsZKL6ROq72pBGvEJ4xbxvyDIw+pRPjB5hbSQN8Wkvta2YRLUUvirau9p9z7UeFsyBTP/AhI+YK/xgMA"
    "JM4ftFslLLg8O+tkYBJuLrbJjQ+F8HaMNx9MgUaEcYBxarRKWzlhSnzoPTgW3I2smRZWMC5B0dWOad+0zV4y"
    "ld/iWwKBgQDkA4YFqNqio5CVmyhFu5qT6Ooto/StfDScTojAakWbXpcjR5IoWf88NsDvtT+aYnA6w9ohF1mw"
    "JuXONZmsH/SjaVDqOOF0aSiGgFGsXE97ktg3VRZwvzJa2DJDidh7PjFzNM49z5Xl6QFH07J4dPduh/mmw3zY"
    "yaTNHe2yw7urAQKBgBM48srQYU0vB2vILf55gk0596B5VRfz+EEgYYoFZ1uXsKGtip59ELjsDX6NOAwkj7kO"
    "7YP0Rhc21jO4ZASdGLxiHNx2fljKkU77OlQMq/c+crPY949CEun8fqUynbX7W6p3MdHj5dIZbCezHmIeyl8c"
    "0K1NPo9AsmewgWoyeLHFAoGAEJf1qRSwLC/8AFhCtLT/NTR3PeruEYiadfQCmTNtvqkk3EkQcBa+qNonSzy0"
    "AKPSgcBSnx/JdJyZsh9GTPci8onstpqGj9iqXB5SAKZubAcqBrqkMZBG19O/ETRJTefbCfxA8Wf//qx+/ygL"
    "3hEF0IPAB09/JcIAeXn9gfy1dqU=";
constexpr auto sealed_by_oaep =
    "YSCF37dcjMpgcDJt4m0r7Hr8Nu/DZQUkd1xEUum6fABZk6AM5vKxLSaQDXIo9/hO4r7yGFFtmeM6cfzVpHm3"
    "ZegxzDh8Vlvxe3hRosI58zqMs48tzV6hbZY1DweGFshiA/F66tXBefTsq407Z64Xar5V6w2u8jEPqZ2/fhS0"
    "T2qmE6Hm9dMLSjF39X1rA+Xezy0NE48b6w/DsOzWGPgM6U6gsAnNowOMofsWjpxdypiV1tNlhhN2oOj+q8fA"
    "gzEH/bbeio7wYzGtwodZfjw9YxjARW9TD4j5+WOPP9Xl0FluFOrPuRhSXrOfWvzPv342FirZL049YHR5l3P+"
    "1VzJ5Q==";
constexpr auto elliptic_public_key =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAo/sY18e6U+LmWQjYCJoxppmrql52KGA3jJhcPojJCjr/Hea"
    "FNEDrBpaZSP8b/aOPP2Lm4OcokQCv1YFJHi5Yg==";

} // namespace

BOOST_AUTO_TEST_SUITE(envelope_test)

// The example that Airtel Money publishes for its header x-signature.
BOOST_FIXTURE_TEST_CASE(a_message_is_sealed_like_the_published_one, Keys)
{
    constexpr auto message =
        R"({"reference":"1234","subscriber":{"country":"UG","currency":"UGX",)"
        R"("msisdn":"752604392"},)"
        R"("transaction":{"amount":"100","country":"UG","currency":"UGX","id":"test_id "}})";
    constexpr auto sealed =
        "bDOsVGZzbK0P5jO/M5QVMH/qxSmRJLEvIPZCdW6H81xvsZNI6jZej54oBQlHZ38yy63QNeyyYcfEkGJ8"
        "f3f15wHWs86V9BCIpHSesS3SrhozE/gGA1fLydeSS26mw0jhyt9XIpabk1RjDH59SfsrkHKU38I5mRlt"
        "hG/t2qXJck0FhNR64bgOExm9CsuxUlfpsSoW1g81g1u5a4yMFIHhp77f+h3EXNHzcEsdSWhqTho=";
    BOOST_TEST(to_base64(aes_256_cbc_encrypt(aes(), message)) == sealed);
    BOOST_TEST((aes_256_cbc_decrypt(aes(), bytes(sealed)) == message));
}

BOOST_FIXTURE_TEST_CASE(padding_fills_the_last_block_or_adds_one, Keys)
{
    for (std::size_t size = 0; size <= 2 * aes_block_bytes; ++size) {
        const std::string message(size, 'm');
        const auto sealed = aes_256_cbc_encrypt(aes(), message);
        BOOST_TEST(sealed.size() == (size / aes_block_bytes + 1) * aes_block_bytes);
        BOOST_TEST((aes_256_cbc_decrypt(aes(), sealed) == message));
    }
}

BOOST_FIXTURE_TEST_CASE(what_was_not_sealed_is_not_opened, Keys)
{
    const auto sealed = aes_256_cbc_encrypt(aes(), "a message");
    BOOST_TEST(!aes_256_cbc_decrypt(aes(), "").has_value());
    BOOST_TEST(!aes_256_cbc_decrypt(aes(), sealed.substr(1)).has_value());
    BOOST_TEST(!aes_256_cbc_decrypt(aes(), sealed + "x").has_value());
}

BOOST_AUTO_TEST_CASE(what_openssl_sealed_is_opened)
{
    BOOST_TEST(
        (rsa_decrypt(bytes(short_private_key), RsaPadding::pkcs1, bytes(sealed_by_pkcs1)) ==
         secret_text)
    );
    BOOST_TEST(
        (rsa_decrypt(bytes(long_private_key), RsaPadding::oaep_sha256, bytes(sealed_by_oaep)) ==
         secret_text)
    );
}

BOOST_AUTO_TEST_CASE(what_is_sealed_is_opened_by_the_private_key_alone)
{
    struct {
        const char* name;
        const char* public_key;
        const char* private_key;
        RsaPadding padding;
        std::size_t size;
    } const cases[] = {
        {"short, PKCS#1", short_public_key, short_private_key, RsaPadding::pkcs1, 128},
        {"long, PKCS#1", long_public_key, long_private_key, RsaPadding::pkcs1, 256},
        {"long, OAEP", long_public_key, long_private_key, RsaPadding::oaep_sha256, 256},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto sealed = rsa_encrypt(bytes(c.public_key), c.padding, secret_text);
            BOOST_REQUIRE(sealed.has_value());
            BOOST_TEST(sealed->size() == c.size);
            BOOST_TEST((rsa_decrypt(bytes(c.private_key), c.padding, *sealed) == secret_text));
            BOOST_TEST((rsa_encrypt(bytes(c.public_key), c.padding, secret_text) != sealed));
        }
    }
    const auto sealed = rsa_encrypt(bytes(short_public_key), RsaPadding::pkcs1, secret_text);
    BOOST_TEST(
        !rsa_decrypt(bytes(short_public_key), RsaPadding::pkcs1, sealed.value_or("")).has_value()
    );
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_fit_seals_nothing)
{
    const auto key = bytes(short_public_key);
    const auto seals = [](std::string_view der, RsaPadding padding, std::string_view text) {
        return rsa_encrypt(der, padding, text).has_value();
    };
    BOOST_TEST(seals(key, RsaPadding::pkcs1, secret_text));
    BOOST_TEST(!seals(key, RsaPadding::oaep_sha256, secret_text), "62 bytes fit, not 69");
    BOOST_TEST(!seals(key, RsaPadding::pkcs1, std::string(118, 'x')), "117 bytes fit");
    BOOST_TEST(!seals("", RsaPadding::pkcs1, "x"));
    BOOST_TEST(!seals("no key", RsaPadding::pkcs1, "x"));
    BOOST_TEST(!seals(key.substr(0, key.size() - 1), RsaPadding::pkcs1, "x"));
    BOOST_TEST(!seals(bytes(elliptic_public_key), RsaPadding::pkcs1, "x"));
    BOOST_TEST(!seals(bytes(short_private_key), RsaPadding::pkcs1, "x"));
}

BOOST_AUTO_TEST_SUITE_END()
