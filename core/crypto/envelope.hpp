// A message in a sealed envelope: AES-256-CBC with PKCS#7 padding for the message, RSA for the key.
// It hides, and does not prove who wrote.
//
// Shape    raw bytes; a public key is a DER SubjectPublicKeyInfo, a private key a DER PKCS#8
// Errors   nothing for what the other side got wrong; std::runtime_error when OpenSSL fails
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::size_t aes_256_key_bytes = 32;
inline constexpr std::size_t aes_block_bytes = 16; ///< and so long is the initial vector

/// Two texts that must not be mixed up, of exactly the sizes above.
struct AesKey {
    std::string_view key;
    std::string_view iv;
};

std::string aes_256_cbc_encrypt(const AesKey& key, std::string_view plain);
/// Nothing when the padding is not what encryption makes.
std::optional<std::string> aes_256_cbc_decrypt(const AesKey& key, std::string_view sealed);

enum class RsaPadding { pkcs1, oaep_sha256 };

/// Nothing when `public_key` is no RSA key, or too short for `text`.
std::optional<std::string>
rsa_encrypt(std::string_view public_key, RsaPadding padding, std::string_view text);
std::optional<std::string>
rsa_decrypt(std::string_view private_key, RsaPadding padding, std::string_view sealed);

} // namespace tollgate
