#include "fcgi/download_handler.hpp"

#include "core/downloads/file_path.hpp"
#include "core/downloads/range.hpp"
#include "core/support/log.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace tollgate {
namespace {

struct FileInfo {
    std::int64_t bytes = 0;
    std::string etag; ///< as nginx makes it, so both ways of delivery agree
};

std::optional<FileInfo> info_of(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    return FileInfo{
        .bytes = status.st_size,
        .etag = fmt::format("\"{:x}-{:x}\"", status.st_mtime, status.st_size),
    };
}

Response page(const Services& services, const Request& request, GrantUse use)
{
    switch (use) {
    case GrantUse::expired:
        return services.pages.render(
            request,
            {.status = 410,
             .kind = "unpaid",
             .title = "download_expired_title",
             .text = "download_expired_text"}
        );
    case GrantUse::used_up:
        return services.pages.render(
            request,
            {.status = 410,
             .kind = "unpaid",
             .title = "download_used_up_title",
             .text = "download_used_up_text"}
        );
    case GrantUse::unknown:
        return services.pages.render(
            request,
            {.status = 404,
             .kind = "unknown",
             .title = "download_unknown_title",
             .text = "download_unknown_text"}
        );
    case GrantUse::allowed: break;
    }
    impossible("a page for an allowed download");
}

Response trouble(const Services& services, const Request& request, const std::string& file)
{
    log_error("download.file_missing", {{"request", request.id}, {"file", file}});
    auto response = services.pages.render(
        request,
        {.status = 503, .kind = "trouble", .title = "trouble_title", .text = "trouble_text"}
    );
    response.headers.emplace_back("Retry-After", "60");
    return response;
}

/// The range that counts: a condition that fails, or one that we cannot judge, means the whole
/// file.
std::string_view range_of(const Request& request, const std::string& etag)
{
    const auto condition = header(request.headers, "if-range");
    if (!condition.empty() && condition != etag) return {};
    return header(request.headers, "range");
}

/// Each segment encoded, the slashes kept.
std::string encoded_path(std::string_view path)
{
    std::string result;
    while (true) {
        const auto slash = path.find('/');
        result += percent_encode(path.substr(0, slash));
        if (slash == std::string_view::npos) return result;
        result += '/';
        path.remove_prefix(slash + 1);
    }
}

Response streamed(const std::string& path, const FileInfo& info, std::string_view range)
{
    const auto part = byte_range(range, info.bytes);
    Response response;
    response.headers = {{"Accept-Ranges", "bytes"}, {"ETag", info.etag}};
    if (part.kind == ByteRange::Kind::unsatisfiable) {
        response.status = 416;
        response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", info.bytes));
        return response;
    }
    if (part.kind == ByteRange::Kind::part) {
        response.status = 206;
        response.headers.emplace_back(
            "Content-Range",
            fmt::format("bytes {}-{}/{}", part.offset, part.offset + part.length - 1, info.bytes)
        );
    }
    response.file = FileBody{path, part.offset, part.length};
    return response;
}

Response delivered(
    const Services& services, const std::string& file, const FileInfo& info, std::string_view range
)
{
    const auto& downloads = services.config.downloads;
    Response response;
    if (downloads.delivery == Delivery::x_accel) {
        response.headers.emplace_back(
            "X-Accel-Redirect", downloads.x_accel_prefix + encoded_path(file)
        );
    } else {
        response = streamed(downloads.directory + "/" + file, info, range);
    }
    response.content_type = media_type(file);
    response.headers.emplace_back("Content-Disposition", content_disposition(file));
    response.headers.emplace_back("Cache-Control", "private, no-store");
    return response;
}

GrantAccess access_of(const Request& request, std::string_view range)
{
    if (request.method == "HEAD") return GrantAccess::look;
    return begins_download(range) ? GrantAccess::begin : GrantAccess::resume;
}

} // namespace

Response handle_download(const Services& services, const Request& request, std::string_view text)
{
    if (text.size() != download_token_length) return page(services, request, GrantUse::unknown);
    const auto digest = digest_of(DownloadToken{std::string{text}});
    const auto& downloads = services.config.downloads;
    const auto access = [&](GrantAccess wish) {
        return services.store.use_grant(
            {.digest = digest,
             .access = wish,
             .now = services.clock.now(),
             .use_lasts = downloads.use_lasts}
        );
    };

    // Looked at first: a missing file must not cost the customer a use.
    auto grant = access(GrantAccess::look);
    if (grant.use != GrantUse::allowed) return page(services, request, grant.use);
    const auto info =
        is_file_path(grant.file) ? info_of(downloads.directory + "/" + grant.file) : std::nullopt;
    if (!info) return trouble(services, request, grant.file);

    const auto range = range_of(request, info->etag);
    const auto wish = access_of(request, range);
    if (wish != GrantAccess::look) grant = access(wish);
    if (grant.use != GrantUse::allowed) return page(services, request, grant.use);
    return delivered(services, grant.file, *info, range);
}

} // namespace tollgate
