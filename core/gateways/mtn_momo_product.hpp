// One of MTN's products: it has a user, a subscription and access tokens of its own.
#pragma once

#include "core/config/config.hpp"
#include "core/net/http.hpp"
#include "core/support/secret.hpp"

#include <string>

namespace tollgate::mtn_momo {

class Product {
public:
    /// Its settings are `{prefix}api_key`, `{prefix}api_secret`, `{prefix}subscription_key`.
    Product(std::string name, const GatewaySettings& settings, const std::string& prefix);

    /// In paths; also of its access token.
    const std::string& name() const { return name_; }
    bool is_configured() const;
    /// Of every call.
    Headers headers(const std::string& target_environment) const;
    HttpRequest token_request(const std::string& api_url) const;

private:
    std::string name_;
    std::string user_;
    Secret key_;
    Secret subscription_key_;
};

} // namespace tollgate::mtn_momo
