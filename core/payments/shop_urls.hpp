// Addresses of the shop that belong to one payment: where its customer goes when it has ended, and
// where its events go instead of `events.url`. All are optional; few payments have any.
//
// Shape    https, or http where nobody else listens (the machine itself) or nothing is at stake
//          (the sandbox); a host, no user, no fragment, ASCII without white space
// Range    shop_url_bytes_max
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::size_t shop_url_bytes_max = 1000;

struct ShopUrls {
    std::string success;  ///< the customer, when it is paid
    std::string failure;  ///< the customer, when it ended unpaid
    std::string callback; ///< its events

    bool empty() const { return success.empty() && failure.empty() && callback.empty(); }
    friend bool operator==(const ShopUrls&, const ShopUrls&) = default;
};

/// Why a shop may not give this address, in the words of a validation error (`must be …`); empty
/// when it may. Whether its host is one that we call is another question, to be answered when it is
/// called: a name may mean another address by then.
std::string_view objection_to_shop_url(std::string_view url, bool sandbox);

} // namespace tollgate
