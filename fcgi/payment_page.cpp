#include "fcgi/payment_page.hpp"

namespace tollgate {
namespace {

/// A page that refreshes itself does not ask the gateway each time, least of all while the customer
/// looks for his phone.
constexpr std::chrono::seconds ask_interval{4};
constexpr std::chrono::seconds prompt_ask_interval{10};

/// So old, an open payment takes longer than its customer was told.
constexpr std::chrono::minutes long_wait{10};

std::string_view wait_text(const PaymentView& payment, Flow flow, Instant now)
{
    if (now - payment.created_at >= long_wait) return "wait_long";
    return flow == Flow::phone_prompt ? "wait_prompt" : "wait_page";
}

Page open_page(const PaymentView& payment, Flow flow, Instant now)
{
    if (flow == Flow::on_delivery) {
        return {.kind = "ordered", .title = "on_delivery_title", .text = "on_delivery_text"};
    }
    const bool prompt = flow == Flow::phone_prompt;
    return {
        .kind = "confirming",
        .title = prompt ? "prompt_title" : "confirming_title",
        .text = prompt ? "prompt_text" : "confirming_text",
        .wait = wait_text(payment, flow, now),
        .refresh_s = static_cast<int>(refresh_interval(payment, now).count()),
    };
}

} // namespace

Page page_of(const PaymentView& payment, Flow flow, Instant now)
{
    switch (payment.state) {
    case Status::pending:
    case Status::processing: return open_page(payment, flow, now);
    case Status::failed: return {.kind = "unpaid", .title = "unpaid_title", .text = "failed_text"};
    case Status::cancelled:
        return {.kind = "unpaid", .title = "unpaid_title", .text = "cancelled_text"};
    case Status::expired:
        return {.kind = "unpaid", .title = "unpaid_title", .text = "expired_text"};
    case Status::review:
    case Status::disputed:
        return {.kind = "review", .title = "review_title", .text = "review_text"};
    case Status::paid: return {.kind = "paid", .title = "paid_title", .text = "paid_text"};
    case Status::partially_refunded:
        return {.kind = "paid", .title = "paid_title", .text = "partially_refunded_text"};
    case Status::refunded:
        return {.kind = "unknown", .title = "refunded_title", .text = "refunded_text"};
    }
    impossible("status");
}

std::chrono::seconds refresh_interval(const PaymentView& payment, Instant now)
{
    using std::chrono::minutes;
    using std::chrono::seconds;
    const auto age = now - payment.created_at;
    if (age < minutes{3}) return seconds{5};
    return age < minutes{30} ? seconds{20} : seconds{120};
}

PaymentView asked(
    const Services& services,
    const Gateway& gateway,
    PaymentView payment,
    std::chrono::milliseconds wait
)
{
    const auto now = services.clock.now();
    const auto& can = gateway.capabilities();
    const bool prompt = can.flow == Flow::phone_prompt;
    const auto interval = prompt ? prompt_ask_interval : ask_interval;
    const bool just_asked = payment.checked_at && now - *payment.checked_at < interval;
    const bool too_early =
        prompt && !payment.checked_at && now - payment.created_at < can.check_after;
    if (!is_open(payment.state) || just_asked || too_early || !can.can_check) return payment;
    const auto whole = services.store.find(payment.id);
    check(whole.has_value(), "a payment vanished");
    services.checker.check_now(whole->ref(), "return", wait);
    auto after = services.store.view(payment.id);
    check(after.has_value(), "a payment vanished");
    return *std::move(after);
}

} // namespace tollgate
