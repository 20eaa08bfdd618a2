#include "fcgi/way_back.hpp"

#include "core/payments/shop_result.hpp"

namespace tollgate {
namespace {

/// Long enough to read the page; who wants to stay on it says so there.
constexpr int continue_after_s = 10;

/// Without anything about the result.
const std::string& bare_shop_page(const Services& services, const PaymentView& payment)
{
    static const std::string none;
    const auto& shop = services.config.shop;
    if (payment.state == Status::paid) {
        return payment.urls.success.empty() ? shop.success_url : payment.urls.success;
    }
    if (is_unpaid_end(payment.state)) {
        return payment.urls.failure.empty() ? shop.failure_url : payment.urls.failure;
    }
    return none;
}

/// The newest attempt of the order, when it is another one.
std::optional<Payment> newer_attempt(const Services& services, const PaymentView& payment)
{
    const auto whole = services.store.find(payment.id);
    check(whole.has_value(), "a payment vanished");
    auto newest = services.store.find(whole->merchant, whole->order);
    if (!newest || newest->id == payment.id) return {};
    return newest;
}

} // namespace

std::string shop_page(const Services& services, const PaymentView& payment)
{
    const auto& url = bare_shop_page(services, payment);
    const auto& secret = services.config.shop.result_secret;
    if (url.empty() || secret.empty()) return url;
    const ShopResult result{
        .status = payment.state,
        .order = payment.order,
        .reference = payment.reference,
        .price = payment.price,
        .at = services.clock.now(),
    };
    return with_result(url, result, secret.expose());
}

std::string way_past_our_page(const Services& services, const PaymentView& payment)
{
    if (services.config.shop.show_result == ShowResult::page) return {};
    if (bare_shop_page(services, payment).empty()) return {};
    if (is_unpaid_end(payment.state)) {
        const auto newer = newer_attempt(services, payment);
        const auto* gateway = newer ? services.gateways.find(newer->gateway.get()) : nullptr;
        if (gateway != nullptr) return services.opener.return_url(*gateway, newer->id);
        if (newer) return {}; // whose gateway is gone: our page says what is known of this one
    }
    const bool at_once = services.config.shop.show_result == ShowResult::redirect;
    return at_once ? shop_page(services, payment) : std::string{};
}

void add_way_back(const Services& services, const PaymentView& payment, Page& page)
{
    page.continue_url = shop_page(services, payment);
    const bool later = services.config.shop.show_result == ShowResult::page_then_redirect;
    if (later && !page.continue_url.empty()) page.continue_after_s = continue_after_s;
}

} // namespace tollgate
