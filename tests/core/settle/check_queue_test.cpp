#include "core/settle/check_queue.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <utility>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

using End = CheckQueue::End;

/// A queue with a clock and gates; questions are named by gateway and number.
struct Desk {
    explicit Desk(const CheckLimits& limits = {}) : queue{limits} {}

    static PaymentRef ref(std::size_t number, const std::string& gateway = "slow")
    {
        auto ref = payment(number).ref();
        ref.gateway = GatewayName{gateway};
        return ref;
    }

    bool add(std::size_t number, const std::string& gateway = "slow")
    {
        return queue.add(ref(number, gateway), "notification", now);
    }

    CheckQueue::WaiterPtr wait_for(std::size_t number, const std::string& gateway = "slow")
    {
        auto waiter = std::make_shared<CheckQueue::Waiter>();
        BOOST_TEST(queue.add(ref(number, gateway), "return", now, waiter));
        return waiter;
    }

    /// The number of the question that is asked now; 0 for none.
    std::size_t next()
    {
        const auto question = queue.next(now, is_open);
        return question ? std::stoul(question->payment.id.get().substr(1)) : 0;
    }

    std::vector<std::size_t> all_next()
    {
        std::vector<std::size_t> numbers;
        while (const auto number = next())
            numbers.push_back(number);
        return numbers;
    }

    void end(std::size_t number, End how = End::closed)
    {
        queue.answered(payment(number).id);
        queue.finish(payment(number).id, how, now);
    }

    CheckQueue queue;
    CheckQueue::Time now{1h};
    std::set<std::string> closed;
    CheckQueue::Gate is_open = [&](const GatewayName& name) {
        return !closed.contains(name.get());
    };
};

const CheckQueue::Gate every_gateway = [](const GatewayName&) { return true; };

std::vector<std::size_t> numbers(std::initializer_list<std::size_t> list)
{
    return list;
}

} // namespace

BOOST_AUTO_TEST_SUITE(check_queue_test)

BOOST_AUTO_TEST_CASE(questions_are_asked_in_their_order_and_once)
{
    Desk desk;
    for (const std::size_t number : {3, 1, 2})
        BOOST_TEST(desk.add(number));
    BOOST_TEST(desk.all_next() == numbers({3, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST(desk.queue.is_busy(every_gateway));
    for (const std::size_t number : {1, 2, 3})
        desk.end(number);
    BOOST_TEST(!desk.queue.is_busy(every_gateway));
    BOOST_TEST(desk.queue.room() == checker_payments_max);
}

BOOST_AUTO_TEST_CASE(what_waits_is_asked_once_however_often_it_is_added)
{
    Desk desk;
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(desk.add(1));
    BOOST_TEST(desk.all_next() == numbers({1}), boost::test_tools::per_element());
    desk.end(1);
    desk.now += 1h;
    BOOST_TEST(desk.next() == 0U);
}

BOOST_AUTO_TEST_CASE(what_comes_while_a_question_is_under_way_is_served_by_one_more)
{
    for (const bool while_settled : {false, true}) {
        BOOST_TEST_CONTEXT((while_settled ? "settling" : "under way"))
        {
            Desk desk;
            desk.add(1);
            BOOST_TEST(desk.next() == 1U);
            if (while_settled) desk.queue.answered(payment(1).id);
            for (int i = 0; i < 100; ++i)
                desk.add(1);
            BOOST_TEST(desk.next() == 0U); // never two at once
            if (!while_settled) desk.queue.answered(payment(1).id);
            desk.queue.finish(payment(1).id, End::closed, desk.now);
            BOOST_TEST(desk.next() == 1U);
            desk.end(1);
            BOOST_TEST(desk.next() == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_question_that_follows_is_about_the_payment_as_it_is_then)
{
    Desk desk;
    desk.add(1);
    BOOST_TEST(desk.next() == 1U);
    auto named = Desk::ref(1);
    named.gateway_ref = GatewayRef{"T1"};
    BOOST_TEST(desk.queue.add(named, "notification", desk.now));
    desk.end(1);
    const auto question = desk.queue.next(desk.now, every_gateway);
    BOOST_TEST(question->payment.gateway_ref.get() == "T1");
}

// Reloaded pages, a captured notification that is sent a thousand times.
BOOST_AUTO_TEST_CASE(an_open_payment_is_asked_about_once_per_interval)
{
    for (const auto how : {End::open, End::unanswered}) {
        Desk desk;
        std::size_t asked = 0;
        constexpr auto lasts = 10s;
        for (auto passed = 0ms; passed < lasts; passed += 10ms) {
            desk.add(1);
            const auto waiter = desk.wait_for(1);
            if (desk.next() == 1U) {
                ++asked;
                desk.end(1, how);
                BOOST_TEST(waiter->done);
            }
            desk.now += 10ms;
        }
        BOOST_TEST(asked == lasts / question_interval);
    }
}

// He is told what is so now, not what was so before he came.
BOOST_AUTO_TEST_CASE(a_customer_who_comes_while_it_rests_comes_first_then)
{
    Desk desk;
    desk.add(1);
    BOOST_TEST(desk.next() == 1U);
    desk.end(1, End::open);
    const auto waiter = desk.wait_for(1);
    desk.add(2);
    BOOST_TEST(desk.next() == 2U);
    desk.add(3);
    desk.now += question_interval;
    BOOST_TEST(desk.next() == 1U);
    BOOST_TEST(!waiter->done);
    desk.end(1);
    BOOST_TEST((waiter->done && waiter->settled));
}

BOOST_AUTO_TEST_CASE(what_rests_is_forgotten_unless_somebody_asked)
{
    Desk desk;
    for (const std::size_t number : {1, 2}) {
        desk.add(number);
        BOOST_TEST(desk.next() == number);
        desk.end(number, End::open);
    }
    BOOST_TEST(!desk.queue.is_busy(every_gateway));
    desk.add(2);
    BOOST_TEST(desk.queue.is_busy(every_gateway));
    BOOST_TEST(desk.next() == 0U);
    desk.now += question_interval;
    BOOST_TEST(desk.next() == 2U);
    BOOST_TEST(desk.queue.room() == checker_payments_max - 1);
}

BOOST_AUTO_TEST_CASE(customers_come_first)
{
    Desk desk;
    for (const std::size_t number : {1, 2, 3})
        desk.add(number);
    const auto new_one = desk.wait_for(4);
    const auto known_one = desk.wait_for(3); // moves up
    BOOST_TEST(desk.all_next() == numbers({4, 3, 1, 2}), boost::test_tools::per_element());
    desk.end(4);
    BOOST_TEST((new_one->done && new_one->settled));
    BOOST_TEST(!known_one->done);
}

BOOST_AUTO_TEST_CASE(a_customer_is_served_by_the_question_under_way)
{
    Desk desk;
    desk.add(1);
    BOOST_TEST(desk.next() == 1U);
    const auto first = desk.wait_for(1);
    const auto second = desk.wait_for(1);
    desk.end(1, End::unanswered);
    BOOST_TEST((first->done && !first->settled));
    BOOST_TEST((second->done && !second->settled));
    desk.now += question_interval;
    BOOST_TEST(desk.next() == 0U);
}

BOOST_AUTO_TEST_CASE(whether_somebody_waits_for_a_settlement_is_known_before_and_after_the_answer)
{
    Desk desk;
    desk.add(1);
    const auto before = desk.wait_for(2);
    desk.all_next();
    desk.queue.answered(payment(1).id);
    BOOST_TEST(!desk.queue.is_awaited());
    const auto after = desk.wait_for(1);
    const auto another = desk.wait_for(1);
    BOOST_TEST(desk.queue.is_awaited());
    desk.queue.answered(payment(2).id);
    desk.queue.finish(payment(1).id, End::closed, desk.now);
    BOOST_TEST(desk.queue.is_awaited());
    desk.queue.finish(payment(2).id, End::closed, desk.now);
    BOOST_TEST(!desk.queue.is_awaited());
}

BOOST_AUTO_TEST_CASE(quiet_is_when_no_answer_is_to_come)
{
    Desk desk;
    BOOST_TEST(desk.queue.is_quiet());
    desk.add(1);
    BOOST_TEST(!desk.queue.is_quiet());
    BOOST_TEST(desk.next() == 1U);
    BOOST_TEST(!desk.queue.is_quiet());
    desk.queue.answered(payment(1).id);
    BOOST_TEST(desk.queue.is_quiet());
}

BOOST_AUTO_TEST_CASE(a_backlog_of_one_gateway_does_not_delay_another)
{
    Desk desk{{.in_flight_max = 4}};
    for (std::size_t number = 1; number <= 5'000; ++number)
        desk.add(number, "slow");
    BOOST_TEST(desk.next() == 1U);
    desk.add(9'001, "quick");
    desk.add(9'002, "quick");
    BOOST_TEST(desk.next() == 9'001U);
    BOOST_TEST(desk.next() == 2U); // in turn
}

BOOST_AUTO_TEST_CASE(a_gateway_leaves_as_much_free_as_it_takes)
{
    // clang-format off
    struct {
        const char* name;
        CheckLimits limits;
        std::vector<std::size_t> under_way; ///< of each gateway, one after another
    } const cases[] = {
        // name               limits                                                each
        {"usual",             {},                                                   {256, 129, 64}},
        {"limit per gateway", {.in_flight_max = 512, .gateway_in_flight_max = 10},  {10, 10, 10}},
        {"few",               {.in_flight_max = 8},                                 {5, 2, 1}},
        {"two",               {.in_flight_max = 2},                                 {2, 0, 0}},
        {"one",               {.in_flight_max = 1},                                 {1, 0, 0}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto limits = c.limits;
            limits.gateway_in_flight_first = limits.gateway_in_flight_max;
            Desk desk{limits};
            std::vector<std::size_t> under_way;
            std::size_t number = 0;
            for (std::size_t gateway = 0; gateway < c.under_way.size(); ++gateway) {
                for (int i = 0; i < 1'000; ++i)
                    desk.add(++number, "gateway" + std::to_string(gateway));
                under_way.push_back(desk.all_next().size());
            }
            BOOST_TEST(under_way == c.under_way, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(as_many_are_under_way_as_settlement_needs)
{
    Desk desk;
    for (std::size_t number = 1; number <= 5'000; ++number)
        desk.add(number);
    auto under_way = desk.all_next();
    BOOST_TEST(under_way.size() == 32U);

    const auto play_round = [&](bool settled) {
        for (const auto number : std::exchange(under_way, {})) {
            desk.queue.answered(payment(number).id);
            if (settled) desk.queue.finish(payment(number).id, End::closed, desk.now);
            for (const auto next : desk.all_next())
                under_way.push_back(next);
        }
        return under_way.size();
    };
    // Settlement waits for a slow gateway.
    for (const std::size_t count : {64, 128, 256, 256})
        BOOST_TEST(play_round(true) == count);
    // Answers wait for settlement.
    for (const std::size_t count : {192, 32, 32})
        BOOST_TEST(play_round(false) <= count);
}

BOOST_AUTO_TEST_CASE(an_answer_makes_place_before_it_is_settled)
{
    Desk desk{{.in_flight_max = 1}};
    desk.add(1);
    desk.add(2);
    BOOST_TEST(desk.next() == 1U);
    BOOST_TEST(desk.next() == 0U);
    desk.queue.answered(payment(1).id);
    BOOST_TEST(desk.queue.in_flight() == 0U);
    BOOST_TEST(desk.next() == 2U);
}

BOOST_AUTO_TEST_CASE(a_gateway_without_answers_cannot_fill_the_room)
{
    Desk desk{{.payments_max = 100}};
    desk.closed = {"slow"};
    std::size_t number = 0;
    while (desk.add(++number, "slow")) {
    }
    BOOST_TEST(desk.queue.room() == 50U);
    BOOST_TEST(desk.queue.waiting(GatewayName{"slow"}) == 50U);
    BOOST_TEST(desk.add(1, "slow")); // known already
    BOOST_TEST(desk.add(1'000, "quick"));
    BOOST_TEST(desk.next() == 1'000U);
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_closed_gateway_is_not_busy_and_goes_on_when_it_opens)
{
    Desk desk;
    desk.closed = {"slow"};
    desk.add(1);
    const auto waiter = desk.wait_for(2);
    desk.add(3, "quick");
    BOOST_TEST(desk.all_next() == numbers({3}), boost::test_tools::per_element());
    desk.end(3);
    BOOST_TEST(!desk.queue.is_busy(desk.is_open));
    BOOST_TEST(desk.queue.is_busy(every_gateway));

    desk.queue.release_waiters(GatewayName{"slow"});
    BOOST_TEST((waiter->done && !waiter->settled));
    desk.closed.clear();
    BOOST_TEST(desk.all_next() == numbers({2, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_gate_is_asked_only_for_a_question_that_can_be_asked)
{
    Desk desk{{.in_flight_max = 1}};
    std::size_t passed = 0;
    const CheckQueue::Gate counting = [&](const GatewayName&) {
        ++passed;
        return true;
    };
    BOOST_TEST(!desk.queue.next(desk.now, counting));
    desk.add(1);
    desk.add(2);
    BOOST_TEST(desk.queue.next(desk.now, counting).has_value());
    BOOST_TEST(!desk.queue.next(desk.now, counting)); // no place
    BOOST_TEST(passed == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_gateway_leaves_unanswered_is_asked_when_it_is_back)
{
    Desk desk;
    for (const std::size_t number : {1, 2})
        desk.add(number);
    BOOST_TEST(desk.all_next() == numbers({1, 2}), boost::test_tools::per_element());
    desk.closed = {"slow"};
    for (const std::size_t number : {1, 2})
        desk.end(number, End::away);
    desk.add(2); // the reconciler finds it due
    desk.add(3);
    desk.now += 1h;
    BOOST_TEST(desk.next() == 0U);
    BOOST_TEST(!desk.queue.is_busy(desk.is_open));
    desk.closed.clear();
    const auto waiter = desk.wait_for(2);
    BOOST_TEST(desk.all_next() == numbers({2, 3, 1}), boost::test_tools::per_element());
    for (const std::size_t number : {1, 2, 3})
        desk.end(number);
    BOOST_TEST(desk.queue.room() == checker_payments_max);
}

BOOST_AUTO_TEST_CASE(that_a_question_could_not_be_asked_is_told_once)
{
    Desk desk;
    desk.closed = {"slow"};
    desk.add(1);
    desk.now += 1min;
    desk.add(2);
    desk.now += question_waits_max - 1min;
    const auto question = desk.queue.next_overdue(desk.now);
    BOOST_REQUIRE(question.has_value());
    BOOST_TEST(question->payment.id.get() == payment(1).id.get());
    BOOST_TEST(!desk.queue.next_overdue(desk.now));
    desk.queue.finish(payment(1).id, End::away, desk.now);
    desk.now += 1min;
    BOOST_TEST(desk.queue.next_overdue(desk.now)->payment.id.get() == payment(2).id.get());
    desk.now += 24h;
    BOOST_TEST(!desk.queue.next_overdue(desk.now));
    desk.closed.clear();
    BOOST_TEST(desk.all_next() == numbers({1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_gateway_that_is_away_may_be_given_up_at_once)
{
    Desk desk{{.in_flight_max = 1}};
    desk.add(1, "quick");
    desk.add(2, "quick");
    desk.add(3);
    BOOST_TEST(desk.next() == 1U);
    desk.closed = {"slow"};
    const auto question = desk.queue.next_unasked(desk.is_open);
    BOOST_REQUIRE(question.has_value());
    BOOST_TEST(question->payment.id.get() == payment(3).id.get());
    BOOST_TEST(!desk.queue.next_unasked(desk.is_open)); // the other gateway's turn will come
    desk.queue.finish(payment(3).id, End::away, desk.now);
    BOOST_TEST(!desk.queue.next_unasked(desk.is_open)); // it was told
    desk.end(1);
    BOOST_TEST(desk.next() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
