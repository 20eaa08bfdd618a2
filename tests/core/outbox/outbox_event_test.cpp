#include "core/outbox/outbox_event.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace tollgate::samples;

namespace {

const GrantMaker maker = grant_maker();
const Instant now = created_at + std::chrono::seconds{61};
const Facts paid_in_full{.paid = price};

Facts given_back(std::int64_t amount)
{
    return {.paid = price, .refunded = Money{amount, price.currency}};
}

/// `before` as it is after an answer that says `facts`.
Payment settled(const Payment& before, const Facts& facts)
{
    return decide(before, said(before, facts), {maker}, now).after;
}

std::string type_after(const Payment& before, const Asked& asked)
{
    const auto event = outbox_event(decide(before, asked, {maker}, now));
    return event ? std::string{event->type} : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_event_test)

BOOST_AUTO_TEST_CASE(what_the_storefront_is_told)
{
    const auto fresh = payment();
    const auto paid = settled(fresh, paid_in_full);
    const auto part_back = settled(paid, given_back(500));
    // clang-format off
    struct {
        const char* name;
        Payment before;
        Facts facts;
        const char* type;
    } const cases[] = {
        {"paid",                    fresh,     paid_in_full,                     "payment.paid"},
        {"failed",                  fresh,     {.failure = Failure::failed},     "payment.failed"},
        {"cancelled",               fresh,     {.failure = Failure::cancelled},  "payment.cancelled"},
        {"expired",                 fresh,     {.failure = Failure::expired},    "payment.expired"},
        {"too little",              fresh,     {.paid = Money{1, Currency::XOF}}, "payment.review"},
        {"paid after it failed",    settled(fresh, {.failure = Failure::failed}), paid_in_full, "payment.paid"},
        {"given back",              paid,      given_back(1500),                 "payment.refunded"},
        {"a part given back",       paid,      given_back(500),                  "payment.refunded"},
        {"another part",            part_back, given_back(700),                  "payment.refunded"},
        {"the rest",                part_back, given_back(1500),                 "payment.refunded"},
        {"the same part again",     part_back, given_back(500),                  ""},
        {"disputed",                paid,      {.disputed = true},               "payment.disputed"},
        {"more than the price",     paid,      {.paid = Money{1600, price.currency}}, "payment.attention"},
        {"begun to pay",            fresh,     {.processing = true},             ""},
        {"nothing new",             fresh,     {},                               ""},
        {"a late failure",          paid,      {.failure = Failure::failed},     ""},
        {"zero given back",         paid,      given_back(0),                    ""},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(type_after(c.before, said(c.before, c.facts)) == c.type);
        }
    }
    BOOST_TEST(type_after(fresh, silent(fresh)) == "");
}

BOOST_AUTO_TEST_CASE(the_payload_is_the_payment_as_it_is_then)
{
    const auto before = payment(7);
    const auto decision = decide(before, said(before, paid_in_full), {maker}, now);
    const auto event = outbox_event(decision);
    BOOST_REQUIRE(event.has_value());
    BOOST_TEST((event->id == decision.event->id));
    BOOST_TEST((event->payment == before.id));
    BOOST_TEST(event->number == before.events + 1);
    BOOST_TEST((event->created_at == now));
    BOOST_TEST(
        event->payload ==
        R"({"type":"payment.paid","timestamp":"2026-03-04T00:01:01Z","number":1,"data":)"
        R"({"id":")" +
            id_text(before.id) +
            R"(","reference":"P0000000000000000007","order":"2026-7","attempt":1,)"
            R"("gateway":"cinetpay","status":"paid","amount":"1500","currency":"XOF",)"
            R"("attention":"","paid":"1500","refunded":null,"refund_under_way":null,"checks":1,)"
            R"("created_at":"2026-03-04T00:00:00Z","paid_at":"2026-03-04T00:01:01Z"}})"
    );
}

BOOST_AUTO_TEST_CASE(a_refund_that_was_refused_is_no_event)
{
    const auto paid = settled(payment(), paid_in_full);
    const RefundOrder order{
        .payment = paid.id, .id = Reference{"R"}, .amount = {}, .cause = "test", .now = now};
    const auto under_way = decide_refund(paid, order).after;
    auto asked = said(under_way, {});
    asked.refund = order.id;
    asked.answer->refund = RefundOutcome::refused;
    BOOST_TEST(type_after(under_way, asked) == "");
    asked.answer->refund = RefundOutcome::done;
    BOOST_TEST(type_after(under_way, asked) == "payment.refunded");
}

BOOST_AUTO_TEST_SUITE_END()
