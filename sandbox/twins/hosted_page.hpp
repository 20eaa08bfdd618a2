// The page on which a customer of the sandbox pays, and the page that sends the browser back.
#pragma once

#include "sandbox/twins/twin.hpp"

#include <string_view>

namespace tollgate::twins {

/// What waits for the customer's confirmation: the phone of all customers of the sandbox.
Response show_phone(const Twin& twin, const Request& request, std::string_view matched);
/// `token` names the transaction.
Response show_payment_page(const Twin& twin, const Request& request, std::string_view token);
/// Form field `choice`: `approve`, `decline`, `pending`, or `silent` (approved, never notified).
Response choose_on_payment_page(const Twin& twin, const Request& request, std::string_view token);

} // namespace tollgate::twins
