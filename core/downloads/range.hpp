// Which bytes of a file a request asks for (RFC 9110, section 14).
//
// The standard leaves open what becomes of ranges that are no ranges or too many. We answer as
// nginx does, which serves the same file in other installations: another unit is ignored, what
// cannot be read is unsatisfiable, and ranges that make more bytes than the file has, by
// overlapping, or are more than ranges_max, get the whole file. So no answer is larger than the
// file and the lines between its parts.
//
// Source   ngx_http_range_filter_module, nginx 1.22
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tollgate {

inline constexpr std::size_t ranges_max = 100;

struct ByteRange {
    std::int64_t offset = 0;
    std::int64_t length = 0; ///< at least 1

    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct RangeChoice {
    enum class Kind { whole, parts, unsatisfiable };

    Kind kind = Kind::whole;
    std::vector<ByteRange> parts{}; ///< 1 to ranges_max, in the order asked for
};

/// `range` is the header's value, empty when absent.
RangeChoice choose_ranges(std::string_view range, std::int64_t file_bytes);

/// Whether the file's first byte is among what is sent: a download begins, and is not resumed.
bool has_first_byte(const RangeChoice& choice);

} // namespace tollgate
