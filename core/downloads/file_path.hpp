// A file's path below the download folder, and what the web says about it.
#pragma once

#include <string>
#include <string_view>

namespace tollgate {

/// Relative, at most 255 bytes, no empty, `.` or `..` segment, no backslash or control character.
bool is_file_path(std::string_view path);
/// What the customer's file is called: the last segment, in whatever script, without what could
/// deceive him (marks that turn the direction of writing) or what his system does not take.
std::string download_name(std::string_view path);
/// By the ending; application/octet-stream when unknown.
std::string_view media_type(std::string_view path);
/// `attachment; filename="x.pdf"; filename*=UTF-8''x.pdf` (RFC 6266).
std::string content_disposition(std::string_view path);

} // namespace tollgate
