#include "core/settle/courier.hpp"

#include "core/support/log.hpp"

namespace tollgate {
namespace {

constexpr std::chrono::milliseconds turn_wait{1'000};

HttpLimits limits_of(const CheckConfig& config)
{
    return {
        .connect_timeout = config.connect_timeout,
        .total_timeout = config.timeout,
        .connections_max = static_cast<std::size_t>(config.in_flight_max),
    };
}

} // namespace

Courier::Courier(const CheckConfig& config)
    : in_flight_max_{static_cast<std::size_t>(config.in_flight_max)}, client_{limits_of(config)},
      thread_{[this] { run(); }}
{
}

Courier::~Courier()
{
    stopping_ = true;
    client_.wake();
    thread_.join();
}

void Courier::enqueue(DialoguePtr dialogue)
{
    {
        const std::lock_guard lock{mutex_};
        if (!stopping_) {
            waiting_.push_back(std::move(dialogue));
            // Waking is a system call: only the first of a burst needs it.
            if (waiting_.size() == 1) client_.wake();
            return;
        }
    }
    dialogue->end({GatewayError::unavailable, "stopping"});
}

void Courier::run()
{
    while (!stopping_) {
        begin_waiting();
        client_.turn(turn_wait);
    }
    end_all();
}

void Courier::begin_waiting()
{
    while (under_way_.size() < in_flight_max_) {
        std::shared_ptr<Dialogue> dialogue;
        {
            const std::lock_guard lock{mutex_};
            if (waiting_.empty()) return;
            dialogue = std::move(waiting_.front());
            waiting_.pop_front();
        }
        under_way_.push_back(dialogue);
        proceed(dialogue);
    }
}

// An adapter that throws has a bug; the dialogue ends without a fact and the others go on.
void Courier::proceed(const std::shared_ptr<Dialogue>& dialogue)
{
    try {
        if (const auto request = dialogue->next()) {
            if (dialogue->replies.size() < dialogue_steps_max) {
                client_.start(*request, [this, dialogue](HttpClient::Result result) {
                    take(dialogue, std::move(result));
                });
                return;
            }
            dialogue->end({GatewayError::malformed, "the dialogue does not end"});
        }
    } catch (const std::exception& error) {
        log_error("dialogue.failed", {{"what", error.what()}});
        dialogue->end({GatewayError::malformed, "the adapter failed"});
    }
    std::erase(under_way_, dialogue);
}

void Courier::take(const std::shared_ptr<Dialogue>& dialogue, HttpClient::Result result)
{
    if (!result) {
        dialogue->end({GatewayError::unavailable, std::string{code(result.error())}});
        std::erase(under_way_, dialogue);
        return;
    }
    dialogue->replies.push_back(*std::move(result));
    proceed(dialogue);
}

void Courier::end_all()
{
    std::deque<DialoguePtr> waiting;
    {
        const std::lock_guard lock{mutex_};
        waiting.swap(waiting_);
    }
    const GatewayFault fault{GatewayError::unavailable, "stopping"};
    for (const auto& dialogue : waiting)
        dialogue->end(fault);
    for (const auto& dialogue : under_way_)
        dialogue->end(fault);
    under_way_.clear();
}

} // namespace tollgate
