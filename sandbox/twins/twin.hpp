// An executable imitation of one gateway: its wire protocol, its payment page, its notifications,
// and its bad manners when told so.
//
// A twin's own file adds the routes of its API and answers the questions below; the page and the
// control interface (docs/sandbox.md) are the same for all.
//
// Threads  any thread may call a twin, once it is made
#pragma once

#include "core/support/clock.hpp"
#include "core/support/json.hpp"
#include "fcgi/router.hpp"
#include "sandbox/twins/hold.hpp"
#include "sandbox/twins/ledger.hpp"
#include "sandbox/twins/notifier.hpp"
#include "sandbox/twins/settings.hpp"
#include "sandbox/twins/tokens.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::twins {

inline constexpr std::chrono::milliseconds hang_max{60'000};

/// What the program lends to its twins; it outlives them.
struct TwinServices {
    Notifier& notifier;
    Hold& hold;
    TwinSettings& settings;
    const Clock& clock;
    std::string public_url;  ///< without a final slash
    std::string notify_base; ///< where merchants' notify URLs lie, `http://shop/notify`
};

/// How one notification shall look.
struct NotificationWish {
    Json::Object overrides; ///< replace or add fields; null removes one
    Signature signature = Signature::valid;
    FormKind form = FormKind::urlencoded;
    FieldOrder order = FieldOrder::fixed;
    std::string shape{};
    bool unknown_fields = false;
    bool only_required = false;
};

/// An order that this gateway takes, and what can become of it: for the demo and the tests.
struct Sample {
    std::string amount; ///< major units
    std::string currency;
    std::string phone{}; ///< of a customer, where the gateway wants one
    /// Whether an answer to a check says how much was paid, and of which payment.
    bool tells_amount = true;
    /// The decisions, besides `approve`, that this gateway knows, and the status each ends in.
    std::vector<std::pair<std::string, std::string>> outcomes{{"decline", "failed"}};
};

/// How the browser goes back to the merchant.
struct WayBack {
    std::string method; ///< `get` or `post`
    std::string url;    ///< empty: there is no way back
    Fields fields{};    ///< posted
};

class Twin {
public:
    Twin(std::string_view name, TwinServices& services);
    virtual ~Twin() = default;
    Twin(const Twin&) = delete;
    Twin& operator=(const Twin&) = delete;

    Handled handle(const Request& request) const { return router_(request); }

    /// The notification that this gateway sends about `transaction` as it is.
    virtual HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const = 0;
    virtual WayBack way_back(const Transaction& transaction) const = 0;
    /// What a Tollgate that speaks to this twin is told in `[gateway.<name>]`.
    virtual Json::Object tollgate_settings() const = 0;
    virtual Sample sample() const = 0;
    /// Whether the gateway takes this answer to a notification as good; what it does not is sent
    /// again after each of `retry_waits`.
    virtual bool is_acknowledged(const Delivery& delivery) const;
    virtual std::vector<std::chrono::milliseconds> retry_waits() const { return {}; }
    /// Hears of every answer, for gateways to which it says more than "received".
    virtual void take_answer(const std::string& reference, const Delivery& delivery) const;

    const std::string& name() const { return name_; }
    TwinServices& services() const { return services_; }
    Ledger& ledger() const { return ledger_; }
    Tokens& tokens() const { return tokens_; }
    Instant now() const { return services_.clock.now(); }
    /// `path` begins with a slash.
    std::string url(std::string_view path) const;
    std::string payment_url(const Transaction& transaction) const;
    /// The notify URL that the merchant entered in the back office of this gateway.
    std::string entered_notify_url() const;
    /// A name that nobody can guess: 64 hexadecimal digits.
    static std::string new_token();

protected:
    /// `path` is below the twin's own, as in Router::add().
    void route(std::string_view methods, std::string_view path, RouteHandler handler);
    /// The routes that all twins have. To be called last: the API's own are looked up first.
    void add_common_routes();

private:
    std::string name_;
    TwinServices& services_;
    mutable Ledger ledger_; ///< has a lock of its own, as the tokens
    mutable Tokens tokens_;
    Router router_;
};

} // namespace tollgate::twins
