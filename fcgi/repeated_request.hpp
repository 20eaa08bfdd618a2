// `Idempotency-Key`: a request that is sent again under the same key is answered as the first one
// was, byte for byte, and nothing is done twice.
//
// Kept are answers that something follows from: 2xx, and 502 where the gateway refused. What was
// refused before anything was done (400, 404, 409, 415, 422), and an opening that the gateway did not
// answer (504), leave the key free. What ends without an answer, because a process died, holds its
// key for idempotency_takeover; what then is safe is Repeat's.
//
// Shape    1 to idempotency_key_bytes_max printable ASCII characters
// Source   draft-ietf-httpapi-idempotency-key-header-07
#pragma once

#include "fcgi/api_access.hpp"

namespace tollgate {

inline constexpr std::size_t idempotency_key_bytes_max = 255;

/// What sending a request again does, where no answer was kept.
enum class Repeat {
    nothing, ///< it changes nothing: keys are not looked at
    /// What was done is found done: an order has one payment at a time, an operator's word is the
    /// same word. Whoever takes over carries it out again.
    harmless,
    /// It would give money back once more. Whoever takes over carries out nothing (ApiCall::
    /// taken_over).
    of_money,
};

using ApiHandler = Response (*)(const Services&, const ApiCall&);

/// Answers `call` by `handler`, or as it was answered before.
Response
answer_once(const Services& services, const ApiCall& call, Repeat repeat, ApiHandler handler);

} // namespace tollgate
