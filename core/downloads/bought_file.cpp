#include "core/downloads/bought_file.hpp"

#include "core/downloads/file_path.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace tollgate {
namespace {

// O_PATH: to go through a folder one need not be allowed to list it.
constexpr int folder_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
// O_NONBLOCK: opening a pipe by mistake must not wait for its writer.
constexpr int file_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;

/// Segment by segment, since O_NOFOLLOW speaks of the last one only.
FileDescriptor open_below(const std::string& directory, std::string_view path)
{
    FileDescriptor folder{::open(directory.c_str(), folder_flags)};
    while (folder) {
        const auto slash = path.find('/');
        const std::string segment{path.substr(0, slash)};
        if (slash == std::string_view::npos) {
            return FileDescriptor{::openat(folder.get(), segment.c_str(), file_flags)};
        }
        folder = FileDescriptor{::openat(folder.get(), segment.c_str(), folder_flags | O_NOFOLLOW)};
        path.remove_prefix(slash + 1);
    }
    return {};
}

} // namespace

std::optional<BoughtFile> open_bought_file(const std::string& directory, std::string_view path)
{
    if (directory.empty() || !is_file_path(path)) return {};
    auto descriptor = open_below(directory, path);
    struct stat found {};
    if (!descriptor || ::fstat(descriptor.get(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
    return BoughtFile{
        .descriptor = std::move(descriptor),
        .bytes = found.st_size,
        .validators =
            {.tag = fmt::format("\"{:x}-{:x}\"", found.st_mtime, found.st_size),
             .modified = std::chrono::sys_seconds{std::chrono::seconds{found.st_mtime}}},
    };
}

} // namespace tollgate
