// A gateway that does what a test says, under a name that the registry knows. What a test does not
// set fails the test's dialogue: the courier ends it as malformed.
#pragma once

#include "core/gateways/dialogue.hpp"
#include "core/gateways/gateway.hpp"

#include <functional>
#include <stdexcept>
#include <string>

namespace tollgate {

namespace stub_detail {

struct Kind {
    GatewayKind kind;
};

} // namespace stub_detail

class StubGateway final : private stub_detail::Kind, public Gateway {
public:
    explicit StubGateway(const Capabilities& capabilities = {}, std::string_view name = "cinetpay")
        : Kind{{
              .spec = {.name = name, .settings = {}},
              .title = "Stub",
              .capabilities = capabilities,
              .make = nullptr,
          }},
          Gateway{kind}
    {
    }

    std::function<Step<Opened>(const Opening&, Replies)> on_open;
    std::function<Step<Answer>(const PaymentRef&, Replies)> on_check;
    std::function<Step<Answer>(const PaymentRef&, Replies)> on_refund;
    std::function<HttpRequest(std::string_view)> on_token_request;
    std::function<Expected<AccessToken, GatewayFault>(std::string_view, const HttpReply&)> on_token;

    std::vector<Objection> objections(Money, const Customer&) const override { return {}; }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        return on_open(opening, replies);
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        return on_check(payment, replies);
    }

    Step<Answer> refund(const PaymentRef& payment, Replies replies) const override
    {
        return on_refund(payment, replies);
    }

    Expected<Claim, VerifyError> verify(const Inbound&) const override
    {
        return Unexpected{VerifyError::malformed};
    }

    HttpRequest token_request(std::string_view access) const override
    {
        return on_token_request(access);
    }

    Expected<AccessToken, GatewayFault>
    read_token(std::string_view access, const HttpReply& reply) const override
    {
        return on_token(access, reply);
    }
};

/// The end of a dialogue, in one word less.
template <class T>
Step<T> ended(T value)
{
    return Expected<T, GatewayFault>{std::move(value)};
}

template <class T>
Step<T> failed(GatewayError error, std::string detail)
{
    return Expected<T, GatewayFault>{fault(error, std::move(detail))};
}

} // namespace tollgate
