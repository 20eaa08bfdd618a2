// A bought file, opened for delivery.
//
// Errors   nothing when there is no such file, or when it is no ordinary file; a symbolic link
//          below the folder is not followed, so nobody is led out of it, whoever puts links there
//          and whenever: what was looked at is what is open
#pragma once

#include "core/downloads/conditions.hpp"
#include "core/support/file_descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

struct BoughtFile {
    FileDescriptor descriptor;
    std::int64_t bytes = 0;
    Validators validators; ///< as nginx makes them, so all ways of delivery agree
};

/// `path` lies below `directory`, which may itself be a link.
std::optional<BoughtFile> open_bought_file(const std::string& directory, std::string_view path);

} // namespace tollgate
