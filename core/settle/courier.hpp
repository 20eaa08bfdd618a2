// Carries dialogues with gateways: one thread, one HTTP client, many dialogues at once. An adapter
// says what to send and what the replies mean; the courier sends.
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

    template <class T>
    void ask(NextStep<T> next, std::function<void(Result<T>)> on_result)
    {
        enqueue(std::make_unique<TypedDialogue<T>>(std::move(next), std::move(on_result)));
    }

    /// Blocks until the dialogue ends, which the limits of its steps bound.
    template <class T>
    Result<T> ask_and_wait(NextStep<T> next)
    {
        auto promise = std::make_shared<std::promise<Result<T>>>();
        auto result = promise->get_future();
        ask<T>(std::move(next), [promise](Result<T> value) {
            promise->set_value(std::move(value));
        });
        return result.get();
    }

private:
    class Dialogue {
    public:
        virtual ~Dialogue() = default;
        /// The next request; nothing when the dialogue has ended.
        virtual std::optional<HttpRequest> next() = 0;
        virtual void end(GatewayFault fault) = 0;

        std::vector<HttpReply> replies;
    };

    template <class T>
    class TypedDialogue final : public Dialogue {
    public:
        TypedDialogue(NextStep<T> next_step, std::function<void(Result<T>)> on_result)
            : next_{std::move(next_step)}, on_result_{std::move(on_result)}
        {
        }

        std::optional<HttpRequest> next() override
        {
            auto step = next_(replies);
            if (auto* request = std::get_if<HttpRequest>(&step)) return std::move(*request);
            on_result_(std::get<Result<T>>(std::move(step)));
            return {};
        }

        void end(GatewayFault fault) override { on_result_(Unexpected{std::move(fault)}); }

    private:
        NextStep<T> next_;
        std::function<void(Result<T>)> on_result_;
    };

    using DialoguePtr = std::unique_ptr<Dialogue>;

    void enqueue(DialoguePtr dialogue);
    void run();
    void begin_waiting();
    void proceed(const std::shared_ptr<Dialogue>& dialogue);
    void take(const std::shared_ptr<Dialogue>& dialogue, HttpClient::Result result);
    void end_all();

    std::size_t in_flight_max_;
    HttpClient client_;
    std::mutex mutex_;
    std::deque<DialoguePtr> waiting_; ///< guarded by mutex_
    std::atomic<bool> stopping_ = false;
    std::vector<std::shared_ptr<Dialogue>> under_way_; ///< the thread's own
    std::thread thread_;
};

} // namespace tollgate
