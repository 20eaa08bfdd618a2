#include "fcgi/news_handler.hpp"

#include "core/settle/waiting_room.hpp"
#include "core/support/json.hpp"
#include "fcgi/payment_page.hpp"

#include <algorithm>

namespace tollgate {
namespace {

using Steady = std::chrono::steady_clock;

/// How long an answer is held back at most.
constexpr std::chrono::seconds hold_max{5};
/// Older ones are decided less often than their pages ask: nobody is held for them.
constexpr std::chrono::minutes hold_age_max{10};
/// Between two questions of a page that is answered as soon as there is news.
constexpr std::chrono::milliseconds held_pause{200};

Response json_answer(int status, const Json& json)
{
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = to_text(json);
    return response;
}

Response no_news(std::chrono::milliseconds again)
{
    return json_answer(200, Json::object({{"changed", false}, {"again_ms", again.count()}}));
}

Response news(const Services& services, const Request& request, const Page& page)
{
    const auto language = services.pages.language_of(request);
    const auto& title = services.pages.text_of(language, page.title);
    return json_answer(200, Json::object({{"changed", true}, {"title", title}}));
}

} // namespace

Response handle_news(const Services& services, const Request& request)
{
    const auto until = Steady::now() + hold_max;
    const auto fields = parse_form(request.query).value_or(Fields{});
    const auto id = open_return_token(services.config.server, field(fields, "t"));
    if (!id) return json_answer(404, Json::object({{"changed", false}}));

    auto place = services.waiting_room.take(*id);
    auto payment = services.store.view(*id);
    const auto* gateway = payment ? services.gateways.find(payment->gateway.get()) : nullptr;
    if (gateway == nullptr) return json_answer(404, Json::object({{"changed", false}}));

    const auto seen = field(fields, "seen");
    const auto is_news = [&] { return code(payment->state) != seen || !is_open(payment->state); };
    const auto now = services.clock.now();
    const bool may_hold = place && now - payment->created_at < hold_age_max;
    if (!is_news()) {
        const auto wait =
            may_hold ? services.config.check.return_wait : std::chrono::milliseconds{};
        payment = asked(services, *gateway, *std::move(payment), wait);
    }
    if (!is_news() && may_hold) {
        place->wait_until(until);
        payment = services.store.view(*id);
        check(payment.has_value(), "a payment vanished");
    }
    if (is_news()) {
        return news(services, request, page_of(*payment, gateway->capabilities().flow, now));
    }
    return no_news(may_hold ? held_pause : refresh_interval(*payment, now));
}

std::string
news_url(const Services& services, const PaymentView& payment, std::string_view language)
{
    const auto token = return_token(services.config.server.key.expose(), payment.id);
    auto url = with_query(services.pages.base_path() + "/pay/news", "t", token);
    url = with_query(url, "seen", code(payment.state));
    return with_query(url, "lang", language);
}

} // namespace tollgate
