#include "sandbox/twins/announce.hpp"

#include "core/support/check.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

namespace tollgate::twins {
namespace {

Delivery delivery_of(const HttpRequest& request, HttpClient::Result reply)
{
    Delivery delivery{.sent = request.body, .status = 0, .body = {}, .error = {}};
    if (reply) {
        delivery.status = reply->status;
        delivery.body = std::move(reply->body);
    } else {
        delivery.error = code(reply.error());
    }
    return delivery;
}

/// Sends it again, as often as this gateway does, until it is acknowledged. Nobody waits for that.
void repeat(
    const Twin& twin,
    const std::string& reference,
    const HttpRequest& request,
    std::vector<std::chrono::milliseconds> waits
)
{
    if (waits.empty()) return;
    const auto wait = waits.front();
    waits.erase(waits.begin());
    twin.services().notifier.post(
        request,
        wait,
        [&twin, reference, request, waits = std::move(waits)](HttpClient::Result reply) mutable {
            const auto delivery = delivery_of(request, std::move(reply));
            twin.ledger().record(reference, delivery);
            twin.take_answer(reference, delivery);
            if (!twin.is_acknowledged(delivery)) repeat(twin, reference, request, std::move(waits));
        }
    );
}

/// The gateway's own waits, or as many of the length that was asked for.
std::vector<std::chrono::milliseconds> waits_of(const Twin& twin, const std::string& reference)
{
    auto waits = twin.retry_waits();
    if (const auto wait = twin.ledger().behaviour_of(reference)->notify_retry) {
        std::ranges::fill(waits, *wait);
    }
    return waits;
}

std::future<Delivery> begin(
    const Twin& twin,
    const std::string& reference,
    const HttpRequest& request,
    std::chrono::milliseconds delay = {}
)
{
    auto promise = std::make_shared<std::promise<Delivery>>();
    auto future = promise->get_future();
    auto on_done = [&twin, reference, request, promise](HttpClient::Result reply) {
        auto delivery = delivery_of(request, std::move(reply));
        twin.ledger().record(reference, delivery);
        twin.take_answer(reference, delivery);
        if (!twin.is_acknowledged(delivery)) {
            repeat(twin, reference, request, waits_of(twin, reference));
        }
        promise->set_value(std::move(delivery));
    };
    twin.services().notifier.post(request, delay, std::move(on_done));
    return future;
}

Delivery await(const Twin& twin, std::future<Delivery> answer, std::chrono::milliseconds delay = {})
{
    constexpr std::chrono::milliseconds slice{100}; // how late the program's end may be noticed
    const auto end = std::chrono::steady_clock::now() + delay + answer_wait_max;
    while (std::chrono::steady_clock::now() < end && !twin.services().hold.stopping()) {
        if (answer.wait_for(slice) == std::future_status::ready) return answer.get();
    }
    return {.sent = {}, .status = 0, .body = {}, .error = "timeout"};
}

Transaction as_before_its_decision(Transaction transaction)
{
    transaction.state = State::pending;
    transaction.paid_at.reset();
    return transaction;
}

} // namespace

Delivery deliver(const Twin& twin, const std::string& reference, const HttpRequest& request)
{
    return await(twin, begin(twin, reference, request));
}

std::vector<Delivery> announce(
    const Twin& twin, const Transaction& transaction, const Behaviour& behaviour, Patience patience
)
{
    if (transaction.notify_url.empty()) return {};
    const NotificationWish wish{
        .overrides = {},
        .form = behaviour.notify_form,
        .order = behaviour.notify_order,
        .shape = behaviour.notify_shape,
        .unknown_fields = behaviour.unknown_fields,
        .only_required = behaviour.only_required,
    };
    const auto& reference = transaction.reference;
    const auto request = twin.notification(transaction, wish);
    switch (behaviour.notify) {
    case NotifyManner::never: return {};
    case NotifyManner::once: return {deliver(twin, reference, request)};
    case NotifyManner::twice:
        return {deliver(twin, reference, request), deliver(twin, reference, request)};
    case NotifyManner::reordered: {
        const auto stale = twin.notification(as_before_its_decision(transaction), wish);
        return {deliver(twin, reference, request), deliver(twin, reference, stale)};
    }
    case NotifyManner::delayed: {
        auto answer = begin(twin, reference, request, behaviour.notify_delay);
        if (patience == Patience::but_not_for_delay) return {};
        return {await(twin, std::move(answer), behaviour.notify_delay)};
    }
    case NotifyManner::together: {
        auto first = begin(twin, reference, request);
        auto second = begin(twin, reference, request);
        return {await(twin, std::move(first)), await(twin, std::move(second))};
    }
    }
    impossible("manner of notifying");
}

} // namespace tollgate::twins
