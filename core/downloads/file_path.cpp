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
    MediaType{".mobi", "application/x-mobipocket-ebook"},
    MediaType{".zip", "application/zip"},
    MediaType{".mp3", "audio/mpeg"},
    MediaType{".m4a", "audio/mp4"},
    MediaType{".m4b", "audio/mp4"},
    MediaType{".flac", "audio/flac"},
    MediaType{".ogg", "audio/ogg"},
    MediaType{".wav", "audio/wav"},
    MediaType{".mp4", "video/mp4"},
    MediaType{".webm", "video/webm"},
    MediaType{".jpg", "image/jpeg"},
    MediaType{".jpeg", "image/jpeg"},
    MediaType{".png", "image/png"},
    MediaType{".txt", "text/plain; charset=utf-8"},
};

struct Character {
    std::string_view bytes;
    char32_t code = 0;
};

constexpr char32_t no_character = 0xFFFD; ///< of bytes that are not UTF-8

/// The next character of `text`, which is not empty.
Character take_character(std::string_view& text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(0);
    std::size_t length = lead < 0x80    ? 1
                         : lead >= 0xF0 ? 4
                         : lead >= 0xE0 ? 3
                         : lead >= 0xC2 ? 2
                                        : 0;
    char32_t code = length < 2 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const bool follows = i < text.size() && (byte(i) & 0xC0U) == 0x80;
        if (!follows) length = 0;
        if (length > 0) code = code << 6U | (byte(i) & 0x3FU);
    }
    if (length == 0) code = no_character;
    const Character character{text.substr(0, std::max<std::size_t>(length, 1)), code};
    text.remove_prefix(character.bytes.size());
    return character;
}

/// Marks of direction and of width, the joiners aside, which some scripts need.
bool is_invisible(char32_t code)
{
    return code == 0x061C || code == 0x200B || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF;
}

bool is_taken_everywhere(char32_t code)
{
    constexpr std::u32string_view refused = U"<>:\"/\\|?*";
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    return !control && code != no_character && refused.find(code) == refused.npos;
}

/// What Windows takes for a device, with whatever ending.
bool is_device(std::string_view name)
{
    const auto base = upper(trim(name.substr(0, name.find('.'))));
    if (is_one_of(base, {"CON", "PRN", "AUX", "NUL"})) return true;
    return base.size() == 4 && (base.starts_with("COM") || base.starts_with("LPT")) &&
           is_digit(base[3]);
}

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

std::string download_name(std::string_view path)
{
    auto rest = path.substr(path.rfind('/') + 1);
    std::string name;
    while (!rest.empty()) {
        const auto character = take_character(rest);
        if (is_invisible(character.code)) continue;
        name += is_taken_everywhere(character.code) ? character.bytes : "_";
    }
    name.erase(name.find_last_not_of(". ") + 1);
    if (name.empty() || name.starts_with('.') || is_device(name)) name.insert(0, "_");
    return name;
}

std::string_view media_type(std::string_view path)
{
    const auto name = lower(path.substr(path.rfind('/') + 1));
    for (const auto& [ending, type] : media_types) {
        if (name.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

std::string content_disposition(std::string_view path)
{
    const auto name = download_name(path);
    std::string ascii; // for programs that do not know the other form; some take % for an escape
    for (std::string_view rest = name; !rest.empty();) {
        const auto bytes = take_character(rest).bytes;
        ascii += bytes.size() == 1 && bytes != "%" ? bytes : "_";
    }
    return "attachment; filename=\"" + ascii + "\"; filename*=UTF-8''" + percent_encode(name);
}

} // namespace tollgate
