#include "core/gateways/overview.hpp"

#include <algorithm>

namespace tollgate {
namespace {

std::string in_words(std::string_view code)
{
    std::string words{code};
    std::ranges::replace(words, '_', ' ');
    return words;
}

std::string notifications_of(const Capabilities& can)
{
    if (!can.notifies) return "none";
    if (can.notifications == Proof::none) return "unsigned";
    return in_words(code(can.notifications));
}

std::string currencies_of(const Capabilities& can)
{
    if (can.currencies.empty()) return "every";
    std::string codes;
    for (const auto currency : can.currencies) {
        if (!codes.empty()) codes += ' ';
        codes += code(currency);
    }
    return codes;
}

} // namespace

Overview overview(const Capabilities& can)
{
    return {
        .flow = in_words(code(can.flow)),
        .notifications = notifications_of(can),
        .check = can.can_check ? "yes" : "no",
        .refund = in_words(code(can.refunds)),
        .currencies = currencies_of(can),
    };
}

} // namespace tollgate
