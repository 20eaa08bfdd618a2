// What is kept of a message: everything but what would identify more of a customer, or of his means
// of payment, than a dispute needs.
//
// Shape    a masked text keeps its last characters_kept characters, the others become `*`
#pragma once

#include "core/support/json.hpp"
#include "core/support/url.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace tollgate {

inline constexpr std::size_t characters_kept = 4;

/// `json` with the members of these names alone, at any depth: what an unknown member holds is not
/// kept.
Json selected(const Json& json, std::span<const std::string_view> names);
/// `fields` with the fields of these names alone.
Fields selected(Fields fields, std::span<const std::string_view> names);
/// `json` with every member of one of these names masked, at any depth.
Json redacted(const Json& json, std::span<const std::string_view> names);
/// `json` without the members of these names, at any depth: what is short would survive a mask.
Json without(const Json& json, std::span<const std::string_view> names);
/// `fields` as a form, with every field of one of these names masked.
std::string redacted_form(const Fields& fields, std::span<const std::string_view> names);

} // namespace tollgate
