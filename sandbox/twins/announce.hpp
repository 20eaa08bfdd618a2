// Sends a transaction's notifications in the manner that was asked for, and waits for the answers.
//
// Range    answer_wait_max for each answer, after its delay
// Threads  any
#pragma once

#include "sandbox/twins/twin.hpp"

#include <chrono>
#include <vector>

namespace tollgate::twins {

inline constexpr std::chrono::milliseconds answer_wait_max{30'000};

enum class Patience {
    for_all,           ///< wait for the delayed ones too
    but_not_for_delay, ///< a delayed one is under way when this returns
};

/// `notify` and the rest of `behaviour` say how often and in which form. Nothing is sent when the
/// transaction has no notify_url.
std::vector<Delivery> announce(
    const Twin& twin, const Transaction& transaction, const Behaviour& behaviour, Patience patience
);

/// Sends exactly this request, about the transaction `reference`.
Delivery deliver(const Twin& twin, const std::string& reference, const HttpRequest& request);

} // namespace tollgate::twins
