#include "core/gateways/gateway.hpp"

#include "core/support/check.hpp"

namespace tollgate {

std::string_view code(Proof proof)
{
    switch (proof) {
    case Proof::none: return "none";
    case Proof::shared_secret: return "shared_secret";
    case Proof::signed_message: return "signed";
    }
    impossible("proof");
}

std::string_view code(GatewayError error)
{
    switch (error) {
    case GatewayError::unavailable: return "unavailable";
    case GatewayError::malformed: return "malformed";
    case GatewayError::refused: return "refused";
    case GatewayError::not_asked: return "not_asked";
    }
    impossible("gateway error");
}

std::string_view code(VerifyError error)
{
    switch (error) {
    case VerifyError::missing_signature: return "missing_signature";
    case VerifyError::wrong_signature: return "wrong_signature";
    case VerifyError::malformed: return "malformed";
    case VerifyError::other_merchant: return "other_merchant";
    }
    impossible("verify error");
}

std::string_view code(Flow flow)
{
    switch (flow) {
    case Flow::hosted_page: return "hosted_page";
    case Flow::phone_prompt: return "phone_prompt";
    case Flow::on_delivery: return "on_delivery";
    }
    impossible("flow");
}

std::string_view code(Refunds refunds)
{
    switch (refunds) {
    case Refunds::none: return "none";
    case Refunds::full: return "full";
    case Refunds::partial: return "partial";
    }
    impossible("refunds");
}

Step<Answer> Gateway::refund(const PaymentRef&, Replies) const
{
    impossible("a refund through a gateway that has none");
}

bool Gateway::is_ping(const Inbound&) const
{
    return false;
}

Reply Gateway::acknowledge(const Acknowledgement& acknowledgement) const
{
    using enum Acknowledgement::Kind;
    switch (acknowledgement.kind) {
    case alive:
    case recorded: return {.status = 200, .body = "ok\n"};
    case unproven: return {.status = 401, .body = "not verified\n"};
    case unreadable: return {.status = 400, .body = "not readable\n"};
    }
    impossible("acknowledgement");
}

std::optional<Reference> Gateway::returned(const Fields&) const
{
    return {};
}

HttpRequest Gateway::token_request(std::string_view) const
{
    impossible("an access token of a gateway that has none");
}

Expected<AccessToken, GatewayFault> Gateway::read_token(std::string_view, const HttpReply&) const
{
    impossible("an access token of a gateway that has none");
}

} // namespace tollgate
