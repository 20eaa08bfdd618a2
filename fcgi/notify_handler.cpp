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

/// The same message again has the same digest; another gateway's never.
std::string digest_of(const Gateway& gateway, const Request& request)
{
    std::string message{gateway.name()};
    for (const auto& part : {request.query, request.body}) {
        message += '\0';
        message += part;
    }
    return sha256(message);
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
    const bool unreadable = error == VerifyError::malformed;
    return response_of(
        gateway.acknowledge(unreadable ? Acknowledgement::unreadable : Acknowledgement::unproven)
    );
}

} // namespace

Response handle_notify(const Services& services, const Request& request, std::string_view name)
{
    const auto* gateway = services.gateways.find(name);
    if (gateway == nullptr)
        return {.status = 404, .body = "not found\n", .headers = {}, .file = {}};

    const Inbound inbound{request.method, request.headers, request.query, request.body};
    if (gateway->is_ping(inbound)) return response_of(gateway->acknowledge(Acknowledgement::alive));

    auto claim = gateway->verify(inbound);
    if (!claim) return reject(*gateway, request, claim.error());

    const auto payment = services.intake.put({
        .gateway = GatewayName{std::string{gateway->name()}},
        .reference = claim->reference,
        .proof = claim->proof,
        .digest = digest_of(*gateway, request),
        .record = std::move(claim->record),
        .received_at = services.clock.now(),
    });
    log_debug(
        "notify.recorded",
        {{"request", request.id},
         {"gateway", gateway->name()},
         {"reference", claim->reference.get()},
         {"proof", code(claim->proof)},
         {"form", claim->detail},
         {"ours", payment ? "yes" : "no"}}
    );
    if (payment) services.checker.enqueue(*payment, "notification");
    return response_of(gateway->acknowledge(Acknowledgement::recorded));
}

} // namespace tollgate
