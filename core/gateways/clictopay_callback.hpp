// Notifications of ClicToPay: what one proves depends on what the bank has switched on.
//
// Shape    a form, by query or body, with `checksum` when checksum_secret or checksum_public_key is
//          configured; JSON with the header X-Signature when webhook_secret is. Where nothing is
//          configured for its shape a message is a hint
// Threads  any
#pragma once

#include "core/crypto/rsa.hpp"
#include "core/gateways/gateway.hpp"

#include <string>
#include <string_view>

namespace tollgate::clictopay {

class Callbacks {
public:
    /// A checksum_public_key that cannot be read stops the process.
    explicit Callbacks(const GatewaySettings& settings);

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const;

private:
    Expected<Claim, VerifyError> verify_form(const Inbound& inbound) const;
    Expected<Claim, VerifyError> verify_json(const Inbound& inbound) const;
    /// Which kind of checksum of `text` this is; empty when it is none.
    std::string_view matching_form(std::string_view text, std::string_view checksum) const;
    bool is_signed_body(std::string_view body, std::string_view signature) const;

    Secret checksum_secret_;
    std::string checksum_public_key_;
    RsaDigest checksum_digest_;
    Secret webhook_secret_;
};

} // namespace tollgate::clictopay
