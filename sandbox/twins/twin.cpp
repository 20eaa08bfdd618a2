#include "sandbox/twins/twin.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "sandbox/twins/control.hpp"
#include "sandbox/twins/hosted_page.hpp"

#include <utility>

namespace tollgate::twins {

Twin::Twin(std::string_view name, TwinServices& services) : name_{name}, services_{services} {}

std::string Twin::url(std::string_view path) const
{
    return services_.public_url + "/" + name_ + std::string{path};
}

std::string Twin::payment_url(const Transaction& transaction) const
{
    return url("/pay/" + transaction.token);
}

std::string Twin::entered_notify_url() const
{
    return services_.notify_base + "/" + name_;
}

bool Twin::is_acknowledged(const Delivery& delivery) const
{
    return delivery.status >= 200 && delivery.status < 300;
}

void Twin::take_answer(const std::string&, const Delivery&) const {}

std::string Twin::new_token()
{
    constexpr std::size_t token_bytes = 32;
    return to_hex(random_bytes(token_bytes));
}

void Twin::route(std::string_view methods, std::string_view path, RouteHandler handler)
{
    router_.add(methods, "/" + name_ + std::string{path}, std::move(handler));
}

void Twin::add_common_routes()
{
    using Control = Response (*)(const Twin&, const Request&, std::string_view);
    const auto add = [this](std::string_view methods, std::string_view path, Control control) {
        route(methods, path, [this, control](const Request& request, std::string_view matched) {
            return control(*this, request, matched);
        });
    };
    add("GET", "/phone", &show_phone);
    add("GET", "/pay/*", &show_payment_page);
    add("POST", "/pay/*", &choose_on_payment_page);
    add("POST", "/twin/behaviour", &control_behaviour);
    add("POST", "/twin/decide", &control_decide);
    add("POST", "/twin/refund", &control_refund);
    add("POST", "/twin/tokens", &control_tokens);
    add("POST", "/twin/notify", &control_notify);
    add("GET", "/twin/transactions", &control_transactions);
    add("POST", "/twin/seed", &control_seed);
}

} // namespace tollgate::twins
