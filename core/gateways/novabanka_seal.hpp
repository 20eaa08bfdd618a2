// The msgVerifier that each message of the IPG carries.
//
// Shape    base64(SHA-256(the message's name and the fields of its layout, run together without
//          white space)); some revisions leave white space in
#pragma once

#include "core/support/json.hpp"
#include "core/support/secret.hpp"

#include <string_view>

namespace tollgate::novabanka {

/// Which fields are signed, in this order; SECRET is the place of the secret.
struct Layout {
    std::string_view message;
    std::string_view fields;
};

// clang-format off
inline constexpr Layout opening_layout{"PaymentInitRequest", "version id password amt trackid udf1 SECRET udf5"};
inline constexpr Layout opened_layout{"PaymentInitResponse", "version msgdatetime paymentid SECRET browserredirectionurl"};
inline constexpr Layout notification_layout{"PaymentNotificationRequest", "version msgdatetime paymentid tranid amt trackid udf1 SECRET udf5"};
inline constexpr Layout acknowledgement_layout{"PaymentNotificationResponse", "version paymentid SECRET browserredirectionurl"};
inline constexpr Layout question_layout{"PaymentQueryRequest", "version id password action SECRET paymentid"};
inline constexpr Layout answer_layout{"PaymentQueryResponse", "version msgdatetime paymentid amt trackid udf1 SECRET udf5"};
inline constexpr Layout refund_layout_a{"FinancialRequest", "version id password amt trackid udf1 SECRET udf5"};
inline constexpr Layout refund_layout_b{"FinancialRequest", "version id password tranid amt trackid SECRET"};
// clang-format on

/// `message` with its msgVerifier.
Json sealed(Json message, const Layout& layout, const Secret& secret);
/// Which accepted way of signing gives the verifier of a message that was read: `stripped` or
/// `unstripped`; empty when none does, or when it is another message.
std::string_view matching_form(const Json& message, const Layout& layout, const Secret& secret);

} // namespace tollgate::novabanka
