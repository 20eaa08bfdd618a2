// How a twin misbehaves, as a test or the demo told it; the default is honest.
//
// Unit     milliseconds
// Range    delay_max of each delay
// Shape    docs/sandbox.md, POST /twin/behaviour
#pragma once

#include "core/support/expected.hpp"
#include "core/support/json.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::twins {

inline constexpr std::chrono::milliseconds delay_max{60'000};

enum class CheckManner { honest, server_error, garbage, hang, slow };
enum class OpenManner { honest, server_error, garbage, hang, refuse };
enum class NotifyManner { once, twice, reordered, never, delayed, together };
enum class FormKind { urlencoded, multipart };
enum class FieldOrder { fixed, arrival };
enum class Signature { valid, none, wrong, arrival };

struct Behaviour {
    CheckManner check = CheckManner::honest;
    std::chrono::milliseconds check_delay{0};
    std::optional<std::string> check_amount;
    std::optional<std::string> check_currency;
    std::optional<std::string> check_status;
    std::optional<std::string> check_code;
    std::vector<std::string> check_omit; ///< members left out of the answer's data
    OpenManner open = OpenManner::honest;
    NotifyManner notify = NotifyManner::once;
    std::chrono::milliseconds notify_delay{0};
    FormKind notify_form = FormKind::urlencoded;
    FieldOrder notify_order = FieldOrder::fixed;
    bool unknown_fields = false; ///< notifications and checks carry fields nobody documented
    bool only_required = false;  ///< notifications carry what is promised and nothing else
};

/// Reads the members of `json`, but for `transaction_id`; the error says which one is wrong.
Expected<Behaviour, std::string> parse_behaviour(const Json::Object& json);

std::optional<NotifyManner> parse_notify_manner(std::string_view word);
std::optional<FormKind> parse_form_kind(std::string_view word);
std::optional<Signature> parse_signature(std::string_view word);

} // namespace tollgate::twins
