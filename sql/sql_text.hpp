// SQL as text, as far as one must read it to find where a statement or a parameter begins.
//
// Shape    quotes are ', " and `; a backslash escapes inside the first two, as in sessions of ours;
//          a comment is `--` and a space, to the end of its line
#pragma once

#include <string>
#include <string_view>

namespace tollgate {

/// Follows the quotes of a text, character by character.
class Quotes {
public:
    /// True when `c`, the next character, is quoted or is a quote itself.
    bool cover(char c);
    /// What began has not ended.
    bool open() const { return quote_ != 0; }

private:
    char quote_ = 0;
    bool escaped_ = false;
};

std::string without_comments(std::string_view text);

} // namespace tollgate
