#include "fcgi/list_handler.hpp"

#include "fcgi/list_request.hpp"

namespace tollgate {

Response handle_list(const Services& services, const ApiCall& call)
{
    const auto filter = read_list(call.request.query, call.owner.merchant);
    if (!filter) return validation_response(filter.error());
    const auto page = list_payments(services.pool, *filter);
    Json::Array payments;
    for (const auto& payment : page.payments)
        payments.push_back(data_of(services, payment));
    return json_response(
        200,
        "payments found",
        {{"data", Json{std::move(payments)}},
         {"next", page.next ? Json{cursor_of(*page.next)} : Json{}}}
    );
}

} // namespace tollgate
