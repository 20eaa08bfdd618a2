// RSA signatures as gateways make them (PKCS#1 v1.5).
//
// Shape    the key is PEM (`BEGIN PUBLIC KEY`), the signature raw bytes
// Errors   false for whatever cannot be read: a wrong key verifies nothing
// Source   RFC 8017, section 8.2
#pragma once

#include <string_view>

namespace tollgate {

enum class RsaDigest { sha256, sha512 };

bool is_rsa_public_key(std::string_view public_key_pem);
bool verify_rsa(
    std::string_view public_key_pem,
    RsaDigest digest,
    std::string_view message,
    std::string_view signature
);

} // namespace tollgate
