// What a template of a page must be: valid, of words that our pages have, with everything that a
// customer needs to go on, and without a hole through which a text becomes HTML.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

struct TemplateMistake {
    std::size_t line = 0;
    std::string what;
};

std::vector<TemplateMistake> mistakes_of_template(std::string_view text);

/// The line of the byte at `offset`, from 1.
std::size_t line_at(std::string_view text, std::size_t offset);

} // namespace tollgate
