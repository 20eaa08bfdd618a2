// The contract between Tollgate and a payment provider. An adapter translates and nothing else: it
// does no I/O, reads no clock and stores nothing; bytes in, the next request or facts out.
//
// The caller owns time-outs, sizes, TLS, retries and the number of steps.
//
// Threads  an adapter is immutable after construction; any thread may call it
#pragma once

#include "core/money/money.hpp"
#include "core/net/http.hpp"
#include "core/payments/payment.hpp"
#include "core/support/expected.hpp"
#include "core/support/url.hpp"

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
};
std::string_view code(GatewayError error);

struct GatewayFault {
    GatewayError error{};
    std::string detail; ///< for the operator's log: the gateway's own code and words
};

enum class VerifyError { missing_signature, wrong_signature, malformed, other_merchant };
std::string_view code(VerifyError error);

/// The replies to the requests of one dialogue so far, oldest first.
using Replies = std::span<const HttpReply>;
/// Either the next request to send, or the dialogue's end.
template <class T>
using Step = std::variant<HttpRequest, Expected<T, GatewayFault>>;

/// What is needed to open a payment at the gateway.
struct Opening {
    const Payment& payment;
    std::string notify_url;
    std::string return_url;
    std::string language; ///< `fr` or `en`
};

struct Opened {
    GatewayRef gateway_ref;
    std::string payment_url; ///< where to send the customer
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
    Reference reference;
    Proof proof = Proof::none;
    std::string detail; ///< for the log: which of several accepted forms matched
    std::string
        record; ///< the message as it is kept: without secrets, card data, whole phone numbers
};

/// What the gateway says of a payment when asked.
struct Answer {
    Facts facts;
    GatewayRef gateway_ref; ///< empty when the answer does not name it
    std::string detail;     ///< the gateway's own code and words, for the operator
    std::string record;     ///< the reply as it is kept, like Claim::record
};

struct Reply {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

enum class Acknowledgement {
    alive,    ///< a ping: the gateway tests whether the address lives
    recorded, ///< the notification is durable
    unproven, ///< forged, unsigned or another merchant's: nothing was changed
    unreadable,
};

struct Capabilities {
    std::span<const Currency> currencies; ///< empty: every currency
    bool signs_notifications = false;
    bool can_check = false;
};

class Gateway {
public:
    virtual ~Gateway() = default;

    virtual std::string_view name() const = 0;
    virtual Capabilities capabilities() const = 0;
    /// The rule that `price` breaks, in words for the shop's developer; nothing when it may be
    /// sent.
    virtual std::optional<std::string> objection(Money price) const = 0;

    virtual Step<Opened> open(const Opening& opening, Replies replies) const = 0;
    /// True for a request that only tests whether the notify URL lives.
    virtual bool is_ping(const Inbound& inbound) const = 0;
    /// Hostile input is welcome.
    virtual Expected<Claim, VerifyError> verify(const Inbound& inbound) const = 0;
    virtual Step<Answer> check(const PaymentRef& payment, Replies replies) const = 0;
    /// Byte for byte what this gateway expects.
    virtual Reply acknowledge(Acknowledgement acknowledgement) const = 0;
    /// Which payment a returning browser names, by query or form; it proves nothing.
    virtual std::optional<Reference> returned(const Fields& fields) const = 0;
};

} // namespace tollgate
