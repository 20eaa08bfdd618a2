#include "core/crypto/envelope.hpp"

#include "core/support/check.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <limits>
#include <memory>
#include <stdexcept>

namespace tollgate {
namespace {

template <auto release>
struct Release {
    void operator()(auto* held) const { release(held); }
};

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using PrivateKeyInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Release<PKCS8_PRIV_KEY_INFO_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

enum class Direction { decrypt, encrypt };

std::optional<std::string> aes(Direction direction, const AesKey& key, std::string_view input)
{
    check(
        key.key.size() == aes_256_key_bytes && key.iv.size() == aes_block_bytes, "a key for AES-256"
    );
    check(input.size() < std::numeric_limits<int>::max() - aes_block_bytes, "a short message");
    const CipherContext context{EVP_CIPHER_CTX_new()};
    const int encrypt = direction == Direction::encrypt ? 1 : 0;
    std::string out(input.size() + aes_block_bytes, '\0');
    int written = 0;
    int rest = 0;
    if (!context ||
        EVP_CipherInit_ex2(
            context.get(), EVP_aes_256_cbc(), bytes_of(key.key), bytes_of(key.iv), encrypt, nullptr
        ) != 1 ||
        EVP_CipherUpdate(
            context.get(), bytes_of(out), &written, bytes_of(input), static_cast<int>(input.size())
        ) != 1) {
        throw std::runtime_error{"OpenSSL could not use AES-256-CBC"};
    }
    const auto filled = static_cast<std::size_t>(written);
    if (EVP_CipherFinal_ex(context.get(), bytes_of(out) + filled, &rest) != 1) {
        ERR_clear_error();
        return {};
    }
    out.resize(filled + static_cast<std::size_t>(rest));
    return out;
}

Key public_key_of(std::string_view der)
{
    const auto* begin = bytes_of(der);
    return Key{d2i_PUBKEY(nullptr, &begin, static_cast<long>(der.size()))};
}

Key private_key_of(std::string_view der)
{
    const auto* begin = bytes_of(der);
    const auto size = static_cast<long>(der.size());
    const PrivateKeyInfo info{d2i_PKCS8_PRIV_KEY_INFO(nullptr, &begin, size)};
    return Key{info ? EVP_PKCS82PKEY(info.get()) : nullptr};
}

bool set_padding(EVP_PKEY_CTX* context, RsaPadding padding)
{
    switch (padding) {
    case RsaPadding::pkcs1: return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case RsaPadding::oaep_sha256:
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
    }
    impossible("padding");
}

struct Operation {
    int (*begin)(EVP_PKEY_CTX*);
    int (*run)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);
};

std::optional<std::string>
rsa(const Key& key, const Operation& operation, RsaPadding padding, std::string_view input)
{
    const bool usable = key && EVP_PKEY_is_a(key.get(), "RSA") == 1;
    const KeyContext context{usable ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr};
    std::string out;
    std::size_t size = usable ? static_cast<std::size_t>(EVP_PKEY_get_size(key.get())) : 0;
    out.resize(size);
    if (!context || operation.begin(context.get()) != 1 || !set_padding(context.get(), padding) ||
        operation.run(context.get(), bytes_of(out), &size, bytes_of(input), input.size()) != 1) {
        ERR_clear_error();
        return {};
    }
    out.resize(size);
    return out;
}

} // namespace

std::string aes_256_cbc_encrypt(const AesKey& key, std::string_view plain)
{
    auto sealed = aes(Direction::encrypt, key, plain);
    if (!sealed) throw std::runtime_error{"OpenSSL could not use AES-256-CBC"};
    return *std::move(sealed);
}

std::optional<std::string> aes_256_cbc_decrypt(const AesKey& key, std::string_view sealed)
{
    return aes(Direction::decrypt, key, sealed);
}

std::optional<std::string>
rsa_encrypt(std::string_view public_key, RsaPadding padding, std::string_view text)
{
    const auto key = public_key_of(public_key);
    return rsa(key, {&EVP_PKEY_encrypt_init, &EVP_PKEY_encrypt}, padding, text);
}

std::optional<std::string>
rsa_decrypt(std::string_view private_key, RsaPadding padding, std::string_view sealed)
{
    const auto key = private_key_of(private_key);
    return rsa(key, {&EVP_PKEY_decrypt_init, &EVP_PKEY_decrypt}, padding, sealed);
}

} // namespace tollgate
