#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant later = noon + 1min;
const Reference refund_id{"REFUND00000000000001"};

constexpr Money xof(std::int64_t amount)
{
    return {amount, Currency::XOF};
}

RefundOrder order_of(const Payment& payment, std::optional<Money> amount, Instant now = later + 1h)
{
    return {
        .payment = payment.id,
        .id = refund_id,
        .amount = amount,
        .partial = true,
        .cause = "key till",
        .now = now,
    };
}

/// What the gateway says of a refund.
Asked spoke(const Payment& payment, RefundOutcome outcome, const std::string& record = "{}")
{
    auto asked = answer(payment.id, nothing_yet, record);
    asked.refund = refund_id;
    asked.answer->refund = outcome;
    return asked;
}

struct RefundFixture : StoreFixture {
    Payment paid(const std::string& order = "7")
    {
        const auto payment = open(order);
        settle(answer(payment.id, paid_in_full), later);
        return *store.find(payment.id);
    }

    /// 1000 of 5000 are on their way back.
    Payment refunding(const std::string& order = "7")
    {
        return store.begin_refund(order_of(paid(order), xof(1000))).payment;
    }

    std::vector<std::string> causes(const Payment& payment)
    {
        std::vector<std::string> texts;
        for (const auto& row : rows(
                 "SELECT cause FROM tollgate_events WHERE payment_id = UNHEX('" +
                 to_hex(payment.id.get()) + "') ORDER BY number"
             )) {
            texts.push_back(row[0]);
        }
        return texts;
    }

    std::string refund_columns_of(const Payment& payment)
    {
        return stored(
            payment,
            "CONCAT_WS(' ', COALESCE(refund_id, '-'), COALESCE(refund_minor, '-'), "
            "COALESCE(refund_total_minor, '-'), COALESCE(refund_ref, '-'), attention)"
        );
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mysql_store_refund_test)

BOOST_FIXTURE_TEST_CASE(what_begins_is_written_and_read_back, RefundFixture)
{
    const auto before = paid();
    const auto begun = store.begin_refund(order_of(before, xof(1000)));
    BOOST_TEST((begun.kind == RefundBegun::Kind::begun));
    BOOST_TEST(refund_columns_of(before) == "REFUND00000000000001 1000 1000 - refund_unknown");
    const Refund expected{
        .id = refund_id,
        .amount = xof(1000),
        .total = xof(1000),
        .gateway_ref = {},
        .began_at = later + 1h};
    BOOST_TEST((begun.payment.refund == expected));

    const auto found = store.find(before.id).value();
    BOOST_TEST((found.refund == expected));
    BOOST_TEST((found.facts == before.facts));
    BOOST_TEST((found.state == Status::paid));
    BOOST_TEST((found.paid_at == before.paid_at));
    BOOST_TEST(found.checks == before.checks);
    BOOST_TEST((found.check_due_at == later + 1h + check_grace));
    BOOST_TEST(to_hex(found.chain) == to_hex(begun.payment.chain));
    BOOST_TEST(stored(before, "updated_at") == database_time(later + 1h));
    BOOST_TEST(causes(before).back() == "key till: refund of 1000 XOF begins");
    BOOST_TEST(
        to_hex(value("SELECT hash FROM tollgate_events ORDER BY number DESC LIMIT 1")) ==
        to_hex(found.chain)
    );
    BOOST_TEST(store.grants_of(before.id).size() == 1U);

    // Whoever asks because it is due asks about the refund.
    const auto due = store.take_due({.owner = "one", .now = later + 2h, .until = later + 3h});
    BOOST_TEST_REQUIRE(due.size() == 1U);
    BOOST_TEST((due[0].refund == expected));
}

BOOST_FIXTURE_TEST_CASE(a_refund_is_in_the_currency_in_which_was_paid, RefundFixture)
{
    const auto payment = open();
    const Money euros{1999, Currency::EUR};
    settle(answer(payment.id, {.paid = euros}), later);
    BOOST_TEST((store.begin_refund(order_of(payment, {})).kind == RefundBegun::Kind::begun));
    const auto refund = store.find(payment.id)->refund;
    BOOST_TEST((refund->amount == euros));
    BOOST_TEST((refund->total == euros));
}

BOOST_FIXTURE_TEST_CASE(what_does_not_begin_writes_nothing, RefundFixture)
{
    using enum RefundBegun::Kind;
    const auto unpaid = open("8");
    const auto payment = paid();
    const auto before = everything();
    BOOST_TEST((store.begin_refund(order_of(unpaid, {})).kind == not_paid));
    BOOST_TEST((store.begin_refund(order_of(payment, xof(5001))).kind == too_much));
    BOOST_TEST((everything() == before));
}

BOOST_FIXTURE_TEST_CASE(of_racing_beginnings_one_begins, RefundFixture)
{
    for (int round = 0; round < 5; ++round) {
        const auto payment = paid("order-" + std::to_string(round));
        const auto begun = together(6, [&](std::size_t) {
            auto order = order_of(payment, xof(1000));
            order.id = Reference{random_alphanumeric(reference_length)};
            return std::pair{order.id, store.begin_refund(order)};
        });
        const auto stored_id = store.find(payment.id)->refund->id;
        int began = 0;
        for (const auto& [id, one] : begun) {
            const bool won = one.kind == RefundBegun::Kind::begun;
            began += won ? 1 : 0;
            BOOST_TEST(won == (id == stored_id));
            BOOST_TEST((won || one.kind == RefundBegun::Kind::under_way));
            BOOST_TEST((one.payment.refund->id == stored_id));
        }
        BOOST_TEST(began == 1);
        BOOST_TEST(causes(payment).size() == 3U);
    }
}

BOOST_FIXTURE_TEST_CASE(a_beginning_that_is_repeated_is_the_same, RefundFixture)
{
    const auto order = order_of(paid(), xof(1000));
    const auto first = store.begin_refund(order);
    const auto before = everything();
    const auto again = store.begin_refund(order); // as after a connection lost in its commit
    BOOST_TEST((again.kind == RefundBegun::Kind::begun));
    BOOST_TEST((again.payment.refund == first.payment.refund));
    BOOST_TEST((everything() == before));
}

BOOST_FIXTURE_TEST_CASE(how_it_ends_is_written, RefundFixture)
{
    using enum RefundOutcome;
    struct {
        const char* name;
        RefundOutcome outcome;
        const char* status;
        const char* back;
        const char* columns;
        std::size_t events;
    } const cases[] = {
        {"done", done, "partially_refunded", "1000", "- - - - ", 4},
        {"refused", refused, "paid", "", "- - - - ", 4},
        {"under_way",
         under_way,
         "paid",
         "",
         "REFUND00000000000001 1000 1000 rf-1 refund_unknown",
         3},
        {"unknown", unknown, "paid", "", "REFUND00000000000001 1000 1000 rf-1 refund_unknown", 3},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto payment = refunding(c.name);
            auto asked = spoke(payment, c.outcome, "how it ended");
            asked.answer->refund_ref = "rf-1";
            settle(asked, later + 2h);
            BOOST_TEST(stored(payment, "status") == c.status);
            BOOST_TEST(stored(payment, "refunded_minor") == c.back);
            BOOST_TEST(refund_columns_of(payment) == c.columns);
            BOOST_TEST(causes(payment).size() == c.events);
            BOOST_TEST(store.last_answer(payment.id) == "how it ended");
            const auto found = store.find(payment.id).value();
            const bool ended = c.events == 4;
            BOOST_TEST(found.refund.has_value() != ended);
            BOOST_TEST(found.check_due_at.has_value() != ended);
            BOOST_TEST(store.grants_of(payment.id).size() == 1U);
            // The same again changes nothing but the times.
            settle(asked, later + 3h);
            BOOST_TEST(stored(payment, "refunded_minor") == c.back);
            BOOST_TEST(causes(payment).size() == c.events);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(parts_add_up_until_all_is_back, RefundFixture)
{
    const auto payment = paid();
    auto now = later + 1h;
    for (int part = 1; part <= 5; ++part) {
        auto order = order_of(payment, xof(1000), now += 1h);
        order.id = Reference{"REFUND0000000000000" + std::to_string(part)};
        BOOST_TEST((store.begin_refund(order).kind == RefundBegun::Kind::begun));
        auto asked = spoke(payment, RefundOutcome::done);
        asked.refund = order.id;
        settle(asked, now += 1s);
        const auto found = store.find(payment.id).value();
        BOOST_TEST((found.facts.refunded == xof(1000 * part)));
        BOOST_TEST(!found.refund.has_value());
        BOOST_TEST(causes(payment).size() == 2U + 2U * static_cast<std::size_t>(part));
        BOOST_TEST(store.grants_of(payment.id).empty() == (part == 5));
    }
    BOOST_TEST(stored(payment, "status") == "refunded");
    BOOST_TEST((store.begin_refund(order_of(payment, {})).kind == RefundBegun::Kind::not_paid));
    // The same words of the gateway five times are evidence of five refunds.
    BOOST_TEST(count("tollgate_evidence") == 6);
    BOOST_TEST(
        count("tollgate_events AS event WHERE evidence_id IS NOT NULL AND NOT EXISTS (SELECT 1 "
              "FROM tollgate_evidence AS evidence WHERE evidence.id = event.evidence_id)") == 0
    );
}

// A beginning, an answer that was asked for before it, and one that ends it, in any order.
BOOST_FIXTURE_TEST_CASE(racing_beginnings_and_answers_lose_nothing, RefundFixture)
{
    for (int round = 0; round < 5; ++round) {
        const auto payment = paid("order-" + std::to_string(round));
        together(6, [&](std::size_t thread) {
            if (thread % 3 == 0) {
                store.begin_refund(order_of(payment, xof(1000)));
            } else if (thread % 3 == 1) {
                settle(answer(payment.id, paid_in_full, "again"), later + 2h);
            } else {
                settle(answer(payment.id, in_progress, "still"), later + 2h);
            }
            return true;
        });
        const auto found = store.find(payment.id).value();
        BOOST_TEST((found.refund->id == refund_id));
        BOOST_TEST(found.checks == payment.checks + 4);
        BOOST_TEST(causes(payment).size() == 3U);
        settle(spoke(payment, RefundOutcome::done), later + 3h);
        BOOST_TEST(stored(payment, "refunded_minor") == "1000");
    }
}

// One prepared statement writes NULL and short values first, long ones later.
BOOST_FIXTURE_TEST_CASE(a_batch_may_hold_payments_with_and_without_refunds, RefundFixture)
{
    const auto plain = paid("a");
    const auto refunding_one = refunding("b");
    auto long_name = spoke(refunding_one, RefundOutcome::under_way);
    long_name.answer->refund_ref = std::string(191, 'r');
    store.settle(std::vector{answer(plain.id, nothing_yet), long_name}, later + 2h);
    BOOST_TEST(refund_columns_of(plain) == "- - - - ");
    BOOST_TEST(store.find(refunding_one.id)->refund->gateway_ref == std::string(191, 'r'));

    auto too_long = spoke(refunding_one, RefundOutcome::under_way, "again");
    too_long.answer->refund_ref = std::string(192, 'x');
    store.settle(std::vector{answer(plain.id, nothing_yet), too_long}, later + 3h);
    BOOST_TEST(store.find(refunding_one.id)->refund->gateway_ref == std::string(191, 'r'));

    store.settle(
        std::vector{spoke(refunding_one, RefundOutcome::refused), answer(plain.id, nothing_yet)},
        later + 4h
    );
    BOOST_TEST(refund_columns_of(refunding_one) == "- - - - ");
}

BOOST_FIXTURE_TEST_CASE(an_operators_word_is_kept_as_his, RefundFixture)
{
    auto cash = make_payment();
    cash.check_due_at.reset();
    store.insert(cash);
    auto word = answer(cash.id, paid_in_full, R"({"operator":"key till"})");
    word.source = Source::operator_;
    word.cause = "operator key till";
    BOOST_TEST((settle(word, later).after == Status::paid));
    const auto found = store.find(cash.id).value();
    BOOST_TEST(found.checks == 0);
    BOOST_TEST(!found.checked_at.has_value());
    BOOST_TEST(!found.check_due_at.has_value());
    BOOST_TEST((found.paid_at == later));
    const Row evidence{"operator", "none", R"({"operator":"key till"})"};
    BOOST_TEST(
        rows("SELECT kind, proof, body FROM tollgate_evidence").at(0) == evidence,
        boost::test_tools::per_element()
    );
    BOOST_TEST(causes(cash).back() == "operator key till: 00 OK");
    BOOST_TEST(order_status("7") == "paid");
    BOOST_TEST(store.grants_of(cash.id).size() == 1U);
    BOOST_TEST(store.last_answer(cash.id).empty()); // no gateway said it
}

BOOST_AUTO_TEST_SUITE_END()
