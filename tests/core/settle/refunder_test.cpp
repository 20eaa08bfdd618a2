#include "core/settle/refunder.hpp"
#include "core/settle/schedule.hpp"
#include "tests/core/settle/memory_store.hpp"
#include "tests/core/settle/samples.hpp"
#include "tests/core/settle/stub_gateway.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <thread>

using namespace tollgate;
using namespace tollgate::samples;

namespace {

using Kind = RefundResult::Kind;

constexpr Money xof(std::int64_t amount)
{
    return {amount, Currency::XOF};
}

Step<Answer> ending(RefundOutcome outcome, const Facts& facts = {})
{
    return ended(Answer{.facts = facts, .detail = "said", .record = "{}", .refund = outcome});
}

/// A payment of 1500 XOF that was paid, and a gateway that refunds.
struct House {
    explicit House(Refunds refunds = Refunds::partial)
        : gateway{{.currencies = {}, .refunds = refunds}}
    {
        auto paid = payment();
        paid.facts.paid = price;
        paid.state = Status::paid;
        paid.check_due_at.reset();
        store.add(paid);
        answer([](const auto&) { return ending(RefundOutcome::done); });
    }

    void answer(std::function<Step<Answer>(const PaymentRef&)> say)
    {
        gateway.on_refund = [this, say = std::move(say)](const PaymentRef& ref, Replies) {
            ++told;
            return say(ref);
        };
    }

    Payment now() { return *store.find(payment().id); }

    RefundResult refund(std::optional<Money> amount = {})
    {
        return refunder.refund(gateway, now(), amount, "key till");
    }

    /// A check of another thread, or of another server.
    void settle_meanwhile(const PaymentRef& ref, RefundOutcome outcome)
    {
        auto asked = said(now(), {});
        asked.refund = ref.refund->id;
        asked.answer->refund = outcome;
        store.settle({&asked, 1}, clock.now());
    }

    MemoryStore store;
    FixedClock clock;
    StubGateway gateway;
    std::atomic<int> told = 0; ///< how often the gateway was told to give money back
    Courier courier{CheckConfig{}};
    Refunder refunder{store, courier, clock};
};

} // namespace

BOOST_AUTO_TEST_SUITE(refunder_test)

BOOST_AUTO_TEST_CASE(an_answer_is_settled_and_reported)
{
    using enum RefundOutcome;
    // clang-format off
    struct {
        const char* name;
        Step<Answer> answer;
        Kind kind;
        std::int64_t back;
        const char* status;
        const char* detail;
    } const cases[] = {
        {"done",             ending(done),      Kind::done,      500, "partially_refunded", "said"},
        {"under way",        ending(under_way), Kind::under_way, 0,   "paid",               "said"},
        {"not said",         ending(unknown),   Kind::under_way, 0,   "paid",               "said"},
        {"counted",          ending(unknown, {.refunded = xof(500)}),
                                                Kind::done,      500, "partially_refunded", "said"},
        {"refused",          ending(refused),   Kind::refused,   0,   "paid",               "said"},
        {"refused at once",  failed<Answer>(GatewayError::refused, "closed"),
                                                Kind::refused,   0,   "paid",               "closed"},
        {"no answer",        failed<Answer>(GatewayError::unavailable, "timeout"),
                                                Kind::under_way, 0,   "paid",               "timeout"},
        {"not readable",     failed<Answer>(GatewayError::malformed, "<html>"),
                                                Kind::under_way, 0,   "paid",               "<html>"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            house.answer([&](const auto&) { return c.answer; });
            const auto result = house.refund(xof(500));
            BOOST_TEST((result.kind == c.kind));
            BOOST_TEST(result.detail == c.detail);
            BOOST_TEST(code(result.payment.state) == c.status);
            BOOST_TEST((result.payment.facts.refunded.value_or(xof(0)) == xof(c.back)));
            BOOST_TEST(result.payment.refund.has_value() == (c.kind == Kind::under_way));
            BOOST_TEST(house.told == 1);
            const auto events = house.store.causes();
            BOOST_TEST(events.front() == "key till: refund of 500 XOF begins");
            if (c.kind == Kind::under_way) {
                BOOST_TEST(events.size() == 1U);
                BOOST_TEST((result.payment.check_due_at == house.clock.now() + refund_interval));
            } else {
                BOOST_TEST(events.size() == 2U);
                BOOST_TEST(events.back() == std::string{"refund: "} + c.detail);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_may_not_begin_never_reaches_the_gateway)
{
    struct {
        const char* name;
        Refunds refunds;
        std::optional<Money> amount;
        Facts facts;
        Kind kind;
    } const cases[] = {
        {"no refunds", Refunds::none, {}, {.paid = price}, Kind::not_possible},
        {"parts of a whole", Refunds::full, xof(500), {.paid = price}, Kind::too_much},
        {"more than was paid", Refunds::partial, xof(1501), {.paid = price}, Kind::too_much},
        {"not paid", Refunds::partial, {}, {}, Kind::not_paid},
        {"all is back", Refunds::full, {}, {.paid = price, .refunded = price}, Kind::not_paid},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house{c.refunds};
            auto before = house.now();
            before.facts = c.facts;
            house.store.add(before);
            const auto result = house.refund(c.amount);
            BOOST_TEST((result.kind == c.kind));
            BOOST_TEST((result.payment.id == before.id));
            BOOST_TEST(!house.now().refund.has_value());
            BOOST_TEST(house.told == 0);
            BOOST_TEST(house.store.events().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(the_row_is_there_before_the_gateway_hears_of_it)
{
    House house;
    std::optional<Refund> told;
    std::optional<Refund> stored;
    house.answer([&](const PaymentRef& ref) {
        told = ref.refund;
        stored = house.now().refund;
        return ending(RefundOutcome::done);
    });
    BOOST_TEST((house.refund(xof(400)).kind == Kind::done));
    BOOST_REQUIRE(told.has_value());
    BOOST_TEST((told == stored));
    BOOST_TEST(is_reference(told->id.get()));
    BOOST_TEST((told->amount == xof(400)));
    BOOST_TEST((told->total == xof(400)));

    const auto first = told->id;
    BOOST_TEST((house.refund().kind == Kind::done));
    BOOST_TEST((told->id != first));
    BOOST_TEST((told->amount == xof(1100)));
    BOOST_TEST((told->total == xof(1500)));
    BOOST_TEST(code(house.now().state) == "refunded");
}

BOOST_AUTO_TEST_CASE(while_one_is_under_way_no_other_begins)
{
    House house;
    house.answer([](const auto&) { return failed<Answer>(GatewayError::unavailable, "timeout"); });
    BOOST_TEST((house.refund(xof(500)).kind == Kind::under_way));
    const auto before = house.now().refund;
    const auto result = house.refund(xof(100));
    BOOST_TEST((result.kind == Kind::other_pending));
    BOOST_TEST((result.payment.refund == before));
    BOOST_TEST(house.told == 1);
}

// Somebody else's answer ends the refund while ours is on its way, or lost.
BOOST_AUTO_TEST_CASE(an_end_that_others_settled_is_reported_as_it_was)
{
    using enum RefundOutcome;
    struct {
        const char* name;
        RefundOutcome theirs;
        Step<Answer> ours;
        Kind kind;
    } const cases[] = {
        {"done, ours lost", done, failed<Answer>(GatewayError::unavailable, ""), Kind::done},
        {"done twice", done, ending(done), Kind::done},
        {"done, ours earlier", done, ending(under_way), Kind::done},
        {"refused, ours lost",
         refused,
         failed<Answer>(GatewayError::unavailable, ""),
         Kind::refused},
        {"refused twice", refused, ending(refused), Kind::refused},
        {"refused, ours earlier", refused, ending(under_way), Kind::refused},
        {"not known, ours lost",
         unknown,
         failed<Answer>(GatewayError::unavailable, ""),
         Kind::under_way},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            house.answer([&](const PaymentRef& ref) {
                house.settle_meanwhile(ref, c.theirs);
                return c.ours;
            });
            const auto result = house.refund(xof(500));
            BOOST_TEST((result.kind == c.kind));
            const auto back = c.kind == Kind::done ? 500 : 0;
            BOOST_TEST((result.payment.facts.refunded.value_or(xof(0)) == xof(back)));
        }
    }
}

BOOST_AUTO_TEST_CASE(another_refund_may_have_begun_since)
{
    House house;
    house.answer([&](const PaymentRef& ref) {
        house.settle_meanwhile(ref, RefundOutcome::refused);
        house.store.begin_refund({
            .payment = ref.id,
            .id = Reference{"REFUND00000000000002"},
            .amount = xof(100),
            .partial = true,
            .cause = "another",
            .now = house.clock.now(),
        });
        return ending(RefundOutcome::refused);
    });
    const auto result = house.refund(xof(500));
    BOOST_TEST((result.kind == Kind::refused));
    BOOST_TEST(result.payment.refund->id.get() == "REFUND00000000000002");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_settled_stays_under_way)
{
    House house;
    house.answer([&](const PaymentRef& ref) {
        house.store.refuse(ref.id.get());
        return ending(RefundOutcome::done);
    });
    BOOST_CHECK_THROW(house.refund(), std::runtime_error);
    BOOST_TEST(house.now().refund.has_value());
    BOOST_TEST((house.now().check_due_at == house.clock.now() + check_grace));
}

BOOST_AUTO_TEST_CASE(racing_refunds_give_back_no_more_than_was_paid)
{
    House house;
    std::vector<Money> given; // the courier's thread writes it
    house.answer([&](const PaymentRef& ref) {
        given.push_back(ref.refund->amount);
        return ending(RefundOutcome::done);
    });
    constexpr std::size_t count = 8;
    std::vector<Kind> kinds(count);
    std::vector<std::thread> threads;
    for (auto& kind : kinds)
        threads.emplace_back([&] { kind = house.refund(xof(400)).kind; });
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(given.size() <= 3U); // 3 x 400 of 1500
    BOOST_TEST(std::ranges::count(kinds, Kind::done) == static_cast<int>(given.size()));
    const auto back = static_cast<std::int64_t>(given.size()) * 400;
    BOOST_TEST((house.now().facts.refunded == xof(back)));
}

BOOST_AUTO_TEST_SUITE_END()
