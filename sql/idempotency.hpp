// Requests that may be repeated: what the first one was answered, for everybody who sends it again
// under the same Idempotency-Key.
//
// A row without an answer says that somebody is at work. If he dies it stays, and after
// idempotency_takeover the next one may take it over; two never have it at once, on any node. What
// is safe to do then depends on what was asked, and is the caller's to know.
//
// Range    answers of at most idempotency_answer_bytes_max; a longer one is not kept, and the row
//          stays unanswered
// Errors   of Pool
// Threads  any
#pragma once

#include "core/payments/payment.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

class Pool;

inline constexpr std::size_t idempotency_answer_bytes_max = 16384;
/// Longer than any request can take that is still at work.
inline constexpr std::chrono::minutes idempotency_takeover{5};

/// A request as it is recognised.
struct RepeatableRequest {
    Merchant merchant;
    std::string key;     ///< 32 bytes, digest of its Idempotency-Key
    std::string content; ///< 32 bytes, digest of all that makes it what it is
};

/// The right to answer a request.
struct Claimed {
    RepeatableRequest request;
    Instant at{};
    bool taken_over = false; ///< from somebody who had begun and never answered
};

struct Repetition {
    enum class Kind {
        first,         ///< `claimed`: to be answered
        answered,      ///< `answer`
        under_way,     ///< somebody else is at work
        other_request, ///< the key belongs to another request
    };
    Kind kind{};
    std::optional<Claimed> claimed{};
    std::string answer{};
};

class Idempotency {
public:
    explicit Idempotency(Pool& pool) : pool_{pool} {}

    Repetition begin(const RepeatableRequest& request, Instant now);
    /// Everybody who repeats the request gets this answer from now on.
    void answer(const Claimed& claimed, std::string_view answer);
    /// Nothing was done: the key is free again, for a corrected request too.
    void release(const Claimed& claimed);

private:
    Pool& pool_;
};

} // namespace tollgate
