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

#include <chrono>
#include <string>
#include <string_view>

namespace tollgate::twins {

inline constexpr std::chrono::milliseconds hang_max{60'000};

/// What the program lends to its twins; it outlives them.
struct TwinServices {
    Notifier& notifier;
    Hold& hold;
    TwinSettings& settings;
    const Clock& clock;
    std::string public_url; ///< without a final slash
};

/// How one notification shall look.
struct NotificationWish {
    Json::Object overrides; ///< replace or add fields; null removes one
    Signature signature = Signature::valid;
    FormKind form = FormKind::urlencoded;
    FieldOrder order = FieldOrder::fixed;
    bool unknown_fields = false;
    bool only_required = false;
};

class Twin {
public:
    Twin(std::string_view name, TwinServices& services);
    virtual ~Twin() = default;
    Twin(const Twin&) = delete;
    Twin& operator=(const Twin&) = delete;

    Response handle(const Request& request) const { return router_(request); }

    /// The notification that this gateway sends about `transaction` as it is.
    virtual HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const = 0;
    /// What the customer's browser is to carry back to the merchant, by a POST form.
    virtual Fields return_fields(const Transaction& transaction) const = 0;

    const std::string& name() const { return name_; }
    TwinServices& services() const { return services_; }
    Ledger& ledger() const { return ledger_; }
    Instant now() const { return services_.clock.now(); }
    /// `path` begins with a slash.
    std::string url(std::string_view path) const;
    std::string payment_url(const Transaction& transaction) const;
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
    mutable Ledger ledger_; ///< has a lock of its own
    Router router_;
};

} // namespace tollgate::twins
