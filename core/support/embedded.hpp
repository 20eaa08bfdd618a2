// Files that the build put into the binary (cmake/embed.cmake): migrations, profiles, pages, the
// description of the payments API.
#pragma once

#include <span>
#include <string_view>

namespace tollgate {

struct EmbeddedFile {
    std::string_view path; ///< as in the source tree, `sql/migrations/0001_init.sql`
    std::string_view text;
};

std::span<const EmbeddedFile> embedded_sql();
std::span<const EmbeddedFile> embedded_pages();
std::span<const EmbeddedFile> embedded_api();

} // namespace tollgate
