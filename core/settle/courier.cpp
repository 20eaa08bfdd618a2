#include "core/settle/courier.hpp"

#include "core/support/log.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

constexpr std::chrono::milliseconds turn_wait{1'000};
constexpr int unauthorized = 401;

using Steady = std::chrono::steady_clock;

/// A token is renewed before its end by a tenth of its life, at most by five minutes, and every day
/// if it lasts longer.
std::chrono::seconds use_lasts(const AccessToken& token)
{
    const auto lasts =
        std::clamp(token.lasts, std::chrono::seconds{0}, std::chrono::seconds{24 * 3600});
    return lasts - std::min(lasts / 10, std::chrono::seconds{300});
}

using FetchedToken = Courier::Result<AccessToken>;

FetchedToken failed_token(const std::exception& error)
{
    log_error("token.failed", {{"what", error.what()}});
    return Unexpected{GatewayFault{GatewayError::malformed, "the adapter failed"}};
}

FetchedToken
read_token(const Gateway& gateway, const std::string& access, const HttpClient::Result& result)
{
    if (!result) {
        const std::string detail{code(result.error())};
        return Unexpected{GatewayFault{GatewayError::unavailable, detail}};
    }
    try {
        return gateway.read_token(access, *result);
    } catch (const std::exception& error) {
        return failed_token(error);
    }
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
    request.once = request.once || dialogue->acts;
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    try {
        client_.start(request, [this, dialogue](HttpClient::Result result) {
            take(dialogue, std::move(result));
        });
    } catch (const std::exception& error) {
        end(dialogue, {GatewayError::unavailable, error.what()});
    }
}

void Courier::fetch_token(const Gateway& gateway, const std::string& access)
{
    try {
        client_.start(
            gateway.token_request(access),
            [this, &gateway, access](const HttpClient::Result& result) {
                take_token(gateway, access, read_token(gateway, access, result));
            }
        );
    } catch (const std::exception& error) {
        take_token(gateway, access, failed_token(error));
    }
}

void Courier::take_token(
    const Gateway& gateway, const std::string& access, const Result<AccessToken>& fetched
)
{
    auto& token = token_of(gateway, access);
    token.authorization = fetched ? fetched->authorization : "";
    if (fetched) token.ends_at = Steady::now() + use_lasts(*fetched);
    for (const auto& dialogue : std::exchange(token.waiting, {})) {
        if (fetched) {
            send_with(dialogue, fetched->authorization);
        } else {
            end_without_token(dialogue, fetched.error());
        }
    }
}

// That a token is refused says nothing about what the dialogue's earlier calls did.
void Courier::end_without_token(const SharedDialogue& dialogue, const GatewayFault& fault)
{
    const bool nothing_done = dialogue->replies.empty();
    const auto error = nothing_done ? fault.error : GatewayError::unavailable;
    end(dialogue, {error, "no access token: " + fault.detail});
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
