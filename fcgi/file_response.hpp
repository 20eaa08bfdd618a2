// The answer with a bought file: how much of it, and by whom it is sent. Whoever sends it, the
// customer gets the same bytes and the same headers: the web server is handed only what all of them
// answer alike, the whole file or one plain range of it; all else we send ourselves.
#pragma once

#include "core/config/config.hpp"
#include "core/downloads/bought_file.hpp"
#include "core/downloads/range.hpp"
#include "fcgi/http_message.hpp"

#include <string>

namespace tollgate {

/// What a request gets of a file.
struct FileChoice {
    Condition condition = Condition::met;
    RangeChoice range; ///< when it is met

    bool has_bytes() const
    {
        return condition == Condition::met && range.kind != RangeChoice::Kind::unsatisfiable;
    }
};

FileChoice choose(const Request& request, const BoughtFile& file);

/// `path` is the file's, below the download folder.
Response file_response(
    const DownloadConfig& config,
    const Request& request,
    const std::string& path,
    BoughtFile file,
    const FileChoice& choice
);

} // namespace tollgate
