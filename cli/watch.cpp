#include "cli/commands.hpp"
#include "cli/parts.hpp"
#include "core/settle/checker.hpp"
#include "core/settle/opener.hpp"
#include "core/support/json.hpp"
#include "core/support/url.hpp"
#include "sql/payment_url.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>

namespace tollgate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

/// Between two looks at our own table, which a daemon or cron may change meanwhile.
constexpr seconds look_interval{2};
/// Between two questions to the gateway, whoever asked the last one; the second for those that are
/// older than new_payment_age.
constexpr seconds ask_interval{10};
constexpr seconds late_ask_interval{30};
constexpr std::chrono::minutes new_payment_age{2};

enum class End { paid, unpaid, none };

End end_of(Status status)
{
    if (is_delivered(status)) return End::paid;
    // What is under review has not ended: a person decides, and the gateway may yet say more.
    return is_open(status) || status == Status::review ? End::none : End::unpaid;
}

std::string_view message_of(Status status)
{
    switch (status) {
    case Status::pending: return "the customer has not paid yet";
    case Status::processing: return "the payment is being processed";
    case Status::expired: return "the time to pay has run out";
    case Status::cancelled: return "the payment was cancelled";
    case Status::failed: return "the payment was refused";
    case Status::review: return "something was paid, and the shop has to look at it";
    case Status::paid: return "the payment is confirmed";
    case Status::disputed: return "the customer's bank wants the money back";
    case Status::partially_refunded: return "the payment is confirmed; a part was given back";
    case Status::refunded: return "the payment was given back";
    }
    impossible("status");
}

/// The gateway's own name of it, or ours as the gateway sees it.
const std::string& transaction_of(const Payment& payment)
{
    const auto& theirs = payment.gateway_ref.get();
    return theirs.empty() ? payment.reference.get() : theirs;
}

void print(const Payment& payment, bool json)
{
    if (json) {
        const auto said = Json::object({
            {"status", code(payment.state)},
            {"message", message_of(payment.state)},
            {"order_id", payment.order.get()},
            {"transaction_id", transaction_of(payment)},
            {"reference", payment.reference.get()},
            {"id", id_text(payment.id)},
            {"gateway", payment.gateway.get()},
            {"amount", major_text(payment.price)},
            {"currency", code(payment.price.currency)},
            {"timed_out", end_of(payment.state) == End::none},
        });
        fmt::print("{}\n", to_text(said));
        return;
    }
    fmt::print("status: {}\n", code(payment.state));
    fmt::print("message: {}\n", message_of(payment.state));
    fmt::print("order id: {}\n", payment.order.get());
    fmt::print("transaction id: {}\n", transaction_of(payment));
    fmt::print("reference: {}\n", payment.reference.get());
}

/// Follows one payment. A database or a gateway that is away is no end: it is asked again.
class Watch {
public:
    Watch(const Config& config, const WatchOptions& options)
        : config_{config}, options_{options}, parts_{config}, courier_{config.check},
          checker_{
              {parts_.store, parts_.gateways, courier_, parts_.clock}, check_limits(config.check)}
    {
    }

    int run();

private:
    std::optional<Payment> find();
    std::optional<Payment> find_by_url(const std::string& url);
    void follow(Payment& payment);
    void look(Payment& payment, milliseconds left);
    bool may_ask(const Payment& payment) const;

    const Config& config_;
    const WatchOptions& options_;
    Parts parts_;
    Courier courier_;
    Checker checker_; ///< ends before the courier
};

int Watch::run()
{
    auto payment = find();
    if (!payment) {
        not_found(options_.payment);
        return exit_code_no_payment;
    }
    if (!options_.json) {
        fmt::print(
            stderr,
            "watching payment {} of order {}\n",
            payment->reference.get(),
            payment->order.get()
        );
    }
    follow(*payment);
    print(*payment, options_.json);
    switch (end_of(payment->state)) {
    case End::paid: return 0;
    case End::unpaid: return exit_code_not_done;
    case End::none: return exit_code_timed_out;
    }
    impossible("end");
}

std::optional<Payment> Watch::find()
{
    const auto& wanted = options_.payment;
    if (wanted.name.find("://") != std::string::npos) return find_by_url(wanted.name);
    if (auto payment = find_payment(parts_.store, wanted)) return payment;
    if (wanted.name.empty() || !is_order_ref(wanted.name)) return {};
    return parts_.store.find(Merchant{wanted.merchant}, OrderRef{wanted.name});
}

/// Our return address, which names the payment in its token, or where the customer was sent to pay.
std::optional<Payment> Watch::find_by_url(const std::string& url)
{
    const auto query = url.find('?');
    if (query != std::string::npos) {
        const auto fields = parse_form(std::string_view{url}.substr(query + 1)).value_or(Fields{});
        const auto id = open_return_token(config_.server.key.expose(), field(fields, "t"));
        if (id) return parts_.store.find(*id);
    }
    const auto id = find_by_payment_url(parts_.pool, url, parts_.clock.now());
    return id ? parts_.store.find(*id) : std::nullopt;
}

void Watch::follow(Payment& payment)
{
    const auto end = Steady::now() + seconds{options_.timeout_s};
    bool in_trouble = false;
    while (end_of(payment.state) == End::none) {
        const auto left = std::chrono::duration_cast<milliseconds>(end - Steady::now());
        if (left.count() <= 0) return;
        try {
            look(payment, left);
            in_trouble = false;
            if (end_of(payment.state) != End::none) return;
        } catch (const std::exception& error) {
            if (!in_trouble) fmt::print(stderr, "tollgate: {}; trying again\n", error.what());
            in_trouble = true;
        }
        const auto pause = std::min<milliseconds>(look_interval, left);
        ::poll(nullptr, 0, static_cast<int>(pause.count()));
    }
}

void Watch::look(Payment& payment, milliseconds left)
{
    const auto id = payment.id;
    const auto again = [&] {
        auto found = parts_.store.find(id);
        check(found.has_value(), "a payment vanished");
        payment = *std::move(found);
    };
    again();
    if (!may_ask(payment)) return;
    checker_.check_now(payment.ref(), "watch", std::min(left, config_.check.timeout));
    again();
}

bool Watch::may_ask(const Payment& payment) const
{
    const auto* gateway = parts_.gateways.find(payment.gateway.get());
    if (gateway == nullptr || !is_open(payment.state)) return false;
    const auto& can = gateway->capabilities();
    const auto now = parts_.clock.now();
    const auto age = now - payment.created_at;
    const seconds interval = age < new_payment_age ? ask_interval : late_ask_interval;
    if (payment.checked_at) return can.can_check && now - *payment.checked_at >= interval;
    return can.can_check && age >= std::min(can.check_after, interval);
}

} // namespace

int run_watch(const Config& config, const WatchOptions& options)
{
    try {
        return Watch{config, options}.run();
    } catch (const std::exception& error) {
        fmt::print(stderr, "tollgate: {}\n", error.what());
        return exit_code_unavailable; // 1 would say that it is not paid
    }
}

} // namespace tollgate
