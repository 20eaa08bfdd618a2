#include "core/payments/shop_result.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/url.hpp"

namespace tollgate {
namespace {

Fields fields_of(const ShopResult& result)
{
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(result.at.time_since_epoch()).count();
    return {
        {"tollgate_status", std::string{code(result.status)}},
        {"tollgate_order", result.order.get()},
        {"tollgate_reference", result.reference.get()},
        {"tollgate_amount", major_text(result.price)},
        {"tollgate_currency", std::string{code(result.price.currency)}},
        {"tollgate_time", std::to_string(seconds)},
    };
}

} // namespace

std::string with_result(std::string_view url, const ShopResult& result, std::string_view secret)
{
    std::string address{url};
    std::string signed_text;
    for (const auto& [name, value] : fields_of(result)) {
        address = with_query(address, name, value);
        if (!signed_text.empty()) signed_text += '\n'; // none of the values contains one
        signed_text += value;
    }
    return with_query(address, "tollgate_signature", to_hex(hmac_sha256(secret, signed_text)));
}

} // namespace tollgate
