#include "fcgi/notify_handler.hpp"

#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

#include <mutex>
#include <set>

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

/// Which of the accepted forms a gateway signs in is worth knowing, but not with every message: the
/// first of each form is told at the usual level.
void log_recorded(
    const Request& request, const Gateway& gateway, const Claim& claim, const Received& received
)
{
    static std::mutex mutex;
    static std::set<std::string> forms_seen; // as many as the adapters have words for
    bool first = false;
    {
        const std::lock_guard lock{mutex};
        first = forms_seen.insert(std::string{gateway.name()} + ' ' + claim.detail).second;
    }
    log(first ? LogLevel::info : LogLevel::debug,
        "notify.recorded",
        {{"request", request.id},
         {"gateway", gateway.name()},
         {"reference", claim.reference.get()},
         {"proof", code(claim.proof)},
         {"form", claim.detail},
         {"ours", received.payment ? "yes" : "no"}});
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
    fail_point("notify.before_enqueue");
    log_recorded(request, *gateway, *claim, received);
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
