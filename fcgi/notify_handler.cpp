#include "fcgi/notify_handler.hpp"

#include "core/crypto/digest.hpp"
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

/// The parts do not run into each other; another gateway's message never has the same digest.
std::string digest_of(const Gateway& gateway, std::initializer_list<std::string_view> parts)
{
    std::string message{gateway.name()};
    for (const auto& part : parts) {
        message += '\0';
        message += part;
    }
    return sha256(message);
}

/// Notification::digest
std::string
digest_of(const Gateway& gateway, const Request& request, const Claim& claim, Instant now)
{
    if (claim.proof != Proof::none) return digest_of(gateway, {request.query, request.body});
    const auto interval =
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() / hint_interval;
    return digest_of(
        gateway, {"hint", claim.reference.get(), claim.gateway_ref.get(), std::to_string(interval)}
    );
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

Received
record(const Services& services, const Gateway& gateway, const Request& request, const Claim& claim)
{
    const auto now = services.clock.now();
    return services.intake.put({
        .gateway = GatewayName{std::string{gateway.name()}},
        .reference = claim.reference,
        .gateway_ref = claim.gateway_ref,
        .proof = claim.proof,
        .digest = digest_of(gateway, request, claim, now),
        .record = claim.record,
        .received_at = now,
    });
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
    if (claim->names_payment()) received = record(services, *gateway, request, *claim);
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
