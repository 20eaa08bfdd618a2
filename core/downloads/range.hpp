// Which bytes of a file a request asks for (RFC 9110, section 14).
//
// One range is honoured. Several at once are answered with the whole file, which the RFC allows and
// which no download manager needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate {

struct ByteRange {
    enum class Kind { whole, part, unsatisfiable };

    Kind kind = Kind::whole;
    std::int64_t offset = 0;
    std::int64_t length = 0;
};

/// `range` is the header's value, empty when absent; a malformed one is ignored as the RFC asks.
ByteRange byte_range(std::string_view range, std::int64_t file_bytes);

/// True when the request asks for the file's beginning, and so begins a download rather than
/// resuming one. A suffix such as `bytes=-1000000` and anything unreadable count as a beginning.
bool begins_download(std::string_view range);

} // namespace tollgate
