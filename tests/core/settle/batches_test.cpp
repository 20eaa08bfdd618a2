#include "core/settle/batches.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <thread>
#include <vector>

using namespace tollgate;

namespace {

using Doubling = Batches<int, int>;

std::vector<int> doubled(std::span<const int> numbers)
{
    std::vector<int> result;
    for (const int number : numbers) {
        if (number == 13) throw std::runtime_error{"unlucky"};
        if (number == 99) throw StoreUnavailable{"away"};
        result.push_back(2 * number);
    }
    return result;
}

/// Holds the first batch back until so many questions wait behind it.
class SlowStart {
public:
    std::vector<int> operator()(std::span<const int> numbers)
    {
        if (sizes.empty()) opened_.get_future().wait();
        sizes.push_back(numbers.size());
        return doubled(numbers);
    }
    void open() { opened_.set_value(); }

    std::vector<std::size_t> sizes;

private:
    std::promise<void> opened_;
};

void wait_for(const Doubling& batches, std::size_t waiting)
{
    while (batches.waiting() < waiting)
        std::this_thread::yield();
}

} // namespace

BOOST_AUTO_TEST_SUITE(batches_test)

BOOST_AUTO_TEST_CASE(a_lone_question_is_asked_alone)
{
    Doubling batches{4, doubled};
    BOOST_TEST(batches.ask(21) == 42);
    BOOST_TEST(batches.ask(1) == 2);
}

BOOST_AUTO_TEST_CASE(everybody_gets_his_own_answer)
{
    std::vector<std::size_t> sizes;
    Doubling batches{4, [&](std::span<const int> numbers) {
                         sizes.push_back(numbers.size()); // one batch at a time
                         return doubled(numbers);
                     }};
    std::vector<std::future<int>> answers;
    for (int i = 100; i < 140; ++i)
        answers.push_back(std::async(std::launch::async, [&batches, i] { return batches.ask(i); }));
    for (int i = 100; i < 140; ++i)
        BOOST_TEST(answers[static_cast<std::size_t>(i - 100)].get() == 2 * i);
    for (const auto size : sizes)
        BOOST_TEST(size <= 4U);
}

BOOST_AUTO_TEST_CASE(what_waits_is_asked_together_and_a_bad_question_spoils_no_other)
{
    SlowStart work;
    Doubling batches{8, std::ref(work)};
    auto first = std::async(std::launch::async, [&] { return batches.ask(1); });
    wait_for(batches, 1); // it leads now, and alone
    std::vector<std::future<int>> answers;
    for (const int number : {2, 13, 4}) {
        answers.push_back(std::async(std::launch::async, [&batches, number] {
            return batches.ask(number);
        }));
    }
    wait_for(batches, 4);
    work.open();
    BOOST_TEST(first.get() == 2);
    BOOST_TEST(answers[0].get() == 4);
    BOOST_CHECK_THROW(answers[1].get(), std::runtime_error);
    BOOST_TEST(answers[2].get() == 8);
    BOOST_TEST(batches.waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_is_not_asked_again_for_each)
{
    SlowStart work;
    Doubling batches{8, std::ref(work)};
    auto first = std::async(std::launch::async, [&] { return batches.ask(1); });
    wait_for(batches, 1); // it leads now, and alone
    std::vector<std::future<int>> answers;
    for (const int number : {2, 99, 4}) {
        answers.push_back(std::async(std::launch::async, [&batches, number] {
            return batches.ask(number);
        }));
    }
    wait_for(batches, 4);
    work.open();
    BOOST_TEST(first.get() == 2);
    for (auto& answer : answers)
        BOOST_CHECK_THROW(answer.get(), StoreUnavailable);
    BOOST_TEST(work.sizes.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
