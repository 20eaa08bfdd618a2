#include "core/gateways/mtn_momo_product.hpp"

#include "core/crypto/encoding.hpp"

#include <utility>

namespace tollgate::mtn_momo {

Product::Product(std::string name, const GatewaySettings& settings, const std::string& prefix)
    : name_{std::move(name)}, user_{settings.text(prefix + "api_key")},
      key_{std::string{settings.secret(prefix + "api_secret")}},
      subscription_key_{std::string{settings.secret(prefix + "subscription_key")}}
{
}

bool Product::is_configured() const
{
    return !user_.empty() && !key_.empty() && !subscription_key_.empty();
}

Headers Product::headers(const std::string& target_environment) const
{
    return {
        {"ocp-apim-subscription-key", std::string{subscription_key_.expose()}},
        {"x-target-environment", target_environment},
    };
}

HttpRequest Product::token_request(const std::string& api_url) const
{
    const auto user = user_ + ':' + std::string{key_.expose()};
    return {
        .method = "POST",
        .url = api_url + '/' + name_ + "/token/",
        .headers =
            {{"authorization", "Basic " + to_base64(user)},
             {"ocp-apim-subscription-key", std::string{subscription_key_.expose()}},
             {"accept", "application/json"}},
        .body = {},
    };
}

} // namespace tollgate::mtn_momo
