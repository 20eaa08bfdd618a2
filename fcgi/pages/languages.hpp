// Which language a page speaks.
//
// Source   RFC 9110, 12.5.4 (Accept-Language), RFC 4647, 3.4 (look-up)
// Range    accept_items_max wishes; later ones are not read
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

inline constexpr std::size_t accept_items_max = 20;

/// The one of `known` that serves whoever wants `tag`, in any case: `fr` for `fr-CI`; Bosnian for
/// Serbian, Croatian and Montenegrin, which read the same texts. Empty when there is none.
std::string known_language(std::string_view tag, const std::vector<std::string>& known);

/// The first of `known` that `accept_language` prefers most; empty when none.
std::string
preferred_language(std::string_view accept_language, const std::vector<std::string>& known);

/// French or English, which every gateway's page speaks: the one that is likelier understood.
std::string gateway_language(std::string_view language);

} // namespace tollgate
