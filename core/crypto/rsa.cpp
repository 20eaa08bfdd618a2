#include "core/crypto/rsa.hpp"

#include "core/support/check.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstddef>
#include <memory>

namespace tollgate {
namespace {

constexpr std::size_t pem_bytes_max = 16'384;

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using Bio = std::unique_ptr<BIO, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

/// OpenSSL would otherwise ask the terminal for the passphrase of an encrypted PEM.
int no_passphrase(char*, int, int, void*)
{
    return -1;
}

/// Nothing when `pem` is no RSA public key.
Key read_key(std::string_view pem)
{
    if (pem.empty() || pem.size() > pem_bytes_max) return {};
    const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    if (!bio) return {};
    Key key{PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr)};
    ERR_clear_error();
    return key && EVP_PKEY_is_a(key.get(), "RSA") == 1 ? std::move(key) : Key{};
}

const EVP_MD* algorithm(RsaDigest digest)
{
    switch (digest) {
    case RsaDigest::sha256: return EVP_sha256();
    case RsaDigest::sha512: return EVP_sha512();
    }
    impossible("digest");
}

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace

bool is_rsa_public_key(std::string_view public_key_pem)
{
    return read_key(public_key_pem) != nullptr;
}

bool verify_rsa(
    std::string_view public_key_pem,
    RsaDigest digest,
    std::string_view message,
    std::string_view signature
)
{
    const auto key = read_key(public_key_pem);
    const Context context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* padding = nullptr; // belongs to the context
    const bool ready =
        key && context &&
        EVP_DigestVerifyInit(context.get(), &padding, algorithm(digest), nullptr, key.get()) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PADDING) == 1;
    const bool genuine =
        ready &&
        EVP_DigestVerify(
            context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()
        ) == 1;
    ERR_clear_error();
    return genuine;
}

} // namespace tollgate
