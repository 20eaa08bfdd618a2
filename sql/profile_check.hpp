// Whether a profile fits the shop's tables as they are: every statement is prepared, none is run.
#pragma once

#include "sql/profile.hpp"

#include <string>
#include <vector>

namespace tollgate {

class Pool;

/// One text per statement that the database refuses, or whose columns are wrong: its file, line,
/// section and number, and the database's own words, which name the table or the column. Throws
/// StoreUnavailable when the database does not answer.
std::vector<std::string> profile_mistakes(Pool& pool, const Profile& profile);

} // namespace tollgate
