// Whether a bought file can be had without a link. The folder of bought files must not be one that
// a web server serves; where it is, the file's address can be guessed from its place on the disk.
#pragma once

#include "core/net/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// A file to try with: every file of the folder is as public as this one.
struct SampleFile {
    std::string path; ///< below the folder
    std::int64_t bytes = 0;
    std::string beginning; ///< its first bytes, sample_bytes_max at most
};

inline constexpr std::size_t sample_bytes_max = 4096;

/// The smallest of the first few hundred; nothing when there is none that can be read.
std::optional<SampleFile> sample_file(const std::string& directory);

struct WebPlaces {
    std::vector<std::string> urls; ///< of the web servers that could serve it, as far as known
    std::string directory;         ///< of the bought files
    std::string prefix;            ///< where a web server keeps it for itself, `/protected/`
};

/// Where the file would be if the root of a web server were the folder, or one that it lies in.
std::vector<std::string> raw_addresses(const WebPlaces& places, std::string_view path);

HttpRequest sample_request(const std::string& url);
bool shows_sample(const HttpReply& reply, const SampleFile& sample);

} // namespace tollgate
