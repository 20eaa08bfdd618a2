#include "core/settle/opener.hpp"

#include "core/crypto/random.hpp"
#include "core/crypto/signed_token.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

namespace tollgate {
namespace {

/// How long an opening without an answer holds its order: nobody was sent to a page of the gateway,
/// but a prompt may have reached the phone, where it lives for a few minutes.
constexpr std::chrono::seconds page_opening_lasts{60};
constexpr std::chrono::minutes prompt_opening_lasts{10};

Payment new_payment(const Gateway& gateway, const OpeningOrder& order, Instant now)
{
    const auto& can = gateway.capabilities();
    const bool prompt = can.flow == Flow::phone_prompt;
    return {
        .id = PaymentId{random_uuid_v7(now)},
        .merchant = order.merchant,
        .order = order.order,
        .gateway = GatewayName{std::string{gateway.name()}},
        .reference = Reference{random_alphanumeric(reference_length)},
        .gateway_ref = {},
        .price = order.price,
        .description = order.description,
        .customer = order.customer,
        .files = order.files,
        .facts = {},
        .payment_url = {},
        .check_due_at = can.can_check ? std::optional{now + can.check_after} : std::nullopt,
        .checked_at = {},
        .created_at = now,
        .opening_until = now + (prompt ? prompt_opening_lasts : page_opening_lasts),
        .paid_at = {},
        .chain = {},
    };
}

bool fits(const Opened& opened)
{
    return opened.payment_url.size() <= payment_url_bytes_max &&
           opened.gateway_ref.get().size() <= gateway_ref_bytes_max;
}

} // namespace

std::string return_token(std::string_view link_key, const PaymentId& id)
{
    return sign_token({link_key, "return"}, id.get());
}

std::optional<PaymentId> open_return_token(std::string_view link_key, std::string_view token)
{
    auto id = open_token({link_key, "return"}, token);
    if (!id) return {};
    return PaymentId{*std::move(id)};
}

std::optional<PaymentId> open_return_token(const ServerConfig& server, std::string_view token)
{
    const auto id = open_return_token(server.key.expose(), token);
    if (id || server.previous_key.empty()) return id;
    return open_return_token(server.previous_key.expose(), token);
}

std::string Opener::return_url(const Gateway& gateway, const PaymentId& id) const
{
    const auto base = services_.gateways.return_url(gateway);
    return with_query(base, "t", return_token(services_.link_key, id));
}

OpeningResult Opener::open(const Gateway& gateway, const OpeningOrder& order)
{
    const auto payment = new_payment(gateway, order, services_.clock.now());
    auto insertion = services_.store.insert(payment, order.urls);
    if (!insertion.inserted) {
        return {OpeningResult::Kind::order_taken, std::move(insertion.payment)};
    }
    fail_point("open.inserted");
    return ask(gateway, std::move(insertion.payment), order.language);
}

OpeningOrder Opener::order_of(const Payment& payment) const
{
    return {
        .merchant = payment.merchant,
        .order = payment.order,
        .price = payment.price,
        .description = payment.description,
        .files = payment.files,
        .customer = payment.customer,
        .language = {},
        .urls = services_.store.urls_of(payment.id),
    };
}

OpeningResult Opener::retry(const Gateway& gateway, const Payment& unpaid, std::string language)
{
    auto order = order_of(unpaid);
    order.language = std::move(language);
    return open(gateway, order);
}

OpeningResult Opener::ask(const Gateway& gateway, Payment payment, std::string language)
{
    const Opening opening{
        .payment = payment,
        .notify_url = services_.gateways.notify_url(gateway),
        .return_url = return_url(gateway, payment.id),
        .language = std::move(language),
    };
    auto opened = services_.courier.act_and_wait<Opened>(gateway, [&](Replies replies) {
        return gateway.open(opening, replies);
    });
    fail_point("open.answered");
    if (!opened) return refused(payment, opened.error());
    // Who confirms on his phone, or pays the carrier, waits on our page.
    if (opened->payment_url.empty()) opened->payment_url = opening.return_url;
    if (!fits(*opened)) {
        return refused(payment, {GatewayError::malformed, "a payment_url or id that is too long"});
    }
    services_.store.record_opened(payment.id, *opened, services_.clock.now());
    fail_point("open.recorded");
    payment.gateway_ref = opened->gateway_ref;
    payment.payment_url = opened->payment_url;
    return {OpeningResult::Kind::opened, std::move(payment)};
}

OpeningResult Opener::refused(const Payment& payment, const GatewayFault& fault)
{
    log_warning(
        "open.failed",
        {{"reference", payment.reference.get()},
         {"gateway", payment.gateway.get()},
         {"error", code(fault.error)},
         {"detail", fault.detail}}
    );
    if (fault.error != GatewayError::refused) return {OpeningResult::Kind::no_answer, payment};
    const Asked asked{
        .payment = payment.id,
        .cause = "open",
        .answer = Answer{.facts = {.failure = Failure::failed}, .detail = fault.detail},
        .messages = payment.messages,
    };
    services_.store.settle({&asked, 1}, services_.clock.now());
    auto now_failed = services_.store.find(payment.id);
    check(now_failed.has_value(), "a payment vanished");
    return {OpeningResult::Kind::refused, *std::move(now_failed)};
}

} // namespace tollgate
