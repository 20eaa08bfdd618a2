#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::hours use_lasts{1};

/// A paid payment with one grant of three uses.
struct GrantFixture : StoreFixture {
    Payment payment = open();
    Settled settled = settle(answer(payment.id, paid_in_full), noon);
    TokenDigest digest = grant_of(payment).digest;

    UsedGrant use(GrantAccess access, Instant now)
    {
        return store.use_grant(
            {.digest = digest, .access = access, .now = now, .use_lasts = use_lasts}
        );
    }

    /// How many statements the server is sent meanwhile.
    template <class Work>
    int statements(Work work)
    {
        const auto questions = [&] {
            return std::stoi(rows("SHOW GLOBAL STATUS LIKE 'Questions'").at(0).at(1));
        };
        const auto before = questions();
        work();
        return questions() - before - 1;
    }

    int uses() { return std::stoi(value("SELECT uses FROM tollgate_grants")); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mysql_store_grant_test)

BOOST_FIXTURE_TEST_CASE(what_counts_as_a_use, GrantFixture)
{
    using enum GrantAccess;
    using enum GrantUse;
    const auto expiry = noon + grants_last;
    // clang-format off
    struct {
        const char* name;
        int uses;                        ///< before, of three
        std::optional<Instant> use_ends; ///< of the use that has begun
        GrantAccess access;
        Instant now;
        GrantUse use;
        int uses_after;
    } const cases[] = {
        {"first",                    0, {},            begin,  noon,         allowed, 1},
        {"last",                     2, {},            begin,  noon,         allowed, 3},
        {"one too many",             3, {},            begin,  noon,         used_up, 3},
        {"again while one lasts",    1, noon + 1us,    begin,  noon,         allowed, 2},
        {"too many while one lasts", 3, noon + 1us,    begin,  noon,         used_up, 3},
        {"resume",                   1, noon + 1us,    resume, noon,         allowed, 1},
        {"resume the last",          3, noon + 1us,    resume, noon,         allowed, 3},
        {"resume what ended",        1, noon,          resume, noon,         allowed, 2},
        {"resume the last, ended",   3, noon,          resume, noon,         used_up, 3},
        {"resume what never began",  0, {},            resume, noon,         allowed, 1},
        {"look",                     0, {},            look,   noon,         allowed, 0},
        {"look during the last use", 3, noon + 1us,    look,   noon,         allowed, 3},
        {"look when used up",        3, noon,          look,   noon,         used_up, 3},
        {"just in time",             0, {},            begin,  expiry - 1us, allowed, 1},
        {"expired",                  0, {},            begin,  expiry,       expired, 0},
        {"expired, to resume",       1, expiry + 1h,   resume, expiry,       expired, 1},
        {"expired, to look",         0, {},            look,   expiry,       expired, 0},
        {"expired and used up",      3, {},            begin,  expiry,       expired, 3},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            pool.run([&](Connection& connection) {
                return connection.statement("UPDATE tollgate_grants SET uses = ?, use_ends_at = ?")
                    .number(c.uses)
                    .time_or_null(c.use_ends)
                    .update();
            });
            const auto used = use(c.access, c.now);
            BOOST_TEST((used.use == c.use));
            const bool shown = c.access == look && c.use == allowed;
            BOOST_TEST(used.file == (shown ? "book.pdf" : ""));
            BOOST_TEST(used.in_use == (shown && c.use_ends > c.now));
            BOOST_TEST(uses() == c.uses_after);
            if (c.uses_after > c.uses) {
                BOOST_TEST(
                    value("SELECT use_ends_at FROM tollgate_grants") ==
                    database_time(c.now + use_lasts)
                );
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(what_a_use_costs, GrantFixture)
{
    using enum GrantAccess;
    for (const auto access : {look, begin, resume}) {
        BOOST_TEST(statements([&] { use(access, noon); }) == (access == resume ? 2 : 1));
    }
}

BOOST_FIXTURE_TEST_CASE(a_revoked_grant_looks_as_if_it_never_was, GrantFixture)
{
    using enum GrantAccess;
    BOOST_TEST((use(begin, noon).use == GrantUse::allowed));
    settle(answer(payment.id, given_back), noon + 1s);
    for (const auto access : {begin, resume, look}) {
        for (const auto now : {noon + 2s, noon + grants_last}) {
            const auto used = use(access, now);
            BOOST_TEST((used.use == GrantUse::unknown));
            BOOST_TEST(used.file.empty());
        }
    }
    BOOST_TEST(uses() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_dispute_ends_a_download_that_has_begun, GrantFixture)
{
    BOOST_TEST((use(GrantAccess::begin, noon).use == GrantUse::allowed));
    BOOST_TEST(use(GrantAccess::look, noon).in_use);
    settle(answer(payment.id, {.paid = price, .disputed = true}), noon + 1s);
    for (const auto access : {GrantAccess::look, GrantAccess::begin, GrantAccess::resume})
        BOOST_TEST((use(access, noon + 2s).use == GrantUse::unknown));
    BOOST_TEST(count("store_downloadtoken") == 0);
}

BOOST_FIXTURE_TEST_CASE(nobody_guesses_a_grant, GrantFixture)
{
    for (const auto& wrong :
         {sha256("guess"), std::string{}, std::string(32, '\0'), std::string{"' OR 1=1"}}) {
        digest = TokenDigest{wrong};
        BOOST_TEST((use(GrantAccess::begin, noon).use == GrantUse::unknown));
    }
    BOOST_TEST(uses() == 0);
}

BOOST_FIXTURE_TEST_CASE(uses_cannot_be_raced, GrantFixture)
{
    for (const auto access : {GrantAccess::begin, GrantAccess::resume}) {
        run("UPDATE tollgate_grants SET uses = 0, use_ends_at = NULL");
        const auto used = together(16, [&](std::size_t) {
            // A use that lasts no time: every resumed part has to begin a new one.
            return store
                .use_grant({.digest = digest, .access = access, .now = noon, .use_lasts = 0s})
                .use;
        });
        BOOST_TEST(std::ranges::count(used, GrantUse::allowed) == uses_max);
        BOOST_TEST(std::ranges::count(used, GrantUse::used_up) == 16 - uses_max);
        BOOST_TEST(uses() == uses_max);
    }
}

BOOST_FIXTURE_TEST_CASE(parts_that_are_resumed_together_are_one_use, GrantFixture)
{
    const auto used = together(16, [&](std::size_t) { return use(GrantAccess::resume, noon).use; });
    BOOST_TEST(std::ranges::count(used, GrantUse::allowed) == 16);
    BOOST_TEST(uses() == 1);
}

BOOST_FIXTURE_TEST_CASE(uses_of_several_grants_cannot_be_raced_by_two_servers, StoreFixture)
{
    constexpr std::size_t grants_count = 4;
    std::vector<TokenDigest> digests;
    for (const auto& payment : open_many(grants_count)) {
        settle(answer(payment.id, paid_in_full), noon);
        digests.push_back(grant_of(payment).digest);
    }
    MysqlStore other{{pool, profile, grants}};
    const auto used = together(32, [&](std::size_t number) {
        auto& server = number % 2 == 0 ? store : other;
        const auto& digest = digests[number / 2 % grants_count];
        return server.use_grant({digest, GrantAccess::begin, noon, use_lasts}).use;
    });
    BOOST_TEST(std::ranges::count(used, GrantUse::allowed) == grants_count * uses_max);
    BOOST_TEST(std::ranges::count(used, GrantUse::used_up) == 32 - grants_count * uses_max);
    BOOST_TEST(value("SELECT MIN(uses) FROM tollgate_grants") == std::to_string(uses_max));
    BOOST_TEST(value("SELECT MAX(uses) FROM tollgate_grants") == std::to_string(uses_max));
}

BOOST_FIXTURE_TEST_CASE(a_view_shows_a_payment_and_what_may_be_downloaded, StoreFixture)
{
    BOOST_TEST(!store.view(PaymentId{random_uuid_v7(noon)}).has_value());
    auto payment = make_payment();
    payment.files = {{"b.pdf"}, {"a.pdf"}};
    store.insert(payment);
    auto view = store.view(payment.id);
    BOOST_TEST_REQUIRE(view.has_value());
    BOOST_TEST((view->state == Status::pending));
    BOOST_TEST(!view->checked_at.has_value());
    BOOST_TEST(view->grants.empty());

    settle(answer(payment.id, paid_in_full), noon + 1s);
    view = store.view(payment.id);
    BOOST_TEST((view->id == payment.id && view->gateway == payment.gateway));
    BOOST_TEST((view->order == payment.order && view->reference == payment.reference));
    BOOST_TEST((view->price == payment.price && view->state == Status::paid));
    BOOST_TEST((view->created_at == payment.created_at && view->checked_at == noon + 1s));
    BOOST_TEST_REQUIRE(view->grants.size() == 2U);
    BOOST_TEST(view->grants[0].file == "a.pdf");
    BOOST_TEST(view->grants[1].file == "b.pdf");
    BOOST_TEST((view->grants[0].id == store.grants_of(payment.id)[0].id));

    settle(answer(payment.id, given_back), noon + 2s);
    view = store.view(payment.id);
    BOOST_TEST((view->state == Status::refunded));
    BOOST_TEST(view->grants.empty());
}

BOOST_FIXTURE_TEST_CASE(visitors_who_come_together_see_each_his_own_payment, StoreFixture)
{
    const auto payments = open_many(8);
    const auto seen = together(32, [&](std::size_t number) {
        const auto& payment = payments[number % payments.size()];
        const auto view = store.view(payment.id);
        return view && view->reference == payment.reference;
    });
    BOOST_TEST(std::ranges::count(seen, true) == 32);
}

BOOST_FIXTURE_TEST_CASE(every_file_has_its_own_grant, StoreFixture)
{
    auto payment = make_payment();
    payment.files = {{"b.pdf"}, {"a.pdf"}};
    store.insert(payment);
    settle(answer(payment.id, paid_in_full), noon);
    const auto rows = store.grants_of(payment.id);
    BOOST_TEST_REQUIRE(rows.size() == 2U);
    BOOST_TEST(rows[0].file == "a.pdf");
    BOOST_TEST(rows[1].file == "b.pdf");
    for (const auto& row : rows) {
        const auto digest = row.digest;
        BOOST_TEST(store.use_grant({digest, GrantAccess::look, noon, use_lasts}).file == row.file);
    }
    BOOST_TEST(count("store_downloadtoken") == 2);
}

BOOST_AUTO_TEST_SUITE_END()
