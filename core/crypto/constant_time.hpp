// Comparison of what an attacker may guess: the time does not depend on where the texts differ.
#pragma once

#include <string_view>

namespace tollgate {

/// Texts of different length are different, at once: lengths of signatures are no secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

} // namespace tollgate
