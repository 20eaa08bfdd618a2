#include "core/support/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace tollgate {

void impossible(std::string_view what)
{
    std::fprintf(
        stderr,
        "level=fatal event=impossible what=\"%.*s\"\n",
        static_cast<int>(what.size()),
        what.data()
    );
    std::abort();
}

} // namespace tollgate
