#include "fcgi/notify_handler.hpp"

#include "core/settle/counters.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"
#include "core/support/log_limit.hpp"

#include <memory>
#include <mutex>
#include <set>

namespace tollgate {
namespace {

constexpr std::size_t rejections_logged_per_second_max = 10;

Response response_of(Reply reply)
{
    Response response;
    response.status = reply.status;
    response.content_type = std::move(reply.content_type);
    response.body = std::move(reply.body);
    return response;
}

/// Anybody can send what proves nothing: a flood of it must cost neither a system call each nor the
/// disk that the log is on.
void log_rejected(
    const Request& request, const Gateway& gateway, VerifyError error, const Clock& clock
)
{
    counters::notifications.add({gateway.name(), "rejected"});
    static LogLimit limit{rejections_logged_per_second_max};
    const auto left_out = limit.admit(clock.now());
    if (!left_out) return;
    log_warning(
        "notify.rejected",
        {{"request", request.id},
         {"gateway", gateway.name()},
         {"error", code(error)},
         {"bytes", request.body.size()},
         {"left_out", *left_out}}
    );
}

Response refusal(const Gateway& gateway, VerifyError error)
{
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

/// What follows once a notification is durable, if there was anything to keep.
Response recorded(
    const Services& services,
    const Request& request,
    const Gateway& gateway,
    const Claim& claim,
    const Received& received
)
{
    counters::count(GatewayName{std::string{gateway.name()}}, received);
    fail_point("notify.before_enqueue");
    log_recorded(request, gateway, claim, received);
    const auto& payment = received.payment;
    if (payment && received.ask) services.checker.enqueue(*payment, "notification");
    return response_of(gateway.acknowledge({
        .kind = Acknowledgement::Kind::recorded,
        .claim = &claim,
        .return_url = payment ? services.opener.return_url(gateway, payment->id)
                              : services.gateways.return_url(gateway),
    }));
}

Received received_of(const Intake::Outcome& outcome)
{
    if (const auto* error = std::get_if<std::exception_ptr>(&outcome)) {
        std::rethrow_exception(*error);
    }
    return std::get<Received>(outcome);
}

} // namespace

Handled handle_notify(const Services& services, const Request& request, std::string_view name)
{
    const auto* gateway = services.gateways.find(name);
    check(gateway != nullptr, "a route to a gateway that is not configured");
    const Inbound inbound{request.method, request.headers, request.query, request.body};
    if (gateway->is_ping(inbound)) {
        return response_of(gateway->acknowledge({.kind = Acknowledgement::Kind::alive}));
    }
    auto verified = gateway->verify(inbound);
    if (!verified) {
        log_rejected(request, *gateway, verified.error(), services.clock);
        return refusal(*gateway, verified.error());
    }
    if (!verified->names_payment()) return recorded(services, request, *gateway, *verified, {});
    const auto claim = std::make_shared<const Claim>(*std::move(verified));
    auto one = notification_of(*gateway, inbound, *claim, services.clock.now());
    return [=, &services, &request, one = std::move(one)](const Respond& respond) mutable {
        services.intake.put(
            std::move(one),
            [=, &services, &request](const Intake::Outcome& outcome) {
                respond([&] {
                    return recorded(services, request, *gateway, *claim, received_of(outcome));
                });
            }
        );
    };
}

} // namespace tollgate
