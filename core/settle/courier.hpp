// Carries dialogues with gateways: one thread, one HTTP client, many dialogues at once. An adapter
// says what to send and what the replies mean; the courier sends, with the access token that a call
// wants. Tokens live here, per gateway: renewed before they end, by one request however many
// dialogues wait for it, and once more when a call is answered 401.
//
// Range    dialogue_steps_max requests per dialogue; CheckConfig::in_flight_max dialogues at once,
//          the others wait in line
// Errors   no reply becomes GatewayError::unavailable, and so does every dialogue that is under way
//          when the courier is destroyed
// Threads  any; results are delivered on the courier's thread and must be taken quickly
#pragma once

#include "core/config/config.hpp"
#include "core/gateways/gateway.hpp"
#include "core/net/http_client.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace tollgate {

inline constexpr std::size_t dialogue_steps_max = 4;

class Courier {
public:
    template <class T>
    using Result = Expected<T, GatewayFault>;
    template <class T>
    using NextStep = std::function<Step<T>(Replies)>;

    explicit Courier(const CheckConfig& config);
    ~Courier();
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    std::size_t in_flight_max() const { return in_flight_max_; }

    /// `gateway` must outlive the courier.
    template <class T>
    void ask(const Gateway& gateway, NextStep<T> next, std::function<void(Result<T>)> on_result)
    {
        enqueue(std::make_unique<TypedDialogue<T>>(gateway, std::move(next), std::move(on_result)));
    }

    /// Blocks until the dialogue ends, which the limits of its steps bound.
    template <class T>
    Result<T> ask_and_wait(const Gateway& gateway, NextStep<T> next)
    {
        return wait<T>(gateway, std::move(next), false);
    }

    /// The same for what must not be done twice: each request is sent once.
    template <class T>
    Result<T> act_and_wait(const Gateway& gateway, NextStep<T> next)
    {
        return wait<T>(gateway, std::move(next), true);
    }

private:
    class Dialogue {
    public:
        explicit Dialogue(const Gateway& with) : gateway{with} {}
        virtual ~Dialogue() = default;
        /// The next request; nothing when the dialogue has ended.
        virtual std::optional<Call> next() = 0;
        virtual void end(GatewayFault fault) = 0;

        const Gateway& gateway;
        std::vector<HttpReply> replies;
        Call call;                 ///< the one under way
        std::string authorization; ///< what it carried
        bool repeated = false;     ///< it was answered 401 once
        bool acts = false;         ///< its requests must not arrive twice
    };

    template <class T>
    class TypedDialogue final : public Dialogue {
    public:
        TypedDialogue(
            const Gateway& with, NextStep<T> next_step, std::function<void(Result<T>)> on_result
        )
            : Dialogue{with}, next_{std::move(next_step)}, on_result_{std::move(on_result)}
        {
        }

        std::optional<Call> next() override
        {
            auto step = next_(replies);
            if (auto* request = std::get_if<Call>(&step)) return std::move(*request);
            on_result_(std::get<Result<T>>(std::move(step)));
            return {};
        }

        void end(GatewayFault fault) override { on_result_(Unexpected{std::move(fault)}); }

    private:
        NextStep<T> next_;
        std::function<void(Result<T>)> on_result_;
    };

    using DialoguePtr = std::unique_ptr<Dialogue>;
    using SharedDialogue = std::shared_ptr<Dialogue>;

    struct Token {
        std::string authorization;
        std::chrono::steady_clock::time_point ends_at;
        std::vector<SharedDialogue> waiting; ///< not empty: it is being fetched
    };

    template <class T>
    Result<T> wait(const Gateway& gateway, NextStep<T> next, bool acts)
    {
        auto promise = std::make_shared<std::promise<Result<T>>>();
        auto result = promise->get_future();
        auto dialogue = std::make_unique<TypedDialogue<T>>(
            gateway,
            std::move(next),
            [promise](Result<T> value) { promise->set_value(std::move(value)); }
        );
        dialogue->acts = acts;
        enqueue(std::move(dialogue));
        return result.get();
    }

    void enqueue(DialoguePtr dialogue);
    void run();
    void begin_waiting();
    void proceed(const SharedDialogue& dialogue);
    void send(const SharedDialogue& dialogue);
    void send_with(const SharedDialogue& dialogue, const std::string& authorization);
    void fetch_token(const Gateway& gateway, const std::string& access);
    void take_token(
        const Gateway& gateway, const std::string& access, const Result<AccessToken>& fetched
    );
    void end_without_token(const SharedDialogue& dialogue, const GatewayFault& fault);
    void take(const SharedDialogue& dialogue, HttpClient::Result result);
    void end(const SharedDialogue& dialogue, GatewayFault fault);
    Token& token_of(const Gateway& gateway, const std::string& access);
    void end_all();

    std::size_t in_flight_max_;
    HttpClient client_;
    std::mutex mutex_;
    std::deque<DialoguePtr> waiting_; ///< guarded by mutex_
    std::atomic<bool> stopping_ = false;
    std::vector<SharedDialogue> under_way_; ///< the thread's own, as the tokens
    std::map<std::string, Token> tokens_;   ///< by gateway and access
    std::thread thread_;
};

} // namespace tollgate
