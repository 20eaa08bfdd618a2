// What a page that waits asks: has anything changed?
#pragma once

#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

#include <string>
#include <string_view>

namespace tollgate {

/// `/pay/news?t=…&seen=…`, JSON: `{"changed":true,"title":"…"}` when the payment's status is
/// another than `seen`, otherwise `{"changed":false,"again_ms":…}`, when to ask again. An answer
/// that could be "not yet" is held back for a few seconds while there is room in the waiting room.
Response handle_news(const Services& services, const Request& request);

/// The address that a page asks which shows `payment` in `language`; without a host, for the page may
/// be seen under several.
std::string
news_url(const Services& services, const PaymentView& payment, std::string_view language);

} // namespace tollgate
