#include "sql/idempotency.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;
using Kind = Repetition::Kind;

namespace {

RepeatableRequest
request(const std::string& key = "k", const std::string& content = "c", const char* whose = "m")
{
    return {.merchant = Merchant{whose}, .key = sha256(key), .content = sha256(content)};
}

struct IdempotencyFixture : StoreFixture {
    Idempotency idempotency{pool};

    Kind kind(const RepeatableRequest& one, Instant now = noon)
    {
        return idempotency.begin(one, now).kind;
    }
    Claimed claim(const RepeatableRequest& one = request(), Instant now = noon)
    {
        auto begun = idempotency.begin(one, now);
        BOOST_REQUIRE((begun.kind == Kind::first));
        return *begun.claimed;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(idempotency_test)

BOOST_FIXTURE_TEST_CASE(the_first_answer_is_everybodys, IdempotencyFixture)
{
    const auto claimed = claim();
    BOOST_TEST(!claimed.taken_over);
    BOOST_TEST((kind(request(), noon + 1s) == Kind::under_way));
    const std::string answer = "201\n{\"a\":\"é \\u0000 'x\"}";
    idempotency.answer(claimed, answer);
    const auto again = idempotency.begin(request(), noon + 24h);
    BOOST_TEST((again.kind == Kind::answered));
    BOOST_TEST(again.answer == answer);
    idempotency.answer(claimed, "another one");
    idempotency.release(claimed);
    BOOST_TEST(idempotency.begin(request(), noon).answer == answer);
}

BOOST_FIXTURE_TEST_CASE(a_key_belongs_to_one_request_of_one_merchant, IdempotencyFixture)
{
    const auto claimed = claim();
    BOOST_TEST((kind(request("k", "other")) == Kind::other_request));
    idempotency.answer(claimed, "200\n");
    BOOST_TEST((kind(request("k", "other")) == Kind::other_request));
    BOOST_TEST((kind(request("k", "c", "another merchant")) == Kind::first));
    BOOST_TEST((kind(request("K")) == Kind::first));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_is_released_is_free_for_another_request, IdempotencyFixture)
{
    idempotency.release(claim());
    BOOST_TEST((kind(request("k", "corrected")) == Kind::first));
}

BOOST_FIXTURE_TEST_CASE(what_was_never_answered_is_taken_over_once, IdempotencyFixture)
{
    const auto dead = claim();
    const auto late = noon + idempotency_takeover;
    BOOST_TEST((kind(request(), late - 1us) == Kind::under_way));
    BOOST_TEST((kind(request("k", "other"), late) == Kind::other_request));
    const auto heirs = together(4, [&](std::size_t i) {
        return idempotency.begin(request(), late + std::chrono::microseconds{i});
    });
    const auto first = [](const Repetition& one) { return one.kind == Kind::first; };
    BOOST_TEST(std::ranges::count_if(heirs, first) == 1);
    const auto heir = std::ranges::find_if(heirs, first);
    BOOST_REQUIRE(heir != heirs.end());
    BOOST_TEST(heir->claimed->taken_over);
    // Who was believed dead and was only slow has lost the right to answer.
    idempotency.answer(dead, "200\nby the dead");
    idempotency.release(dead);
    BOOST_TEST((kind(request(), late + 1s) == Kind::under_way));
    idempotency.answer(*heir->claimed, "200\nby the heir");
    BOOST_TEST(idempotency.begin(request(), late).answer == "200\nby the heir");
}

BOOST_FIXTURE_TEST_CASE(of_many_at_once_one_is_the_first, IdempotencyFixture)
{
    for (int round = 0; round < 5; ++round) {
        const auto one = request("round " + std::to_string(round));
        const auto kinds = together(8, [&](std::size_t i) {
            return kind(one, noon + std::chrono::microseconds{i});
        });
        BOOST_TEST(std::ranges::count(kinds, Kind::first) == 1);
        BOOST_TEST(std::ranges::count(kinds, Kind::under_way) == 7);
    }
}

BOOST_FIXTURE_TEST_CASE(an_answer_fits_or_is_not_kept, IdempotencyFixture)
{
    const auto fits = claim(request("fits"));
    const std::string longest(idempotency_answer_bytes_max, 'a');
    idempotency.answer(fits, longest);
    BOOST_TEST(idempotency.begin(request("fits"), noon).answer == longest);
    const auto too_long = claim(request("too long"));
    idempotency.answer(too_long, longest + "a");
    BOOST_TEST((kind(request("too long")) == Kind::under_way));
}

BOOST_AUTO_TEST_SUITE_END()
