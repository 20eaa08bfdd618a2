#include "core/settle/courier.hpp"

#include "core/crypto/random.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/support/log.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace tollgate {
namespace {

constexpr std::chrono::milliseconds turn_wait{1'000};
constexpr int unauthorized = 401;
/// Beside the questions each request thread may wait for something of its own (server.threads).
constexpr std::size_t customers_max = 512;

using Steady = std::chrono::steady_clock;
using Outcome = CircuitBreaker::Outcome;

Outcome outcome_of(const HttpClient::Result& result)
{
    if (result) return is_outage(*result) ? Outcome::outage : Outcome::answered;
    return result.error() == HttpError::refused_by_us ? Outcome::unknown : Outcome::outage;
}

/// What a gateway that has an outage asks for in seconds; a date is not worth reading.
std::chrono::seconds retry_after(const HttpClient::Result& result)
{
    if (!result || !is_outage(*result)) return {};
    const auto text = header(result->headers, "retry-after");
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return std::chrono::seconds{seconds};
}

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
read_token(const Gateway& gateway, const std::string& access, const HttpClient::Result& reply)
{
    if (!reply) {
        const std::string detail{code(reply.error())};
        return Unexpected{GatewayFault{GatewayError::unavailable, detail}};
    }
    try {
        return gateway.read_token(access, *reply);
    } catch (const std::exception& error) {
        return failed_token(error);
    }
}

/// That a token is refused says nothing about what the dialogue's earlier calls did.
GatewayFault fault_without_token(const GatewayFault& fault, bool nothing_done)
{
    const auto error = nothing_done ? fault.error : GatewayError::unavailable;
    return {error, "no access token: " + fault.detail};
}

HttpLimits limits_of(const CheckConfig& config)
{
    return {
        .connect_timeout = config.connect_timeout,
        .total_timeout = config.timeout,
        .connections_max = static_cast<std::size_t>(config.in_flight_max) + customers_max,
    };
}

} // namespace

Courier::Courier(const CheckConfig& config)
    : peers_{random_below}, client_{limits_of(config)}, thread_{[this] { run(); }}
{
}

Courier::~Courier()
{
    stopping_ = true;
    client_.wake();
    thread_.join();
}

std::optional<Courier::Pass> Courier::admit(const Gateway& gateway)
{
    return peers_.admit(gateway.name(), Peers::Urgency::can_wait);
}

std::optional<Courier::Pass> Courier::admit_customer(const Gateway& gateway)
{
    return peers_.admit(gateway.name(), Peers::Urgency::customer);
}

bool Courier::is_away(const Gateway& gateway) const
{
    return peers_.is_away(gateway.name());
}

void Courier::enqueue(DialoguePtr dialogue)
{
    {
        const std::lock_guard lock{mutex_};
        if (!stopping_) {
            new_.push_back(std::move(dialogue));
            // Waking is a system call: only the first of a burst needs it, and none that the
            // courier's own thread brings, which looks here before it waits.
            const bool own = std::this_thread::get_id() == thread_.get_id();
            if (new_.size() == 1 && !own) client_.wake();
            return;
        }
    }
    dialogue->fail({GatewayError::unavailable, "stopping"});
    peers_.report(dialogue->gateway.name(), dialogue->pass, Outcome::unknown, {});
    dialogue->deliver();
}

void Courier::run()
{
    while (!stopping_) {
        begin_new();
        client_.turn(turn_wait);
    }
    end_all();
}

void Courier::begin_new()
{
    while (true) {
        std::vector<DialoguePtr> begun;
        {
            const std::lock_guard lock{mutex_};
            begun.swap(new_);
        }
        if (begun.empty()) return;
        for (auto& dialogue : begun) {
            auto& one = *dialogue;
            one.place = under_way_.size();
            under_way_.push_back(std::move(dialogue));
            proceed(one);
        }
    }
}

// An adapter that throws has a bug; the dialogue ends without a fact and the others go on.
std::optional<Call> Courier::next_call(Dialogue& dialogue)
{
    try {
        auto call = dialogue.next();
        if (!call || dialogue.replies.size() < dialogue_steps_max) return call;
        dialogue.fail({GatewayError::malformed, "the dialogue does not end"});
    } catch (const std::exception& error) {
        log_error("dialogue.failed", {{"what", error.what()}});
        dialogue.fail({GatewayError::malformed, "the adapter failed"});
    }
    return {};
}

void Courier::proceed(Dialogue& dialogue)
{
    auto call = next_call(dialogue);
    if (!call) {
        end(dialogue);
        return;
    }
    dialogue.call = *std::move(call);
    dialogue.repeated = false;
    send(dialogue);
}

void Courier::send(Dialogue& dialogue)
{
    const auto& access = dialogue.call.access;
    if (access.empty()) {
        send_with(dialogue, {});
        return;
    }
    auto& token = token_of(dialogue.gateway, access);
    if (!token.authorization.empty() && Steady::now() < token.ends_at) {
        send_with(dialogue, token.authorization);
        return;
    }
    token.waiting.push_back(&dialogue);
    if (token.waiting.size() == 1) fetch_token(dialogue.gateway, access);
}

void Courier::send_with(Dialogue& dialogue, const std::string& authorization)
{
    auto& call = dialogue.call;
    // What is answered 401 is sent once more.
    auto request = call.access.empty() ? std::move(call.request) : call.request;
    dialogue.authorization = authorization;
    request.once = request.once || dialogue.acts;
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    try {
        client_.start(std::move(request), [this, &dialogue](HttpClient::Result result) {
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
            [this, &gateway, access](const HttpClient::Result& reply) {
                auto& token = token_of(gateway, access);
                // One request has one outcome, however many wait for it.
                token.waiting.front()->note(outcome_of(reply), retry_after(reply));
                take_token(token, read_token(gateway, access, reply));
            }
        );
    } catch (const std::exception& error) {
        take_token(token_of(gateway, access), failed_token(error));
    }
}

void Courier::take_token(Token& token, const Result<AccessToken>& fetched)
{
    token.authorization = fetched ? fetched->authorization : "";
    if (fetched) token.ends_at = Steady::now() + use_lasts(*fetched);
    for (auto* dialogue : std::exchange(token.waiting, {})) {
        if (fetched) {
            send_with(*dialogue, fetched->authorization);
        } else {
            end(*dialogue, fault_without_token(fetched.error(), dialogue->replies.empty()));
        }
    }
}

void Courier::take(Dialogue& dialogue, HttpClient::Result result)
{
    dialogue.note(outcome_of(result), retry_after(result));
    if (!result) {
        end(dialogue, {GatewayError::unavailable, std::string{code(result.error())}});
        return;
    }
    const bool not_let_in = result->status == unauthorized && !dialogue.call.access.empty();
    if (not_let_in && !std::exchange(dialogue.repeated, true)) {
        auto& token = token_of(dialogue.gateway, dialogue.call.access);
        // Another dialogue may have fetched a new one meanwhile.
        if (token.authorization == dialogue.authorization) token.authorization.clear();
        send(dialogue);
        return;
    }
    dialogue.replies.push_back(*std::move(result));
    proceed(dialogue);
}

void Courier::end(Dialogue& dialogue, GatewayFault fault)
{
    dialogue.fail(std::move(fault));
    end(dialogue);
}

// What is known of the gateway comes first: who takes the result may ask the next question at once.
void Courier::end(Dialogue& dialogue)
{
    const auto place = dialogue.place;
    const auto ended = std::exchange(under_way_[place], std::move(under_way_.back()));
    under_way_.pop_back();
    if (place < under_way_.size()) under_way_[place]->place = place;
    peers_.report(ended->gateway.name(), ended->pass, ended->outcome, ended->retry_after);
    ended->deliver();
}

Courier::Token& Courier::token_of(const Gateway& gateway, const std::string& access)
{
    return tokens_[std::string{gateway.name()} + ' ' + access];
}

void Courier::end_all()
{
    {
        const std::lock_guard lock{mutex_};
        std::ranges::move(new_, std::back_inserter(under_way_));
        new_.clear();
    }
    for (const auto& dialogue : std::exchange(under_way_, {})) {
        dialogue->fail({GatewayError::unavailable, "stopping"});
        peers_.report(dialogue->gateway.name(), dialogue->pass, Outcome::unknown, {});
        dialogue->deliver();
    }
}

} // namespace tollgate
