// Every order and every repetition of evidence, through the decision itself.
//
// A payment's future depends on its facts, its status and whether it was ever delivered. So it is
// enough to follow every piece of evidence from every such state that can be reached, together with
// the set of what has been heard: a finite graph, whose paths are all sequences of the evidence, of
// any length, with any repetition; the 8! orders of eight are among them.
#include "core/settle/decide.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

using namespace tollgate;
using namespace tollgate::samples;

namespace {

using enum Currency;

constexpr std::size_t evidences = 8;
/// What is heard; nothing stands for a question without an answer.
using Evidences = std::array<std::optional<Facts>, evidences>;

/// What has been done so far, and what follows from it.
struct Progress {
    unsigned heard = 0; ///< one bit per evidence
    Payment payment;
    std::size_t granted = 0; ///< files, ever
    bool revoked = false;
    int paid_transitions = 0;

    /// All that can matter for what follows.
    auto key() const
    {
        const auto number = [](const std::optional<Money>& amount) {
            return amount ? std::pair{amount->minor_units, static_cast<int>(amount->currency)}
                          : std::pair{std::int64_t{-1}, 0};
        };
        const auto& facts = payment.facts;
        return std::tuple{
            heard,
            facts.processing,
            facts.failure,
            number(facts.paid),
            number(facts.refunded),
            facts.disputed,
            facts.conflict,
            payment.state,
            payment.paid_at.has_value(),
            granted,
            revoked,
            paid_transitions,
        };
    }
    std::size_t in_force() const { return revoked ? 0 : granted; }
};

Progress hear(const Progress& before, const std::optional<Facts>& evidence, std::size_t number)
{
    static const auto grants = grant_maker();
    const auto& payment = before.payment;
    const auto asked = evidence ? said(payment, *evidence) : silent(payment);
    const auto decision = decide(payment, asked, {grants}, created_at + std::chrono::seconds{20});
    const auto state = decision.after.state;
    const bool changed = state != payment.state;
    BOOST_REQUIRE(decision.status_changed == changed);
    const bool told = changed || decision.attention_changed || decision.given_back;
    BOOST_REQUIRE(decision.event.has_value() == told);
    BOOST_REQUIRE(decision.after.events == payment.events + (told ? 1 : 0));
    BOOST_REQUIRE((decision.grants.empty() || before.granted == 0));

    auto after = before;
    after.heard |= 1U << number;
    after.payment = decision.after;
    after.granted += decision.grants.size();
    after.revoked = before.revoked || decision.revoke;
    if (changed && state == Status::paid) ++after.paid_transitions;
    BOOST_REQUIRE(after.paid_transitions <= 1);
    BOOST_REQUIRE((after.in_force() == (is_delivered(state) ? payment.files.size() : 0)));
    return after;
}

/// All that can be reached.
std::vector<Progress> explore(const Evidences& said)
{
    std::vector<Progress> reached{{.payment = payment()}};
    std::set<decltype(reached.front().key())> known{reached.front().key()};
    for (std::size_t i = 0; i < reached.size(); ++i) {
        for (std::size_t number = 0; number < evidences; ++number) {
            auto next = hear(reached[i], said[number], number);
            if (known.insert(next.key()).second) reached.push_back(std::move(next));
        }
    }
    return reached;
}

} // namespace

BOOST_AUTO_TEST_SUITE(every_order_test)

BOOST_AUTO_TEST_CASE(what_was_heard_decides_and_not_in_which_order_or_how_often)
{
    constexpr Money unsaid{0, XOF};
    constexpr Money part{500, XOF};
    constexpr Money less{1000, XOF};
    constexpr Money more{2000, XOF};
    constexpr Money foreign{1500, XAF};
    const struct {
        const char* name;
        Evidences said;
        Status status; ///< when all was heard
    } cases[] = {
        {"a winding way to paid",
         {Facts{},
          Facts{.processing = true},
          Facts{.failure = Failure::expired},
          Facts{.failure = Failure::cancelled},
          Facts{.failure = Failure::failed},
          Facts{.paid = unsaid},
          Facts{.paid = price},
          std::nullopt},
         Status::paid},
        {"and partly back, under dispute",
         {Facts{.processing = true},
          Facts{.failure = Failure::failed},
          Facts{.failure = Failure::expired},
          Facts{.paid = unsaid},
          Facts{.paid = price},
          Facts{.paid = price, .refunded = part},
          Facts{.paid = price, .disputed = true},
          std::nullopt},
         Status::disputed},
        {"in parts, too much, and partly back",
         {Facts{.failure = Failure::cancelled},
          Facts{.failure = Failure::failed},
          Facts{.paid = less},
          Facts{.paid = price},
          Facts{.paid = more},
          Facts{.paid = more, .refunded = part},
          Facts{.paid = less, .refunded = less},
          std::nullopt},
         Status::partially_refunded},
        {"all back",
         {Facts{.processing = true},
          Facts{.failure = Failure::failed},
          Facts{.paid = price},
          Facts{.refunded = part},
          Facts{.refunded = less},
          Facts{.refunded = price},
          Facts{.disputed = true},
          std::nullopt},
         Status::refunded},
        {"two currencies",
         {Facts{.processing = true},
          Facts{.failure = Failure::failed},
          Facts{.paid = less},
          Facts{.paid = price},
          Facts{.paid = foreign},
          Facts{.refunded = part},
          Facts{.refunded = Money{1, XAF}},
          std::nullopt},
         Status::review},
    };

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            // One end for each set of what was heard.
            std::map<unsigned, std::tuple<Status, std::size_t, bool>> ends;
            for (const auto& one : explore(c.said)) {
                Facts joined;
                for (std::size_t i = 0; i < evidences; ++i) {
                    const bool heard = (one.heard >> i & 1U) == 1;
                    if (heard && c.said[i]) joined = join(joined, *c.said[i]);
                }
                BOOST_REQUIRE((one.payment.facts == joined));
                const std::tuple end{one.payment.state, one.in_force(), !!one.payment.refund};
                BOOST_REQUIRE((ends.emplace(one.heard, end).first->second == end));
            }
            BOOST_TEST(ends.size() == 1U << evidences);
            BOOST_TEST((std::get<Status>(ends.at((1U << evidences) - 1)) == c.status));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
