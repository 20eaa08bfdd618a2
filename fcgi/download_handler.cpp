#include "fcgi/download_handler.hpp"

#include "core/support/log.hpp"
#include "fcgi/file_response.hpp"

namespace tollgate {
namespace {

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

GrantAccess access_of(const Request& request, const FileChoice& choice)
{
    if (request.method == "HEAD" || !choice.has_bytes()) return GrantAccess::look;
    return has_first_byte(choice.range) ? GrantAccess::begin : GrantAccess::resume;
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
    const auto grant = access(GrantAccess::look);
    if (grant.use != GrantUse::allowed) return page(services, request, grant.use);
    auto file = open_bought_file(downloads.directory, grant.file);
    if (!file) return trouble(services, request, grant.file);

    const auto choice = choose(request, *file);
    const auto wish = access_of(request, choice);
    const bool counts =
        wish == GrantAccess::begin || (wish == GrantAccess::resume && !grant.in_use);
    const auto use = counts ? access(wish).use : GrantUse::allowed;
    if (use != GrantUse::allowed) return page(services, request, use);
    return file_response(downloads, request, grant.file, *std::move(file), choice);
}

} // namespace tollgate
