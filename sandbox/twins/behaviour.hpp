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

enum class CheckManner { honest, server_error, garbage, hang, slow, not_found };
enum class OpenManner { honest, server_error, garbage, hang, refuse };
enum class TokenManner { honest, server_error, refuse };
enum class RefundManner { honest, server_error, garbage, hang, refuse, pending };
enum class NotifyManner { once, twice, reordered, never, delayed, together };
enum class FormKind { urlencoded, multipart };
enum class FieldOrder { fixed, arrival };
enum class Signature { valid, none, wrong, arrival };

struct Behaviour {
    CheckManner check = CheckManner::honest;
    std::chrono::milliseconds check_delay{0};
    std::optional<std::string> check_amount;    ///< major units, `1500`
    std::optional<std::string> check_reference; ///< the merchant's name of the payment
    std::optional<std::string> check_currency;
    std::optional<std::string> check_status;
    std::optional<std::string> check_code;
    std::vector<std::string> check_omit; ///< members left out of the answer's data
    OpenManner open = OpenManner::honest;
    TokenManner token = TokenManner::honest;
    std::optional<std::chrono::seconds> token_lasts; ///< as it is told and as it is
    RefundManner refund = RefundManner::honest;
    NotifyManner notify = NotifyManner::once;
    std::chrono::milliseconds notify_delay{0};
    std::optional<std::chrono::milliseconds> notify_retry; ///< wait before each repetition
    FormKind notify_form = FormKind::urlencoded;
    FieldOrder notify_order = FieldOrder::fixed;
    std::string notify_shape;    ///< one of several shapes that only this gateway has; empty: usual
    bool unknown_fields = false; ///< notifications and checks carry fields nobody documented
    bool only_required = false;  ///< notifications carry what is promised and nothing else
};

/// Reads the members of `json`, but for `transaction_id`; the error says which one is wrong.
Expected<Behaviour, std::string> parse_behaviour(const Json::Object& json);

std::optional<NotifyManner> parse_notify_manner(std::string_view word);
std::optional<FormKind> parse_form_kind(std::string_view word);
std::optional<Signature> parse_signature(std::string_view word);

} // namespace tollgate::twins
