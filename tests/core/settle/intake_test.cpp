#include "core/settle/intake.hpp"
#include "tests/core/settle/memory_store.hpp"
#include "tests/core/settle/samples.hpp"
#include "tests/core/settle/stub_gateway.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <map>
#include <set>
#include <thread>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

Notification notification(std::string record, Reference reference = Reference{"UNKNOWN"})
{
    return {
        .gateway = GatewayName{"cinetpay"},
        .reference = std::move(reference),
        .proof = Proof::signed_message,
        .digest = record,
        .record = std::move(record),
        .received_at = created_at,
    };
}

/// A message that came `after` a full minute.
struct Sent {
    std::string gateway = "cinetpay";
    Proof proof = Proof::none;
    std::string reference = "R";
    std::string gateway_ref{};
    std::string query = "q";
    std::string body = "b";
    Duration after{};
};

/// Waits until it is durable.
Received put_and_wait(Intake& intake, Notification one)
{
    std::promise<Intake::Outcome> done;
    intake.put(std::move(one), [&](Intake::Outcome outcome) {
        done.set_value(std::move(outcome));
    });
    auto outcome = done.get_future().get();
    if (const auto* error = std::get_if<std::exception_ptr>(&outcome)) {
        std::rethrow_exception(*error);
    }
    return std::get<Received>(outcome);
}

/// Callers of put_and_wait(), each in a thread of its own.
class Callers {
public:
    explicit Callers(Intake& intake) : intake_{intake} {}
    ~Callers() { join(); }
    Callers(const Callers&) = delete;
    Callers& operator=(const Callers&) = delete;

    void put(const std::string& record)
    {
        threads_.emplace_back([this, record] { count(outcome_of(record)); });
    }

    /// Waits until `count` callers found the queue full.
    void wait_until_full(int count)
    {
        std::unique_lock lock{mutex_};
        counted_.wait(lock, [&] { return outcomes_["full"] >= count; });
    }

    void join()
    {
        for (auto& thread : threads_)
            thread.join();
        threads_.clear();
    }

    int durable() { return outcome("durable"); }
    int refused() { return outcome("refused"); }
    int full() { return outcome("full"); }

private:
    std::string outcome_of(const std::string& record)
    {
        try {
            put_and_wait(intake_, notification(record));
            return "durable";
        } catch (const IntakeFull&) {
            return "full";
        } catch (const std::runtime_error&) {
            return "refused";
        }
    }

    void count(const std::string& outcome)
    {
        {
            const std::lock_guard lock{mutex_};
            ++outcomes_[outcome];
        }
        counted_.notify_all();
    }

    int outcome(const std::string& name)
    {
        const std::lock_guard lock{mutex_};
        return outcomes_[name];
    }

    Intake& intake_;
    std::mutex mutex_;
    std::condition_variable counted_;
    std::map<std::string, int> outcomes_;
    std::vector<std::thread> threads_;
};

/// A leader stands at the store's closed gate; behind him the queue fills up to its limit.
struct FullQueue {
    explicit FullQueue(std::size_t queue_max) : intake{store, queue_max}
    {
        store.close_gate();
        callers.put("leader");
        store.wait_for_caller();
    }

    /// Opens the gate once `too_many` callers were refused: the others are all in the queue then.
    void open(int too_many)
    {
        callers.wait_until_full(too_many);
        store.open_gate();
        callers.join();
    }

    MemoryStore store;
    Intake intake;
    Callers callers{intake};
};

/// Asks at each batch whether the intake is pressed.
struct AskingStore : MemoryStore {
    std::vector<Received> receive(std::span<const Notification> notifications) override
    {
        pressed.push_back(intake->is_pressed());
        return MemoryStore::receive(notifications);
    }

    const Intake* intake = nullptr;
    std::vector<bool> pressed;
};

} // namespace

BOOST_AUTO_TEST_SUITE(intake_test)

BOOST_AUTO_TEST_CASE(a_message_is_kept_with_what_it_claims)
{
    const StubGateway gateway;
    const Claim claim{
        .reference = payment().reference,
        .gateway_ref = GatewayRef{"gw-1"},
        .proof = Proof::shared_secret,
        .detail = "form",
        .record = "masked",
    };
    const auto one = notification_of(gateway, {"POST", {}, "q", "b"}, claim, created_at);
    BOOST_TEST(one.gateway.get() == "cinetpay");
    BOOST_TEST((one.reference == payment().reference));
    BOOST_TEST(one.gateway_ref.get() == "gw-1");
    BOOST_TEST((one.proof == Proof::shared_secret));
    BOOST_TEST(one.record == "masked");
    BOOST_TEST((one.received_at == created_at));
    BOOST_TEST(one.digest.size() == 32U);
}

BOOST_AUTO_TEST_CASE(what_is_the_same_message)
{
    const auto digest = [](const Sent& sent) {
        const StubGateway gateway{{}, sent.gateway};
        const Claim claim{
            .reference = Reference{sent.reference},
            .gateway_ref = GatewayRef{sent.gateway_ref},
            .proof = sent.proof,
        };
        const Inbound inbound{"POST", {}, sent.query, sent.body};
        return notification_of(gateway, inbound, claim, created_at + sent.after).digest;
    };
    constexpr auto proven = Proof::signed_message;
    // clang-format off
    struct {
        const char* name;
        Sent one;
        Sent other;
        bool same;
    } const cases[] = {
        {"proven, an hour later",     {.proof = proven},            {.proof = proven, .after = 1h},       true},
        {"proven, another body",      {.proof = proven},            {.proof = proven, .body = "B"},       false},
        {"proven, another query",     {.proof = proven},            {.proof = proven, .query = "Q"},      false},
        {"proven, moved over",        {.proof = proven, .query = "qb", .body = ""},
                                                                    {.proof = proven},                    false},
        {"proven, another gateway's", {.proof = proven},            {.gateway = "x", .proof = proven},    false},
        {"hint or proven",            {.proof = proven},            {},                                   false},
        {"hint, other bytes",         {.query = "Q", .body = "B"},  {},                                   true},
        {"hint, 9.999999 s later",    {},                           {.after = 10s - 1us},                 true},
        {"hint, 10 s later",          {},                           {.after = 10s},                       false},
        {"hint, another payment",     {},                           {.reference = "S"},                   false},
        {"hint, another gateway's",   {},                           {.gateway = "x"},                     false},
        {"hint, another second name", {},                           {.gateway_ref = "gw"},                true},
        {"hint, other name",          {.reference = "", .gateway_ref = "R"}, {},                          false},
        {"hint, by other name",       {.reference = "", .gateway_ref = "gw"},
                                      {.reference = "", .gateway_ref = "gw", .body = "B"},                true},
        {"hint, another other name",  {.reference = "", .gateway_ref = "gw"},
                                      {.reference = "", .gateway_ref = "GW"},                             false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST((digest(c.one) == digest(c.other)) == c.same);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_caller_makes_a_batch_of_one)
{
    MemoryStore store;
    store.add(payment(1));
    Intake intake{store};
    const auto ours = put_and_wait(intake, notification("a", payment(1).reference));
    BOOST_REQUIRE(ours.payment.has_value());
    BOOST_TEST((ours.payment->id == payment(1).id));
    BOOST_TEST(ours.ask);
    BOOST_TEST(!put_and_wait(intake, notification("b")).payment.has_value());
    const std::vector<std::size_t> batches{1, 1};
    BOOST_TEST(store.receive_batches() == batches, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(followers_share_a_commit)
{
    constexpr int followers = 100;
    FullQueue queue{1 + followers};
    for (int i = 0; i < followers + 1; ++i)
        queue.callers.put(std::to_string(i));
    BOOST_TEST(queue.callers.durable() == 0);
    queue.open(1);
    BOOST_TEST(queue.callers.durable() == 1 + followers);
    BOOST_TEST(queue.store.received().size() == 101U);
    const std::vector<std::size_t> batches{1, 64, 36};
    BOOST_TEST(queue.store.receive_batches() == batches, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_follower_holds_no_thread)
{
    MemoryStore store;
    Intake intake{store};
    store.close_gate();
    auto leader =
        std::async(std::launch::async, [&] { put_and_wait(intake, notification("leader")); });
    store.wait_for_caller();
    std::vector<std::string> done;
    for (const std::string record : {"a", "b"}) { // neither call waits
        intake.put(notification(record), [&done, record](const Intake::Outcome& outcome) {
            if (std::holds_alternative<Received>(outcome)) done.push_back(record);
        });
    }
    BOOST_TEST(done.empty());
    store.open_gate();
    leader.get();
    const std::vector<std::string> both{"a", "b"};
    BOOST_TEST(done == both, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pressed_means_that_several_came_while_others_were_written)
{
    AskingStore store;
    Intake intake{store};
    store.intake = &intake;
    put_and_wait(intake, notification("alone"));
    store.close_gate();
    auto leader =
        std::async(std::launch::async, [&] { put_and_wait(intake, notification("leader")); });
    store.wait_for_caller();
    for (const std::string record : {"a", "b"})
        intake.put(notification(record), [](const Intake::Outcome&) {});
    store.open_gate();
    leader.get();
    const std::vector<bool> pressed{false, false, true}; // when a batch was written
    BOOST_TEST(store.pressed == pressed, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_poison_row_fails_alone)
{
    constexpr int good = 20;
    constexpr int bad = 2;
    FullQueue queue{1 + good + bad};
    queue.store.refuse("poison");
    for (int i = 0; i < bad + 1; ++i)
        queue.callers.put("poison");
    for (int i = 0; i < good; ++i)
        queue.callers.put(std::to_string(i));
    // Who finds the queue full is chance: all the same, only the poisonous are refused.
    queue.open(1);
    BOOST_TEST(queue.callers.refused() >= bad);
    BOOST_TEST(queue.callers.durable() >= good);
    BOOST_TEST(queue.callers.durable() + queue.callers.refused() == 1 + good + bad);
    const auto received = queue.store.received();
    BOOST_TEST(received.count("poison") == 0U);
    BOOST_TEST(static_cast<int>(received.size()) == queue.callers.durable());
}

BOOST_AUTO_TEST_CASE(every_thread_returns_only_when_its_own_is_durable)
{
    MemoryStore store;
    Intake intake{store};
    constexpr int threads_count = 16;
    constexpr int each = 200;
    std::atomic<int> early = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_count; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                const auto record = std::to_string(t) + ' ' + std::to_string(i);
                put_and_wait(intake, notification(record));
                if (i % 20 == 0 && store.received().count(record) != 1) ++early;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(early == 0);
    const auto received = store.received();
    BOOST_TEST(received.size() == std::size_t{threads_count} * each);
    BOOST_TEST((std::set<std::string>(received.begin(), received.end()).size() == received.size()));
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once)
{
    FullQueue queue{4};
    for (int i = 0; i < 10; ++i)
        queue.callers.put(std::to_string(i));
    queue.open(7);
    BOOST_TEST(queue.callers.durable() == 4);
    BOOST_TEST(queue.callers.full() == 7);
    // Afterwards there is room again.
    queue.callers.put("later");
    queue.callers.join();
    BOOST_TEST(queue.callers.durable() == 5);
}

BOOST_AUTO_TEST_SUITE_END()
