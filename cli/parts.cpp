#include "cli/parts.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

namespace tollgate {

std::optional<Payment> find_payment(Store& store, const PaymentName& wanted)
{
    if (wanted.name.empty()) return store.find(Merchant{wanted.merchant}, OrderRef{wanted.order});
    if (const auto id = parse_id(wanted.name)) return store.find(*id);
    return store.find(Reference{wanted.name});
}

int not_found(const PaymentName& wanted)
{
    if (!wanted.name.empty()) {
        return not_done("there is no payment with the id or the reference " + wanted.name);
    }
    return not_done(
        fmt::format("the merchant {} has no payment of order {}", wanted.merchant, wanted.order)
    );
}

std::string operator_name()
{
    const auto* user = ::getpwuid(::getuid());
    const std::string name = user != nullptr ? user->pw_name : "";
    const bool plain =
        !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
    return "cli " + (plain ? name : std::to_string(::getuid()));
}

std::optional<Instant> parse_time(std::string text)
{
    if (text.ends_with('Z')) text.pop_back();
    if (const auto middle = text.find('T'); middle != std::string::npos) text[middle] = ' ';
    return parse_database_time(text);
}

int wrong_time()
{
    return not_done("the time must be like 2026-03-04T05:06:07Z, in UTC");
}

} // namespace tollgate
