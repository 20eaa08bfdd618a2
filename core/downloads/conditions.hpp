// Conditional requests: whether a file is to be sent at all, and whether a range of it counts.
//
// Source   RFC 9110, 13; dates are compared to the second
#pragma once

#include "core/net/http.hpp"

#include <chrono>
#include <string>

namespace tollgate {

/// What distinguishes one version of a file from another.
struct Validators {
    std::string tag; ///< strong, with its quotes
    std::chrono::sys_seconds modified{};
};

enum class Condition { met, not_modified, failed };

/// What If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since say of a GET or HEAD.
Condition condition_of(const Headers& headers, const Validators& file);
/// Whether any of these four is there.
bool is_conditional(const Headers& headers);
/// Whether the customer's part is of this version: no If-Range, or one that names it exactly.
bool range_counts(const Headers& headers, const Validators& file);

} // namespace tollgate
