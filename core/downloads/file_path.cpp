#include "core/downloads/file_path.hpp"

#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

constexpr std::size_t path_bytes_max = 255;

struct MediaType {
    std::string_view ending;
    std::string_view type;
};

constexpr std::array media_types{
    MediaType{".pdf", "application/pdf"},
    MediaType{".epub", "application/epub+zip"},
    MediaType{".zip", "application/zip"},
    MediaType{".mp3", "audio/mpeg"},
    MediaType{".m4a", "audio/mp4"},
    MediaType{".mp4", "video/mp4"},
    MediaType{".jpg", "image/jpeg"},
    MediaType{".png", "image/png"},
    MediaType{".txt", "text/plain; charset=utf-8"},
};

bool is_plain(char c)
{
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\';
}

} // namespace

bool is_file_path(std::string_view path)
{
    if (path.empty() || path.size() > path_bytes_max || !std::ranges::all_of(path, is_plain)) {
        return false;
    }
    while (true) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        if (segment.empty() || segment == "." || segment == "..") return false;
        if (slash == std::string_view::npos) return true;
        path.remove_prefix(slash + 1);
    }
}

std::string_view file_name(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

std::string_view media_type(std::string_view path)
{
    const auto name = lower(file_name(path));
    for (const auto& [ending, type] : media_types) {
        if (name.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

std::string content_disposition(std::string_view path)
{
    const auto name = file_name(path);
    std::string ascii{name};
    std::ranges::replace_if(
        ascii, [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; }, '_'
    );
    return "attachment; filename=\"" + ascii + "\"; filename*=UTF-8''" + percent_encode(name);
}

} // namespace tollgate
