// A payment: one attempt to pay an order through one gateway. A retry is a new payment of the same
// order.
#pragma once

#include "core/money/money.hpp"
#include "core/payments/facts.hpp"
#include "core/payments/status.hpp"
#include "core/support/clock.hpp"
#include "core/support/strong.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate {

/// 16 bytes, UUID version 7. Text form: id_text().
using PaymentId = Strong<struct PaymentIdTag>;
/// The shop's name of its order: 1 to order_ref_length_max characters of [A-Za-z0-9._:/#-].
using OrderRef = Strong<struct OrderRefTag>;
/// Our name of a payment as the gateway sees it: reference_length characters of [A-Z0-9], unique
/// for ever (fits every gateway).
using Reference = Strong<struct ReferenceTag>;
/// The gateway's own name of a payment (CinetPay: payment_token): 1 to gateway_ref_bytes_max
/// printable characters.
using GatewayRef = Strong<struct GatewayRefTag>;
/// The registry's name of a gateway, `cinetpay`.
using GatewayName = Strong<struct GatewayNameTag>;
/// Whose payments these are; an API key belongs to one merchant.
using Merchant = Strong<struct MerchantTag>;

inline constexpr std::size_t reference_length = 20;
inline constexpr std::size_t order_ref_length_max = 64;
inline constexpr std::size_t gateway_ref_bytes_max = 191;
inline constexpr std::size_t payment_url_bytes_max = 1000;
/// Open payments are asked about until they are so old.
inline constexpr std::chrono::hours check_age_max{24 * 30};
/// A gateway that has not answered for so long is a matter for the operator.
inline constexpr std::chrono::hours unanswered_after{24 * 3};

/// What some gateways ask about the customer. Minimal: nothing is kept that no gateway needs.
struct Customer {
    std::string name;
    std::string surname;
    std::string email;
    std::string phone; ///< `+2250700000000`
    std::string address;
    std::string city;
    std::string country; ///< ISO 3166-1 alpha-2
    std::string state;
    std::string zip;

    friend bool operator==(const Customer&, const Customer&) = default;
};

/// The members of Customer by the names they have in JSON.
inline constexpr std::array<std::pair<std::string_view, std::string Customer::*>, 9>
    customer_fields{{
        {"name", &Customer::name},
        {"surname", &Customer::surname},
        {"email", &Customer::email},
        {"phone", &Customer::phone},
        {"address", &Customer::address},
        {"city", &Customer::city},
        {"country", &Customer::country},
        {"state", &Customer::state},
        {"zip", &Customer::zip},
    }};

/// What is delivered when paid, and where that differs from the merchant's rules for all.
struct PaidFile {
    std::string path; ///< below the download folder
    std::optional<int> uses_max{};
    std::optional<std::chrono::seconds> expires_after{};

    friend bool operator==(const PaidFile&, const PaidFile&) = default;
};

/// Money on its way back to the customer: begun, and the gateway has not said how it ended.
struct Refund {
    Reference id; ///< our name of it, as the gateway sees it; of the form of a payment's reference
    Money amount;
    Money total;             ///< all that will have been given back once it is done
    std::string gateway_ref; ///< the gateway's own name of it; empty until known
    Instant began_at{};

    friend bool operator==(const Refund&, const Refund&) = default;
};

/// What a gateway is asked about.
struct PaymentRef {
    PaymentId id;
    GatewayName gateway;
    Reference reference;
    GatewayRef gateway_ref;
    Money price;
    std::optional<Refund> refund{}; ///< the one that is under way
    int messages = 0;               ///< Payment::messages, at least
};

struct Payment {
    PaymentId id;
    Merchant merchant;
    OrderRef order;
    int attempt = 1; ///< counts the payments of one order
    GatewayName gateway;
    Reference reference;
    GatewayRef gateway_ref;
    Money price;
    std::string description;
    Customer customer;
    std::vector<PaidFile> files; ///< each path once
    Facts facts;
    std::optional<Refund> refund{}; ///< under way; at most one at a time
    Status state = Status::pending; ///< status(facts, price), as it was stored
    bool paid_twice = false;        ///< another payment of the order had been paid before
    std::string payment_url;        ///< where the customer pays; empty until the gateway said so
    int checks = 0;                 ///< how often the gateway was asked
    int messages = 0;               ///< how many messages were worth a question
    std::optional<Instant> check_due_at;
    std::optional<Instant> checked_at;         ///< when a question was settled last, asked or not
    std::optional<Instant> unanswered_since{}; ///< the gateway has not answered since
    bool attention_seen = false;               ///< an operator has dealt with what attention() says
    Instant created_at{};
    Instant opening_until{}; ///< so long an opening without an answer holds the order
    std::optional<Instant> paid_at;
    std::string chain; ///< 32 bytes, hash of the last event; empty before the first
    int events = 0;    ///< the number of the last event

    PaymentRef ref() const
    {
        return {id, gateway, reference, gateway_ref, price, refund, messages};
    }
};

/// Whether all that there was to be once the refund is done counts as given back.
bool is_given_back(const Refund& refund, const Facts& facts);
/// What an operator should look at: what the facts say, and what nobody says.
Attention attention(const Payment& payment);
/// `0190f3c2-7b1e-7c3a-9f00-0123456789ab`
std::string id_text(const PaymentId& id);
std::optional<PaymentId> parse_id(std::string_view text);
bool is_reference(std::string_view text);
bool is_order_ref(std::string_view text);
/// Whether what a gateway calls a payment or a refund can be kept.
bool is_gateway_ref(std::string_view text);

} // namespace tollgate
