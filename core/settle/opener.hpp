// The use case "open a payment": our row first, then the gateway. A lost answer leaves the payment
// pending, to be asked about; it is never opened twice under one reference.
#pragma once

#include "core/settle/checker.hpp"
#include "core/support/secret.hpp"

#include <string>
#include <variant>
#include <vector>

namespace tollgate {

/// What the shop asks for; already validated against the gateway's rules.
struct OpeningOrder {
    Merchant merchant;
    OrderRef order;
    Money price;
    std::string description;
    std::vector<PaidFile> files;
    Customer customer;
    std::string language;
    ShopUrls urls{};
};

struct OpeningResult {
    enum class Kind {
        opened,
        order_taken, ///< the order is paid or under way; `payment` is that one
        refused,     ///< the gateway said no; the payment has failed
        no_answer,   ///< pending; the gateway will be asked
    };

    Kind kind{};
    Payment payment;
};

struct OpenerServices {
    Store& store;
    const Gateways& gateways;
    Courier& courier;
    const Clock& clock;
    std::string_view link_key; ///< makes return tokens
};

class Opener {
public:
    explicit Opener(const OpenerServices& services) : services_{services} {}

    OpeningResult open(const Gateway& gateway, const OpeningOrder& order);
    /// What was asked for when it was opened, but for the language.
    OpeningOrder order_of(const Payment& payment) const;
    /// A new payment of the same order, through the same gateway.
    OpeningResult retry(const Gateway& gateway, const Payment& unpaid, std::string language);

    /// The address to which the customer comes back from the gateway.
    std::string return_url(const Gateway& gateway, const PaymentId& id) const;

private:
    OpeningResult ask(const Gateway& gateway, Payment payment, std::string language);
    OpeningResult refused(const Payment& payment, const GatewayFault& fault);

    OpenerServices services_;
};

/// The token of a return address; it names a payment and proves that we sent the customer.
std::string return_token(std::string_view link_key, const PaymentId& id);
std::optional<PaymentId> open_return_token(std::string_view link_key, std::string_view token);
/// With the key that links are made with, or the one before.
std::optional<PaymentId> open_return_token(const ServerConfig& server, std::string_view token);

} // namespace tollgate
