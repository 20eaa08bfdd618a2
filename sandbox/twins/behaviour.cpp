#include "sandbox/twins/behaviour.hpp"

#include "sandbox/twins/wire.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tollgate::twins {
namespace {

template <class Value>
struct Word {
    std::string_view word;
    Value value;
};
template <class Value>
Word(std::string_view, Value) -> Word<Value>;

constexpr std::array check_words{
    Word{"honest", CheckManner::honest},
    Word{"500", CheckManner::server_error},
    Word{"garbage", CheckManner::garbage},
    Word{"hang", CheckManner::hang},
    Word{"slow", CheckManner::slow},
    Word{"404", CheckManner::not_found},
};
constexpr std::array open_words{
    Word{"honest", OpenManner::honest},
    Word{"500", OpenManner::server_error},
    Word{"garbage", OpenManner::garbage},
    Word{"hang", OpenManner::hang},
    Word{"refuse", OpenManner::refuse},
};
constexpr std::array token_words{
    Word{"honest", TokenManner::honest},
    Word{"500", TokenManner::server_error},
    Word{"refuse", TokenManner::refuse},
};
constexpr std::array refund_words{
    Word{"honest", RefundManner::honest},
    Word{"500", RefundManner::server_error},
    Word{"garbage", RefundManner::garbage},
    Word{"hang", RefundManner::hang},
    Word{"refuse", RefundManner::refuse},
    Word{"pending", RefundManner::pending},
};
constexpr std::array notify_words{
    Word{"once", NotifyManner::once},
    Word{"twice", NotifyManner::twice},
    Word{"reordered", NotifyManner::reordered},
    Word{"never", NotifyManner::never},
    Word{"delayed", NotifyManner::delayed},
    Word{"together", NotifyManner::together},
};
constexpr std::array form_words{
    Word{"urlencoded", FormKind::urlencoded},
    Word{"multipart", FormKind::multipart},
};
constexpr std::array order_words{
    Word{"fixed", FieldOrder::fixed},
    Word{"arrival", FieldOrder::arrival},
};
constexpr std::array signature_words{
    Word{"valid", Signature::valid},
    Word{"none", Signature::none},
    Word{"wrong", Signature::wrong},
    Word{"arrival", Signature::arrival},
};

template <class Value, std::size_t count>
std::optional<Value> meaning_of(std::string_view word, const std::array<Word<Value>, count>& words)
{
    for (const auto& [known, value] : words) {
        if (known == word) return value;
    }
    return std::nullopt;
}

template <class Value, std::size_t count>
bool read(const Json& json, const std::array<Word<Value>, count>& words, Value& target)
{
    const auto value = meaning_of(json.text(), words);
    if (value) target = *value;
    return value.has_value();
}

bool read(const Json& json, std::chrono::milliseconds& target)
{
    const auto count = parse_integer(json.text());
    if (!count || *count < 0 || *count > delay_max.count()) return false;
    target = std::chrono::milliseconds{*count};
    return true;
}

bool read(const Json& json, std::optional<std::chrono::milliseconds>& target)
{
    std::chrono::milliseconds value{};
    if (!read(json, value)) return false;
    target = value;
    return true;
}

bool read(const Json& json, std::optional<std::chrono::seconds>& target)
{
    const auto count = parse_integer(json.text());
    if (!count || *count < 0) return false;
    target = std::chrono::seconds{*count};
    return true;
}

bool read(const Json& json, std::string& target)
{
    if (json.string() == nullptr) return false;
    target = *json.string();
    return true;
}

bool read(const Json& json, std::optional<std::string>& target)
{
    if (json.string() == nullptr && json.number() == nullptr) return false;
    target = json.text();
    return true;
}

bool read(const Json& json, bool& target)
{
    if (json.boolean() == nullptr) return false;
    target = *json.boolean();
    return true;
}

bool read(const Json& json, std::vector<std::string>& target)
{
    if (json.array() == nullptr) return false;
    for (const auto& element : *json.array()) {
        if (element.string() == nullptr) return false;
        target.push_back(*element.string());
    }
    return true;
}

struct Member {
    std::string_view name;
    bool (*read_into)(const Json&, Behaviour&);
};

// clang-format off
constexpr std::array members{
    Member{"check", [](auto& j, auto& to) { return read(j, check_words, to.check); }},
    Member{"check_delay_ms", [](auto& j, auto& to) { return read(j, to.check_delay); }},
    Member{"check_amount", [](auto& j, auto& to) { return read(j, to.check_amount); }},
    Member{"check_reference", [](auto& j, auto& to) { return read(j, to.check_reference); }},
    Member{"check_currency", [](auto& j, auto& to) { return read(j, to.check_currency); }},
    Member{"check_status", [](auto& j, auto& to) { return read(j, to.check_status); }},
    Member{"check_code", [](auto& j, auto& to) { return read(j, to.check_code); }},
    Member{"check_omit", [](auto& j, auto& to) { return read(j, to.check_omit); }},
    Member{"open", [](auto& j, auto& to) { return read(j, open_words, to.open); }},
    Member{"token", [](auto& j, auto& to) { return read(j, token_words, to.token); }},
    Member{"token_lasts_s", [](auto& j, auto& to) { return read(j, to.token_lasts); }},
    Member{"refund", [](auto& j, auto& to) { return read(j, refund_words, to.refund); }},
    Member{"notify", [](auto& j, auto& to) { return read(j, notify_words, to.notify); }},
    Member{"notify_delay_ms", [](auto& j, auto& to) { return read(j, to.notify_delay); }},
    Member{"notify_retry_ms", [](auto& j, auto& to) { return read(j, to.notify_retry); }},
    Member{"notify_shape", [](auto& j, auto& to) { return read(j, to.notify_shape); }},
    Member{"notify_form", [](auto& j, auto& to) { return read(j, form_words, to.notify_form); }},
    Member{"notify_order", [](auto& j, auto& to) { return read(j, order_words, to.notify_order); }},
    Member{"unknown_fields", [](auto& j, auto& to) { return read(j, to.unknown_fields); }},
    Member{"only_required", [](auto& j, auto& to) { return read(j, to.only_required); }},
};
// clang-format on

} // namespace

Expected<Behaviour, std::string> parse_behaviour(const Json::Object& json)
{
    Behaviour behaviour;
    for (const auto& [name, value] : json) {
        if (name == "transaction_id") continue;
        const auto* member = std::ranges::find(members, name, &Member::name);
        if (member == members.end()) return Unexpected{"unknown member " + name};
        if (!member->read_into(value, behaviour)) return Unexpected{"wrong value of " + name};
    }
    return behaviour;
}

std::optional<NotifyManner> parse_notify_manner(std::string_view word)
{
    return meaning_of(word, notify_words);
}

std::optional<FormKind> parse_form_kind(std::string_view word)
{
    return meaning_of(word, form_words);
}

std::optional<Signature> parse_signature(std::string_view word)
{
    return meaning_of(word, signature_words);
}

} // namespace tollgate::twins
