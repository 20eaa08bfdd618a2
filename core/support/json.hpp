// JSON whose numbers keep their spelling: `1500`, `1500.00` and `"1500"` are texts until money/
// reads them, so no amount ever passes through a double.
//
// Range    json_bytes_max of input, json_depth_max of nesting, numbers below 1.8e308
// Errors   anything that RFC 8259 does not allow, a member name twice in one object, trailing
//          bytes, text that is not UTF-8
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tollgate {

inline constexpr std::size_t json_bytes_max = std::size_t{256} * 1024;
inline constexpr std::size_t json_depth_max = 32;

class Json {
public:
    struct Number {
        std::string text;
        friend bool operator==(const Number&, const Number&) = default;
    };
    using Member = std::pair<std::string, Json>;
    using Object = std::vector<Member>; ///< in order of appearance
    using Array = std::vector<Json>;

    Json() = default; ///< null
    Json(std::nullptr_t) {}
    Json(bool value) : value_{value} {}
    Json(std::string value) : value_{std::move(value)} {}
    Json(std::string_view value) : value_{std::string{value}} {}
    Json(const char* value) : value_{std::string{value}} {}
    Json(std::int64_t value) : value_{Number{std::to_string(value)}} {}
    Json(int value) : Json{static_cast<std::int64_t>(value)} {}
    Json(Number value) : value_{std::move(value)} {}
    Json(Array value) : value_{std::move(value)} {}
    Json(Object value) : value_{std::move(value)} {}
    static Json object(std::initializer_list<Member> members) { return Json{Object(members)}; }

    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    const std::string* string() const { return std::get_if<std::string>(&value_); }
    const Number* number() const { return std::get_if<Number>(&value_); }
    const bool* boolean() const { return std::get_if<bool>(&value_); }
    const Array* array() const { return std::get_if<Array>(&value_); }
    const Object* object() const { return std::get_if<Object>(&value_); }

    /// The member `name` of an object; nullptr when absent or when this is no object.
    const Json* find(std::string_view name) const;
    /// A string as it is, a number as it was spelled; otherwise empty.
    std::string text() const;
    /// text() of the member `name`, empty when there is none.
    std::string text(std::string_view name) const;
    /// Appends a member; this must be an object.
    void add(std::string name, Json value);

    friend bool operator==(const Json&, const Json&) = default;

private:
    std::variant<std::monostate, bool, Number, std::string, Array, Object> value_;
};

/// Exactly one JSON value, or nothing.
std::optional<Json> parse_json(std::string_view text);

/// About how far a text can be read that parse_json() refuses; 0 when it is not its form that is
/// wrong. For whoever is to correct it.
std::size_t json_error_offset(std::string_view text);

/// `json` after `change` has seen the members of every object, inner objects first.
Json rewritten(const Json& json, const std::function<void(Json::Object&)>& change);

/// Compact, UTF-8 unescaped but for what must be; the texts must be UTF-8.
std::string to_text(const Json& json);

} // namespace tollgate
