#include "fcgi/return_handler.hpp"

#include "core/downloads/file_path.hpp"
#include "fcgi/news_handler.hpp"
#include "fcgi/pages/languages.hpp"
#include "fcgi/payment_page.hpp"
#include "fcgi/way_back.hpp"

#include <algorithm>
#include <iterator>

namespace tollgate {
namespace {

/// Who is asking, and how well he shows that he is the customer.
struct Visitor {
    std::optional<PaymentView> payment;
    bool proven = false; ///< he has our return token, not only the gateway's parameter
};

Response redirect(const std::string& url)
{
    Response response;
    response.status = 303;
    response.headers.emplace_back("Location", url);
    return response;
}

Page unknown_page()
{
    return {.status = 404, .kind = "unknown", .title = "unknown_title", .text = "unknown_text"};
}

Visitor visitor_of(const Services& services, const Gateway& gateway, const Fields& fields)
{
    if (const auto id = open_return_token(services.config.server, field(fields, "t"))) {
        return {services.store.view(*id), true};
    }
    const auto reference = gateway.returned(fields);
    if (!reference) return {};
    const auto payment = services.store.find(*reference);
    if (!payment || payment->gateway.get() != gateway.name()) return {};
    return {view_of(*payment), false};
}

/// Not where the shop has to send a carrier: that is not for the customer to order.
bool may_retry(Status state, const Gateway& gateway)
{
    return is_unpaid_end(state) && gateway.capabilities().flow != Flow::on_delivery;
}

void add_what_the_customer_may(
    const Services& services, const PaymentView& payment, const Gateway& gateway, Page& page
)
{
    add_way_back(services, payment, page);
    if (is_delivered(payment.state)) {
        for (const auto& grant : payment.grants) {
            const auto token = services.grants.token_of(grant.id, grant.digest);
            if (!token) continue; // its key is gone: the link still works, but not even we know it
            page.downloads.push_back(
                {services.config.server.public_url + "/download/" + token->get(),
                 download_name(grant.file)}
            );
        }
    }
    if (may_retry(payment.state, gateway)) {
        page.retry_action = services.config.server.public_url + "/pay/retry";
        page.retry_token = return_token(services.config.server.key.expose(), payment.id);
    }
}

/// The POST of a gateway's page becomes a GET, so that the page can be reloaded and refresh itself.
Response after_post(const Services& services, const Gateway& gateway, const Request& request)
{
    const auto url = services.gateways.return_url(gateway);
    auto fields = parse_form(request.query).value_or(Fields{});
    if (has_field(fields, "t")) return redirect(with_query(url, "t", field(fields, "t")));
    auto posted = parse_form(request.body).value_or(Fields{});
    std::ranges::move(posted, std::back_inserter(fields));
    const auto reference = gateway.returned(fields);
    return redirect(reference ? with_query(url, "transaction_id", reference->get()) : url);
}

} // namespace

Response handle_return(const Services& services, const Request& request, std::string_view name)
{
    const auto* gateway = services.gateways.find(name);
    if (gateway == nullptr) return services.pages.render(request, unknown_page());
    if (request.method == "POST") return after_post(services, *gateway, request);

    const auto fields = parse_form(request.query).value_or(Fields{});
    auto visitor = visitor_of(services, *gateway, fields);
    if (!visitor.payment) return services.pages.render(request, unknown_page());

    const auto& wait = services.config.check.return_wait;
    const auto payment = asked(services, *gateway, *std::move(visitor.payment), wait);
    // Who knows the reference alone is told no signed result, with which he could pass for the
    // customer.
    if (visitor.proven) {
        const auto elsewhere = way_past_our_page(services, payment);
        if (!elsewhere.empty()) return redirect(elsewhere);
    }
    auto page = page_of(payment, gateway->capabilities().flow, services.clock.now());
    page.details = {
        .amount = major_text(payment.price) + " " + std::string{code(payment.price.currency)},
        .order = payment.order.get(),
        .reference = payment.reference.get(),
    };
    if (visitor.proven) add_what_the_customer_may(services, payment, *gateway, page);
    if (visitor.proven && page.refresh_s > 0) {
        page.news_url = news_url(services, payment, services.pages.language_of(request));
    }
    if (has_field(fields, "stay")) page.continue_after_s = 0;
    return services.pages.render(request, page);
}

Response handle_retry(const Services& services, const Request& request)
{
    const auto fields = parse_form(request.body).value_or(Fields{});
    const auto id = open_return_token(services.config.server, field(fields, "t"));
    const auto payment = id ? services.store.find(*id) : std::nullopt;
    const auto* gateway = payment ? services.gateways.find(payment->gateway.get()) : nullptr;
    if (gateway == nullptr) return services.pages.render(request, unknown_page());
    if (!may_retry(payment->state, *gateway)) {
        return redirect(services.opener.return_url(*gateway, payment->id));
    }
    const auto language = gateway_language(services.pages.language_of(request));
    const auto result = services.opener.retry(*gateway, *payment, language);
    // A customer who presses twice gets the same attempt; one that is refused, its page.
    if (is_open(result.payment.state) && !result.payment.payment_url.empty()) {
        return redirect(result.payment.payment_url);
    }
    return redirect(services.opener.return_url(*gateway, result.payment.id));
}

} // namespace tollgate
