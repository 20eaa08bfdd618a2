// What must hold whatever happens. A run in which one of these does not is a failure, and its seed
// replays it.
#pragma once

#include <stdexcept>
#include <string>

namespace tollgate::simulator {

class Violation : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws a Violation unless `holds`.
inline void law(bool holds, const char* what)
{
    if (!holds) throw Violation{what};
}

} // namespace tollgate::simulator
