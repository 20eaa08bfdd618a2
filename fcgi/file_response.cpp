#include "fcgi/file_response.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/downloads/file_path.hpp"
#include "core/support/check.hpp"
#include "core/support/http_date.hpp"
#include "core/support/url.hpp"

#include <fmt/format.h>

namespace tollgate {
namespace {

constexpr std::size_t boundary_bytes = 10;

/// Whether every web server answers it as we do: Apache reads spaces in a range otherwise, and both
/// have their own mind about several ranges, dates and conditions.
bool is_plain(const Request& request, const RangeChoice& range)
{
    if (request.method != "GET" || is_conditional(request.headers)) return false;
    const auto asked = header(request.headers, "range");
    if (asked.empty()) return true;
    const auto version = header(request.headers, "if-range");
    return range.kind == RangeChoice::Kind::parts &&
           asked.find_first_of(", ") == std::string_view::npos &&
           (version.empty() || version.starts_with('"'));
}

std::string content_range(const ByteRange& part, std::int64_t file_bytes)
{
    const auto last = part.offset + part.length - 1;
    return fmt::format("bytes {}-{}/{}", part.offset, last, file_bytes);
}

Response refusal(int status, std::string_view text)
{
    Response response;
    response.status = status;
    response.body = text;
    return response;
}

Response
several(const BoughtFile& file, const std::vector<ByteRange>& ranges, std::string_view type)
{
    const auto boundary = to_hex(random_bytes(boundary_bytes));
    Response response;
    response.status = 206;
    response.content_type = "multipart/byteranges; boundary=" + boundary;
    auto& body = response.file.emplace();
    for (const auto& range : ranges) {
        body.parts.push_back(
            {.before = fmt::format(
                 "\r\n--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                 boundary,
                 type,
                 content_range(range, file.bytes)
             ),
             .offset = range.offset,
             .length = range.length}
        );
    }
    body.after = fmt::format("\r\n--{}--\r\n", boundary);
    return response;
}

Response one(const BoughtFile& file, const ByteRange& range, std::string_view type)
{
    Response response;
    response.status = 206;
    response.content_type = type;
    response.headers.emplace_back("Content-Range", content_range(range, file.bytes));
    response.file.emplace().parts.push_back({{}, range.offset, range.length});
    return response;
}

Response whole(const BoughtFile& file, std::string_view type)
{
    Response response;
    response.content_type = type;
    response.headers.emplace_back("Accept-Ranges", "bytes");
    response.file.emplace().parts.push_back({{}, 0, file.bytes});
    return response;
}

Response chosen(const BoughtFile& file, const RangeChoice& range, std::string_view type)
{
    switch (range.kind) {
    case RangeChoice::Kind::whole: return whole(file, type);
    case RangeChoice::Kind::parts:
        if (range.parts.size() == 1) return one(file, range.parts.front(), type);
        return several(file, range.parts, type);
    case RangeChoice::Kind::unsatisfiable: break;
    }
    auto response = refusal(416, "the file has no such part\n");
    response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", file.bytes));
    return response;
}

/// Sent by ourselves.
Response streamed(BoughtFile file, const FileChoice& choice, std::string_view type)
{
    auto response = choice.condition == Condition::met ? chosen(file, choice.range, type)
                    : choice.condition == Condition::not_modified
                        ? refusal(304, {})
                        : refusal(412, "the file is another one by now\n");
    response.headers.emplace_back("ETag", file.validators.tag);
    response.headers.emplace_back("Last-Modified", http_date(file.validators.modified));
    if (response.file) {
        response.file->file = std::make_shared<FileDescriptor>(std::move(file.descriptor));
    }
    return response;
}

Response handed_over(const DownloadConfig& config, const std::string& path, const BoughtFile& file)
{
    Response response;
    response.content_type = media_type(path);
    switch (config.delivery) {
    case Delivery::x_accel:
        response.headers.emplace_back(
            "X-Accel-Redirect", config.x_accel_prefix + encoded_path(path)
        );
        return response;
    case Delivery::x_sendfile:
        response.headers = {
            {"X-Sendfile", config.directory + "/" + path}, // a path, not an address
            {"Accept-Ranges", "bytes"},
            {"ETag", file.validators.tag},
            {"Last-Modified", http_date(file.validators.modified)},
        };
        return response;
    case Delivery::stream: break;
    }
    impossible("delivery");
}

} // namespace

FileChoice choose(const Request& request, const BoughtFile& file)
{
    const auto& headers = request.headers;
    FileChoice choice{.condition = condition_of(headers, file.validators), .range = {}};
    // Of a HEAD no range is defined.
    const bool ranged = request.method == "GET" && range_counts(headers, file.validators);
    if (ranged) choice.range = choose_ranges(header(headers, "range"), file.bytes);
    return choice;
}

Response file_response(
    const DownloadConfig& config,
    const Request& request,
    const std::string& path,
    BoughtFile file,
    const FileChoice& choice
)
{
    const bool hand_over = config.delivery != Delivery::stream && choice.has_bytes() &&
                           is_plain(request, choice.range);
    auto response = hand_over ? handed_over(config, path, file)
                              : streamed(std::move(file), choice, media_type(path));
    if (choice.has_bytes()) {
        response.headers.emplace_back("Content-Disposition", content_disposition(path));
    }
    response.headers.emplace_back("Cache-Control", "private, no-store");
    return response;
}

} // namespace tollgate
