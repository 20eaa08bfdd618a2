#include "core/gateways/airtel_money_signing.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/crypto/random.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/support/json_text.hpp"
#include "core/support/text.hpp"

#include <utility>
#include <vector>

namespace tollgate::airtel_money {

bool sign(HttpRequest& request, const HttpReply& keys, RsaPadding padding)
{
    const auto json = object_of(keys);
    const auto der = from_base64(json ? trim(member_object(*json, "data").text("key")) : "");
    const auto key = random_bytes(aes_256_key_bytes);
    const auto iv = random_bytes(aes_block_bytes);
    const auto sealed =
        rsa_encrypt(der.value_or(""), padding, to_base64(key) + ':' + to_base64(iv));
    if (!sealed) return false;
    const auto signature = aes_256_cbc_encrypt({key, iv}, request.body);
    request.headers.emplace_back("x-signature", to_base64(signature));
    request.headers.emplace_back("x-key", to_base64(*sealed));
    return true;
}

std::string hash_of(const Json& json, const Headers& headers)
{
    auto hash = json.text("hash");
    for (const auto* name : {"hash", "x-hash"}) {
        if (hash.empty()) hash = header(headers, name);
    }
    return hash;
}

std::string_view
matching_form(const Secret& key, std::string_view body, const Json& json, std::string_view hash)
{
    auto members = *json.object();
    std::erase_if(members, [](const auto& member) { return member.first == "hash"; });
    const Json message{members};
    const std::pair<std::string_view, std::string> texts[] = {
        {"received_bytes", without_member(body, "hash")},
        {"compact", to_text(message)},
        {"inner", to_text(member_object(json, "transaction"))},
        {"pretty", pretty_text(message)},
    };
    for (const auto& [form, text] : texts) {
        const auto expected = to_base64(hmac_sha256(key.expose(), text));
        if (equal_in_constant_time(expected, hash)) return form;
    }
    return {};
}

} // namespace tollgate::airtel_money
