#include "core/crypto/digest.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace tollgate {
namespace {

// An algorithm is fetched once and kept for ever: looking it up costs as much as a short digest.
const EVP_MD* fetch(const char* name)
{
    const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
    if (algorithm == nullptr) throw std::runtime_error{"OpenSSL has no such digest"};
    return algorithm;
}

std::string digest(const EVP_MD* algorithm, std::string_view bytes)
{
    std::string out(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
    auto* data = reinterpret_cast<unsigned char*>(out.data());
    if (EVP_Digest(bytes.data(), bytes.size(), data, nullptr, algorithm, nullptr) != 1) {
        throw std::runtime_error{"OpenSSL could not make a digest"};
    }
    return out;
}

} // namespace

std::string sha256(std::string_view bytes)
{
    static const EVP_MD* const algorithm = fetch("SHA256");
    return digest(algorithm, bytes);
}

std::string sha512(std::string_view bytes)
{
    static const EVP_MD* const algorithm = fetch("SHA512");
    return digest(algorithm, bytes);
}

} // namespace tollgate
