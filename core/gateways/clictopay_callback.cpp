#include "core/gateways/clictopay_callback.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/gateways/clictopay_order.hpp"
#include "core/support/check.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>

namespace tollgate::clictopay {
namespace {

constexpr std::string_view unsigned_form = "unsigned";

/// What the checksum is made of.
std::string signed_text(Fields fields)
{
    std::erase_if(fields, [](const auto& one) {
        return one.first == "checksum" || one.first == "sign_alias";
    });
    std::ranges::stable_sort(fields, {}, &Fields::value_type::first);
    std::string text;
    for (const auto& [name, value] : fields)
        text += name + ";" + value + ";";
    return text;
}

bool is_json(const Inbound& inbound)
{
    if (inbound.method == "GET") return false;
    const auto type = lower(header(inbound.headers, "content-type"));
    return type.find("json") != std::string::npos || trim(inbound.body).starts_with('{');
}

struct Named {
    std::string order_number;
    std::string order_id;
    std::string operation;
};

Claim claim_of(const Named& named, std::string_view form)
{
    Claim claim{
        .proof = form == unsigned_form ? Proof::none : Proof::signed_message,
        .detail = std::string{form},
    };
    if (named.operation.starts_with("binding")) return claim; // about a stored card
    if (is_reference(named.order_number)) claim.reference = Reference{named.order_number};
    if (is_order_id(named.order_id)) claim.gateway_ref = GatewayRef{named.order_id};
    return claim;
}

/// The names are nowhere documented.
Named named_by(const Json& json)
{
    Named named{
        .order_number = {}, .order_id = json.text("mdOrder"), .operation = json.text("operation")};
    for (const auto* name : {"orderNumber", "order_number", "order_id", "reference"}) {
        if (!is_reference(named.order_number)) named.order_number = json.text(name);
    }
    if (named.order_id.empty()) named.order_id = json.text("orderId");
    return named;
}

} // namespace

Callbacks::Callbacks(const GatewaySettings& settings)
    : checksum_secret_{std::string{settings.secret("checksum_secret")}},
      checksum_public_key_{settings.text("checksum_public_key")},
      checksum_digest_{
          settings.text("checksum_digest") == "sha256" ? RsaDigest::sha256 : RsaDigest::sha512},
      webhook_secret_{std::string{settings.secret("webhook_secret")}}
{
    tollgate::check(
        checksum_public_key_.empty() || is_rsa_public_key(checksum_public_key_),
        "clictopay: checksum_public_key is no RSA public key in PEM"
    );
}

Expected<Claim, VerifyError> Callbacks::verify(const Inbound& inbound) const
{
    return is_json(inbound) ? verify_json(inbound) : verify_form(inbound);
}

Expected<Claim, VerifyError> Callbacks::verify_form(const Inbound& inbound) const
{
    const bool by_query = inbound.method == "GET" || inbound.body.empty();
    const auto fields = parse_form(by_query ? inbound.query : inbound.body);
    if (!fields) return Unexpected{VerifyError::malformed};
    auto form = unsigned_form;
    if (!checksum_secret_.empty() || !checksum_public_key_.empty()) {
        const auto checksum = field(*fields, "checksum");
        if (checksum.empty()) return Unexpected{VerifyError::missing_signature};
        form = matching_form(signed_text(*fields), checksum);
        if (form.empty()) return Unexpected{VerifyError::wrong_signature};
    }
    const Named named{
        .order_number = std::string{field(*fields, "orderNumber")},
        .order_id = std::string{field(*fields, "mdOrder")},
        .operation = std::string{field(*fields, "operation")},
    };
    if (named.order_number.empty() && named.order_id.empty() && named.operation.empty()) {
        return Unexpected{VerifyError::malformed};
    }
    auto claim = claim_of(named, form);
    claim.record = record_of(*fields);
    return claim;
}

std::string_view Callbacks::matching_form(std::string_view text, std::string_view checksum) const
{
    if (!checksum_secret_.empty()) {
        const auto expected = to_hex(hmac_sha256(checksum_secret_.expose(), text));
        if (equal_in_constant_time(expected, lower(checksum))) return "hmac";
    }
    const auto signature = from_hex(checksum);
    const bool genuine = signature && !checksum_public_key_.empty() &&
                         verify_rsa(checksum_public_key_, checksum_digest_, text, *signature);
    return genuine ? "rsa" : "";
}

Expected<Claim, VerifyError> Callbacks::verify_json(const Inbound& inbound) const
{
    auto form = unsigned_form;
    if (!webhook_secret_.empty()) {
        const auto signature = header(inbound.headers, "x-signature");
        if (signature.empty()) return Unexpected{VerifyError::missing_signature};
        if (!is_signed_body(inbound.body, signature)) {
            return Unexpected{VerifyError::wrong_signature};
        }
        form = "x-signature";
    }
    const auto json = parse_json(inbound.body);
    if (!json || json->object() == nullptr) return Unexpected{VerifyError::malformed};
    auto claim = claim_of(named_by(*json), form);
    claim.record = record_of(*json);
    return claim;
}

bool Callbacks::is_signed_body(std::string_view body, std::string_view signature) const
{
    constexpr std::string_view prefix = "sha256=";
    auto given = lower(signature);
    if (given.starts_with(prefix)) given.erase(0, prefix.size());
    return equal_in_constant_time(to_hex(hmac_sha256(webhook_secret_.expose(), body)), given);
}

} // namespace tollgate::clictopay
