// The contract between Tollgate and a payment provider. An adapter translates and nothing else: it
// does no I/O, reads no clock and stores nothing; bytes in, the next request or facts out.
//
// The caller owns time-outs, sizes, TLS, retries, access tokens and the number of steps.
//
// Threads  an adapter is immutable after construction; any thread may call it
#pragma once

#include "core/config/config.hpp"
#include "core/money/money.hpp"
#include "core/net/http.hpp"
#include "core/payments/payment.hpp"
#include "core/support/expected.hpp"
#include "core/support/url.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tollgate {

/// How well a message proves who sent it.
enum class Proof : unsigned char { none, shared_secret, signed_message };
std::string_view code(Proof proof);

/// Why a gateway's answer gives no result. None of them says that nobody paid.
enum class GatewayError {
    unavailable, ///< no reply, 5xx, or the gateway says that it cannot answer now
    malformed,   ///< a reply that this adapter cannot read
    refused,     ///< the gateway understood and said no: nothing was opened
    not_asked,   ///< it has not answered for a while: nothing was sent
};
std::string_view code(GatewayError error);

struct GatewayFault {
    GatewayError error{};
    std::string detail; ///< for the operator's log: the gateway's own code and words
};

enum class VerifyError { missing_signature, wrong_signature, malformed, other_merchant };
std::string_view code(VerifyError error);

/// The next request of a dialogue. With `access`, the caller sends the access token of that name in
/// `authorization`: kept while it lasts, and fetched anew once when the reply is 401.
struct Call {
    HttpRequest request;
    std::string access{};
};

/// The replies to the requests of one dialogue so far, oldest first; those that fetch tokens are
/// not among them.
using Replies = std::span<const HttpReply>;
/// Either the next request to send, or the dialogue's end.
template <class T>
using Step = std::variant<Call, Expected<T, GatewayFault>>;

struct AccessToken {
    std::string authorization; ///< the header's whole value, `Bearer eyJ…`
    std::chrono::seconds lasts{};
};

/// What is needed to open a payment at the gateway.
struct Opening {
    const Payment& payment;
    std::string notify_url;
    std::string return_url;
    std::string language; ///< `fr` or `en`
};

struct Opened {
    GatewayRef gateway_ref;  ///< empty when the gateway names it later
    std::string payment_url; ///< where to send the customer; empty: he waits on our page
};

/// A rule that a new payment breaks, in words for the shop's developer.
struct Objection {
    std::string field; ///< of the payments API: `amount`, `currency`, `customer.phone`
    std::string rule;  ///< `amount must be a multiple of 5`
};

/// An inbound message, byte for byte as it came.
struct Inbound {
    std::string method;
    const Headers& headers;
    std::string_view query;
    std::string_view body;
};

/// Whom a message is about and how well that is proven. It is a reason to ask, never a fact.
struct Claim {
    Reference reference{};    ///< empty when only gateway_ref is named
    GatewayRef gateway_ref{}; ///< empty when not named
    Proof proof = Proof::none;
    std::string detail{}; ///< for the log: which of several accepted forms matched
    /// The message as it is kept: without secrets, card data, whole phone numbers.
    std::string record{};

    /// False for a message that is in order but about no payment, such as an event of a payout.
    bool names_payment() const { return !reference.empty() || !gateway_ref.empty(); }
};

/// How the refund that is under way (PaymentRef::refund) ended.
enum class RefundOutcome {
    unknown,   ///< this answer does not tell
    under_way, ///< the gateway has it and is not done
    done,
    refused, ///< for good: nothing was given back
};

/// What the gateway says of a payment when asked.
struct Answer {
    Facts facts{};
    /// The gateway says, in words that the adapter knows, that nothing was paid so far, or knows no
    /// such payment. A word that nobody knows says neither, and no payment expires by it.
    bool unpaid = false;
    GatewayRef gateway_ref{}; ///< empty when the answer does not name it
    std::string detail{};     ///< the gateway's own code and words, for the operator
    std::string record{};     ///< the reply as it is kept, like Claim::record
    RefundOutcome refund = RefundOutcome::unknown;
    std::string refund_ref{}; ///< the gateway's own name of the refund; empty when not named
};

struct Reply {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
};

/// What an inbound message is answered with.
struct Acknowledgement {
    enum class Kind {
        alive,    ///< a ping: the gateway tests whether the address lives
        recorded, ///< the notification is durable, or needs not be
        unproven, ///< forged, unsigned or another merchant's: nothing was changed
        unreadable,
    };
    Kind kind{};
    const Claim* claim = nullptr; ///< when recorded
    std::string return_url{};     ///< when recorded: where the customer's browser may be sent
};

/// What the customer does after the payment was opened.
enum class Flow {
    hosted_page,  ///< pays on the gateway's page
    phone_prompt, ///< confirms on the phone, and waits on our page
    on_delivery,  ///< pays the carrier; an operator confirms
};
std::string_view code(Flow flow);

enum class Refunds { none, full, partial };
std::string_view code(Refunds refunds);

/// What a gateway can do, whatever its settings: data, not code.
struct Capabilities {
    Flow flow{};
    std::span<const Currency> currencies; ///< empty: every currency
    Proof notifications = Proof::none;    ///< the best proof that its notifications can carry
    bool notifies = true;
    bool notifies_by_put = false; ///< besides POST and GET
    bool can_check = true;        ///< false: an operator confirms
    Refunds refunds = Refunds::none;
    /// Before that, an unprompted question about a new payment makes no sense.
    std::chrono::seconds check_after{15};
};

class Gateway;

/// A gateway that exists, configured or not. Each adapter has one, `kind_of_<name>()`.
struct GatewayKind {
    GatewaySpec spec;       ///< name and settings
    std::string_view title; ///< as people write it: `CinetPay`
    Capabilities capabilities;
    std::unique_ptr<const Gateway> (*make)(const GatewaySettings& settings);
};

class Gateway {
public:
    /// `kind` must outlive the gateway.
    explicit Gateway(const GatewayKind& kind) : kind_{kind} {}
    virtual ~Gateway() = default;
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    std::string_view name() const { return kind_.spec.name; }
    const Capabilities& capabilities() const { return kind_.capabilities; }

    /// Every rule that such a payment would break; empty when it may be sent.
    virtual std::vector<Objection> objections(Money price, const Customer& customer) const = 0;
    virtual Step<Opened> open(const Opening& opening, Replies replies) const = 0;
    virtual Step<Answer> check(const PaymentRef& payment, Replies replies) const = 0;
    /// Carries out payment.refund, which must be there. An answer that does not come is asked for
    /// by check(). Only for gateways that refund.
    virtual Step<Answer> refund(const PaymentRef& payment, Replies replies) const;

    /// True for a request that only tests whether the notify URL lives.
    virtual bool is_ping(const Inbound& inbound) const;
    /// Hostile input is welcome.
    virtual Expected<Claim, VerifyError> verify(const Inbound& inbound) const = 0;
    /// Byte for byte what this gateway expects. Unless overridden: 200, 401 or 400.
    virtual Reply acknowledge(const Acknowledgement& acknowledgement) const;
    /// Which payment a returning browser names, by query or form; it proves nothing.
    virtual std::optional<Reference> returned(const Fields& fields) const;

    /// For gateways whose calls need access tokens: how the one named `access` is fetched.
    virtual HttpRequest token_request(std::string_view access) const;
    virtual Expected<AccessToken, GatewayFault>
    read_token(std::string_view access, const HttpReply& reply) const;

private:
    const GatewayKind& kind_;
};

/// GatewayKind::make of an adapter.
template <class Adapter>
std::unique_ptr<const Gateway> make_gateway(const GatewaySettings& settings)
{
    return std::make_unique<Adapter>(settings);
}

} // namespace tollgate
