#include "core/downloads/exposure.hpp"

#include "core/downloads/bought_file.hpp"
#include "core/support/url.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace tollgate {
namespace {

namespace fs = std::filesystem;

constexpr int files_looked_at_max = 500;
constexpr int folders_up_max = 8;

/// `https://shop.example:8443`, of any address there.
std::string_view origin_of(std::string_view url)
{
    const auto host = url.find("://") + 3;
    return url.substr(0, url.find_first_of("/?#", host));
}

std::optional<SampleFile> read_sample(const std::string& directory, const std::string& path)
{
    const auto file = open_bought_file(directory, path);
    if (!file || file->bytes == 0) return {};
    std::string beginning(sample_bytes_max, '\0');
    const auto count = ::pread(file->descriptor.get(), beginning.data(), beginning.size(), 0);
    if (count <= 0) return {};
    beginning.resize(static_cast<std::size_t>(count));
    return SampleFile{path, file->bytes, std::move(beginning)};
}

} // namespace

std::optional<SampleFile> sample_file(const std::string& directory)
{
    std::error_code error;
    fs::recursive_directory_iterator entry{
        directory, fs::directory_options::skip_permission_denied, error};
    std::optional<SampleFile> smallest;
    for (int i = 0; i < files_looked_at_max && entry != fs::recursive_directory_iterator{}; ++i) {
        auto sample = read_sample(directory, entry->path().lexically_relative(directory).string());
        if (sample && (!smallest || sample->bytes < smallest->bytes)) smallest = std::move(sample);
        entry.increment(error);
        if (error) break;
    }
    return smallest;
}

std::vector<std::string> raw_addresses(const WebPlaces& places, std::string_view path)
{
    std::vector<std::string> folders{places.prefix, "/"};
    std::string below = "/";
    fs::path folder{places.directory};
    if (!folder.has_filename()) folder = folder.parent_path();
    for (int i = 0; i < folders_up_max && folder.has_relative_path(); ++i) {
        below = "/" + folder.filename().string() + below;
        folders.push_back(below);
        folder = folder.parent_path();
    }
    std::vector<std::string> addresses;
    for (const auto& url : places.urls) {
        for (const auto& place : folders) {
            auto address = std::string{origin_of(url)} + encoded_path(place + std::string{path});
            if (std::ranges::find(addresses, address) == addresses.end()) {
                addresses.push_back(std::move(address));
            }
        }
    }
    return addresses;
}

HttpRequest sample_request(const std::string& url)
{
    const auto last = std::to_string(sample_bytes_max - 1);
    return {.method = "GET", .url = url, .headers = {{"range", "bytes=0-" + last}}, .body = {}};
}

bool shows_sample(const HttpReply& reply, const SampleFile& sample)
{
    if (reply.status == 206) return reply.body == sample.beginning;
    return reply.status == 200 && std::cmp_equal(reply.body.size(), sample.bytes) &&
           reply.body.starts_with(sample.beginning);
}

} // namespace tollgate
