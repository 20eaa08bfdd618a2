#include "core/settle/courier.hpp"

#include "core/support/log.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

constexpr std::chrono::milliseconds turn_wait{1'000};
constexpr int unauthorized = 401;

using Steady = std::chrono::steady_clock;

/// How long before its end a token is renewed: a tenth of its life, at most five minutes.
std::chrono::seconds margin_of(std::chrono::seconds lasts)
{
    return std::min(lasts / 10, std::chrono::seconds{300});
}

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
void Courier::proceed(const SharedDialogue& dialogue)
{
    try {
        if (auto call = dialogue->next()) {
            if (dialogue->replies.size() < dialogue_steps_max) {
                dialogue->call = *std::move(call);
                dialogue->repeated = false;
                send(dialogue);
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

void Courier::send(const SharedDialogue& dialogue)
{
    std::string authorization;
    if (const auto& access = dialogue->call.access; !access.empty()) {
        auto& token = token_of(dialogue->gateway, access);
        if (token.authorization.empty() || Steady::now() >= token.ends_at) {
            token.waiting.push_back(dialogue);
            if (token.waiting.size() == 1) fetch_token(dialogue->gateway, access);
            return;
        }
        authorization = token.authorization;
    }
    send_with(dialogue, authorization);
}

void Courier::send_with(const SharedDialogue& dialogue, const std::string& authorization)
{
    auto request = dialogue->call.request;
    dialogue->authorization = authorization;
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    client_.start(request, [this, dialogue](HttpClient::Result result) {
        take(dialogue, std::move(result));
    });
}

void Courier::fetch_token(const Gateway& gateway, const std::string& access)
{
    client_.start(
        gateway.token_request(access),
        [this, &gateway, access](HttpClient::Result result) {
            take_token(gateway, access, std::move(result));
        }
    );
}

void Courier::take_token(
    const Gateway& gateway, const std::string& access, HttpClient::Result result
)
{
    auto& token = token_of(gateway, access);
    const auto waiting = std::exchange(token.waiting, {});
    auto fetched = result ? gateway.read_token(access, *result)
                          : Expected<AccessToken, GatewayFault>{Unexpected{GatewayFault{
                                GatewayError::unavailable, std::string{code(result.error())}}}};
    if (!fetched) {
        token.authorization.clear();
        for (const auto& dialogue : waiting)
            end(dialogue, {fetched.error().error, "no access token: " + fetched.error().detail});
        return;
    }
    token.authorization = fetched->authorization;
    token.ends_at = Steady::now() + fetched->lasts - margin_of(fetched->lasts);
    for (const auto& dialogue : waiting)
        send_with(dialogue, token.authorization);
}

void Courier::take(const SharedDialogue& dialogue, HttpClient::Result result)
{
    if (!result) {
        end(dialogue, {GatewayError::unavailable, std::string{code(result.error())}});
        return;
    }
    const bool not_let_in = result->status == unauthorized && !dialogue->call.access.empty();
    if (not_let_in && !std::exchange(dialogue->repeated, true)) {
        auto& token = token_of(dialogue->gateway, dialogue->call.access);
        // Another dialogue may have fetched a new one meanwhile.
        if (token.authorization == dialogue->authorization) token.authorization.clear();
        send(dialogue);
        return;
    }
    dialogue->replies.push_back(*std::move(result));
    proceed(dialogue);
}

void Courier::end(const SharedDialogue& dialogue, GatewayFault fault)
{
    dialogue->end(std::move(fault));
    std::erase(under_way_, dialogue);
}

Courier::Token& Courier::token_of(const Gateway& gateway, const std::string& access)
{
    return tokens_[std::string{gateway.name()} + ' ' + access];
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
