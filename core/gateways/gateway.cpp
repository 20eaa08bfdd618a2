#include "core/gateways/gateway.hpp"

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

} // namespace tollgate
