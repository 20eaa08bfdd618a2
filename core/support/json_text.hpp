// JSON as somebody else wrote it, for signatures over a text that has to be made again.
#pragma once

#include "core/support/json.hpp"

#include <string>
#include <string_view>

namespace tollgate {

/// `object`, the text of a JSON object that parse_json() accepts, without its member `name`, that
/// member's comma, and the white space between them; every other byte stays. The text as it is when
/// the member is not there under just this spelling.
std::string without_member(std::string_view object, std::string_view name);

/// With line feeds, two blanks a level, `"name": value`, and no line feed at the end.
std::string pretty_text(const Json& json);

} // namespace tollgate
