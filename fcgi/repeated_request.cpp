#include "fcgi/repeated_request.hpp"

#include "core/crypto/digest.hpp"
#include "core/support/log.hpp"
#include "fcgi/json_response.hpp"
#include "sql/idempotency.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

constexpr std::string_view under_way_retry_after_s = "2";

bool is_key(std::string_view text)
{
    return text.size() <= idempotency_key_bytes_max &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// A slash at the end makes no difference to the router either.
std::string_view without_trailing_slash(std::string_view path)
{
    if (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

RepeatableRequest repeatable(const ApiCall& call, std::string_view key)
{
    const auto& request = call.request;
    std::string content = request.method;
    content.append("\n").append(without_trailing_slash(request.path)).append("\n");
    content += request.body;
    return {
        .merchant = call.owner.merchant,
        .key = sha256(key),
        .content = sha256(content),
    };
}

/// Something followed from it: a refusal of the gateway is a payment that has failed.
bool is_kept(const Response& response)
{
    return (response.status >= 200 && response.status < 300) || response.status == 502;
}

/// `201` and a line end before the body.
std::string text_of(const Response& response)
{
    return std::to_string(response.status) + '\n' + response.body;
}

Response response_of(std::string_view text)
{
    Response response;
    const auto line_end = text.find('\n');
    check(line_end != std::string_view::npos, "an answer that was not kept by us");
    std::from_chars(text.data(), text.data() + line_end, response.status);
    response.content_type = "application/json";
    response.body = text.substr(line_end + 1);
    response.headers.emplace_back("Idempotent-Replayed", "true");
    return response;
}

Response refusal(Repetition::Kind kind)
{
    if (kind == Repetition::Kind::other_request) {
        return json_response(422, "this Idempotency-Key belongs to another request");
    }
    auto response =
        json_response(409, "the first request with this Idempotency-Key is still at work");
    response.headers.emplace_back("Retry-After", under_way_retry_after_s);
    return response;
}

/// Nothing was carried out, or may be carried out again. That the key stays taken for a while is
/// not worth hiding why the request failed.
void try_to_release(const Services& services, const Claimed& claimed)
{
    try {
        services.idempotency.release(claimed);
    } catch (const std::exception& error) {
        log_warning("idempotency.not_released", {{"what", error.what()}});
    }
}

/// The answer is out of our hands: that it could not be kept makes it no less true.
void try_to_keep(const Services& services, const Claimed& claimed, const Response& response)
{
    try {
        services.idempotency.answer(claimed, text_of(response));
    } catch (const std::exception& error) {
        log_warning("idempotency.not_kept", {{"what", error.what()}});
    }
}

Response carry_out(
    const Services& services,
    ApiCall call,
    const Claimed& claimed,
    Repeat repeat,
    ApiHandler handler
)
{
    call.taken_over = claimed.taken_over;
    try {
        auto response = handler(services, call);
        if (is_kept(response) || (call.taken_over && repeat == Repeat::of_money)) {
            try_to_keep(services, claimed, response);
        } else {
            try_to_release(services, claimed);
        }
        return response;
    } catch (...) {
        if (repeat == Repeat::harmless) try_to_release(services, claimed);
        throw;
    }
}

} // namespace

Response
answer_once(const Services& services, const ApiCall& call, Repeat repeat, ApiHandler handler)
{
    const auto key = header(call.request.headers, "idempotency-key");
    if (repeat == Repeat::nothing || key.empty()) return handler(services, call);
    if (!is_key(key)) {
        return json_response(
            400, "an Idempotency-Key has at most 255 printable characters, and no blanks"
        );
    }
    const auto begun = services.idempotency.begin(repeatable(call, key), services.clock.now());
    switch (begun.kind) {
    case Repetition::Kind::first: return carry_out(services, call, *begun.claimed, repeat, handler);
    case Repetition::Kind::answered: return response_of(begun.answer);
    case Repetition::Kind::under_way:
    case Repetition::Kind::other_request: return refusal(begun.kind);
    }
    impossible("repetition");
}

} // namespace tollgate
