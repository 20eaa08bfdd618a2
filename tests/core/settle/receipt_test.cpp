#include "core/settle/receipt.hpp"
#include "core/settle/schedule.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

constexpr Instant now = created_at + 1h;

Notification message(Proof proof)
{
    return {
        .gateway = GatewayName{"cinetpay"},
        .reference = payment().reference,
        .proof = proof,
        .digest = "d",
        .record = "{}",
        .received_at = now,
    };
}

KnownPayment known(Status state, std::optional<Instant> due = {})
{
    auto ref = payment().ref();
    ref.messages = 4;
    return {std::move(ref), state, due};
}

} // namespace

BOOST_AUTO_TEST_SUITE(receipt_test)

BOOST_AUTO_TEST_CASE(what_is_worth_a_question)
{
    using enum Status;
    for (const auto state :
         {pending,
          processing,
          expired,
          cancelled,
          failed,
          review,
          paid,
          disputed,
          partially_refunded,
          refunded}) {
        const auto payment = known(state);
        const bool may_be_paid_yet = state <= review;
        for (const auto proof : {Proof::none, Proof::shared_secret, Proof::signed_message}) {
            BOOST_TEST_CONTEXT(code(state) << ", " << code(proof))
            {
                const auto first = read_notification(message(proof), &payment, false);
                BOOST_TEST(first.received.ask);
                BOOST_TEST(first.received.kept);
                const auto again = read_notification(message(proof), &payment, true);
                BOOST_TEST(again.received.ask == (proof != Proof::none && may_be_paid_yet));
                BOOST_TEST(!again.received.kept);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_worth_a_question_is_counted_whenever_the_payment_is_due)
{
    const auto grace = now + check_grace;
    for (const auto& due :
         {std::optional<Instant>{},
          std::optional{now - 1h},
          std::optional{grace},
          std::optional{now + 1h}}) {
        const auto payment = known(Status::pending, due);
        const auto receipt = read_notification(message(Proof::signed_message), &payment, false);
        BOOST_TEST((receipt.due == grace));
        BOOST_TEST(receipt.received.payment->messages == 5);
    }
}

BOOST_AUTO_TEST_CASE(a_repeated_hint_is_left_to_the_reconciler)
{
    const auto hint = message(Proof::none);
    const auto soon = known(Status::pending, now + check_grace);
    const auto nothing = read_notification(hint, &soon, true);
    BOOST_TEST(!nothing.due); // nothing is written, however many there are
    BOOST_TEST(nothing.received.payment->messages == 4);
    const auto late = known(Status::pending, now + 1h);
    BOOST_TEST((read_notification(hint, &late, true).due == now + check_grace));
}

BOOST_AUTO_TEST_SUITE_END()
