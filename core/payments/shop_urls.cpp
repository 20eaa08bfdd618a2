#include "core/payments/shop_urls.hpp"

#include "core/support/text.hpp"
#include "core/support/url.hpp"

namespace tollgate {
namespace {

static_assert(shop_url_bytes_max == 1000, "the text below says so");

bool is_https(std::string_view url)
{
    constexpr std::string_view scheme = "https:";
    return lower(url.substr(0, scheme.size())) == scheme;
}

} // namespace

std::string_view objection_to_shop_url(std::string_view url, bool sandbox)
{
    if (url.size() > shop_url_bytes_max) return "must be at most 1000 bytes long";
    if (!is_http_url(url)) {
        return "must be an address such as https://shop.example/thanks, without user and fragment";
    }
    if (is_https(url) || sandbox || is_loopback_host(host_of(url))) return {};
    return "must begin with https://; http is for the sandbox and the machine itself";
}

} // namespace tollgate
