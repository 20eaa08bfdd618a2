#include "cli/parts.hpp"

#include <fmt/format.h>

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

} // namespace tollgate
