#include "fcgi/notify_handler.hpp"

#include "core/support/log.hpp"

namespace tollgate {
namespace {

Response response_of(Reply reply)
{
    Response response;
    response.status = reply.status;
    response.content_type = std::move(reply.content_type);
    response.body = std::move(reply.body);
    return response;
}

Response reject(const Gateway& gateway, const Request& request, VerifyError error)
{
    log_warning(
        "notify.rejected",
        {{"request", request.id},
         {"gateway", gateway.name()},
         {"error", code(error)},
         {"bytes", request.body.size()}}
    );
    using enum Acknowledgement::Kind;
    return response_of(
        gateway.acknowledge({.kind = error == VerifyError::malformed ? unreadable : unproven})
    );
}

} // namespace

Response handle_notify(const Services& services, const Request& request, std::string_view name)
{
    const auto* gateway = services.gateways.find(name);
    check(gateway != nullptr, "a route to a gateway that is not configured");
    const Inbound inbound{request.method, request.headers, request.query, request.body};
    if (gateway->is_ping(inbound)) {
        return response_of(gateway->acknowledge({.kind = Acknowledgement::Kind::alive}));
    }
    const auto claim = gateway->verify(inbound);
    if (!claim) return reject(*gateway, request, claim.error());

    Received received;
    if (claim->names_payment()) {
        const auto now = services.clock.now();
        received = services.intake.put(notification_of(*gateway, inbound, *claim, now));
    }
    log_debug(
        "notify.recorded",
        {{"request", request.id},
         {"gateway", gateway->name()},
         {"reference", claim->reference.get()},
         {"proof", code(claim->proof)},
         {"form", claim->detail},
         {"ours", received.payment ? "yes" : "no"}}
    );
    const auto& payment = received.payment;
    if (payment && received.ask) services.checker.enqueue(*payment, "notification");
    return response_of(gateway->acknowledge({
        .kind = Acknowledgement::Kind::recorded,
        .claim = &*claim,
        .return_url = payment ? services.opener.return_url(*gateway, payment->id)
                              : services.gateways.return_url(*gateway),
    }));
}

} // namespace tollgate
