// The files of a payment as JSON: in the API and in our table.
//
// Shape    a list; each a path, or {"path": "a.pdf", "uses_max": 3, "expires_after_s": 86400} with
//          one or both of the limits
// Range    paid_files_max files, each path once; uses_max 1 to 1000, expires_after_s 60 to
//          315360000, as in [downloads]
#pragma once

#include "core/payments/payment.hpp"
#include "core/support/json.hpp"

#include <optional>
#include <vector>

namespace tollgate {

inline constexpr std::size_t paid_files_max = 10;
inline constexpr std::size_t paid_files_bytes_max = 2000; ///< of text; for its writer to see to

/// Nothing when it has not this shape or leaves the limits; a path that comes again is left out.
/// Whether there are such files is not asked.
std::optional<std::vector<PaidFile>> paid_files(const Json& list);
Json paid_files_json(const std::vector<PaidFile>& files);

} // namespace tollgate
