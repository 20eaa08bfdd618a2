// Carries dialogues with gateways: one thread, one HTTP client, many dialogues at once. An adapter
// says what to send and what the replies mean; the courier sends, with the access token that a call
// wants. Tokens live here, per gateway: renewed before they end, by one request however many
// dialogues wait for it, and once more when a call is answered 401.
//
// A gateway that does not answer is left alone but for a probe from time to time (CircuitBreaker):
// questions get no pass, and what a customer waits for ends at once as GatewayError::not_asked,
// unless it is the probe itself.
//
// Range    dialogue_steps_max requests per dialogue; who asks limits how many there are at once:
//          CheckQueue the questions, the number of request threads all else
// Errors   no reply becomes GatewayError::unavailable, and so does every dialogue that is under way
//          when the courier is destroyed
// Threads  any; results are delivered on the courier's thread and must be taken quickly
#pragma once

#include "core/config/config.hpp"
#include "core/gateways/gateway.hpp"
#include "core/net/http_client.hpp"
#include "core/settle/peers.hpp"

#include <atomic>
#include <chrono>
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
    using Pass = Peers::Pass;

    explicit Courier(const CheckConfig& config);
    ~Courier();
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    /// Leave to ask `gateway` one question, which must be asked then; nothing while it is away.
    std::optional<Pass> admit(const Gateway& gateway);
    /// Whether a question would get no pass now.
    bool is_away(const Gateway& gateway) const;
    std::vector<GatewayHealth> health() const { return peers_.health(); }

    /// `gateway` must outlive the courier.
    template <class T>
    void
    ask(const Gateway& gateway, Pass pass, NextStep<T> next, std::function<void(Result<T>)> take)
    {
        enqueue(std::make_unique<TypedDialogue<T>>(gateway, pass, std::move(next), std::move(take))
        );
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
        Dialogue(const Gateway& with, Pass given) : gateway{with}, pass{given} {}
        virtual ~Dialogue() = default;
        Dialogue(const Dialogue&) = delete;
        Dialogue& operator=(const Dialogue&) = delete;
        /// The next request; nothing when there is a result.
        virtual std::optional<Call> next() = 0;
        /// Makes that the result.
        virtual void fail(GatewayFault fault) = 0;
        virtual void deliver() = 0;
        /// What its last request, or the one for its token, says of the gateway.
        void note(CircuitBreaker::Outcome last, std::chrono::milliseconds asked_to_wait)
        {
            outcome = last;
            retry_after = asked_to_wait;
        }

        const Gateway& gateway;
        Pass pass;
        std::vector<HttpReply> replies;
        Call call;                 ///< the one under way
        std::string authorization; ///< what it carried
        bool repeated = false;     ///< it was answered 401 once
        bool acts = false;         ///< its requests must not arrive twice
        CircuitBreaker::Outcome outcome = CircuitBreaker::Outcome::unknown;
        std::chrono::milliseconds retry_after{0};
        std::size_t place = 0; ///< in under_way_
    };

    template <class T>
    class TypedDialogue final : public Dialogue {
    public:
        TypedDialogue(
            const Gateway& with, Pass given, NextStep<T> next, std::function<void(Result<T>)> take
        )
            : Dialogue{with, given}, next_{std::move(next)}, take_{std::move(take)}
        {
        }

        std::optional<Call> next() override
        {
            auto step = next_(replies);
            if (auto* request = std::get_if<Call>(&step)) return std::move(*request);
            result_.emplace(std::get<Result<T>>(std::move(step)));
            return {};
        }

        void fail(GatewayFault fault) override { result_.emplace(Unexpected{std::move(fault)}); }
        void deliver() override { take_(*std::move(result_)); }

    private:
        NextStep<T> next_;
        std::function<void(Result<T>)> take_;
        std::optional<Result<T>> result_;
    };

    using DialoguePtr = std::unique_ptr<Dialogue>;

    struct Token {
        std::string authorization;
        std::chrono::steady_clock::time_point ends_at;
        std::vector<Dialogue*> waiting; ///< not empty: it is being fetched
    };

    template <class T>
    Result<T> wait(const Gateway& gateway, NextStep<T> next, bool acts)
    {
        const auto pass = admit_customer(gateway);
        if (!pass) return Unexpected{GatewayFault{GatewayError::not_asked, "it does not answer"}};
        // Shared: set_value() may still be at work in it when the result is here.
        auto promise = std::make_shared<std::promise<Result<T>>>();
        auto result = promise->get_future();
        auto dialogue = std::make_unique<TypedDialogue<T>>(
            gateway,
            *pass,
            std::move(next),
            [promise](Result<T> value) { promise->set_value(std::move(value)); }
        );
        dialogue->acts = acts;
        enqueue(std::move(dialogue));
        return result.get();
    }

    std::optional<Pass> admit_customer(const Gateway& gateway);
    void enqueue(DialoguePtr dialogue);
    void run();
    void begin_new();
    static std::optional<Call> next_call(Dialogue& dialogue);
    void proceed(Dialogue& dialogue);
    void send(Dialogue& dialogue);
    void send_with(Dialogue& dialogue, const std::string& authorization);
    void fetch_token(const Gateway& gateway, const std::string& access);
    void take_token(Token& token, const Result<AccessToken>& fetched);
    void take(Dialogue& dialogue, HttpClient::Result result);
    void end(Dialogue& dialogue, GatewayFault fault);
    void end(Dialogue& dialogue);
    Token& token_of(const Gateway& gateway, const std::string& access);
    void end_all();

    Peers peers_;
    HttpClient client_;
    std::mutex mutex_;
    std::vector<DialoguePtr> new_; ///< guarded by mutex_
    std::atomic<bool> stopping_ = false;
    std::vector<DialoguePtr> under_way_;  ///< the thread's own, as the tokens
    std::map<std::string, Token> tokens_; ///< by gateway and access
    std::thread thread_;
};

} // namespace tollgate
