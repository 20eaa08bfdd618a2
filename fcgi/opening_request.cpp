#include "fcgi/opening_request.hpp"

#include "core/downloads/bought_file.hpp"
#include "core/gateways/rules.hpp"
#include "core/outbox/event_scope.hpp"
#include "core/payments/paid_files.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

constexpr std::size_t description_bytes_max = 255;
constexpr std::size_t customer_field_bytes_max = 100;
/// What is no amount of it is an amount of no currency.
constexpr auto widest_currency = Currency::CLF;

class Reader {
public:
    Reader(const Json& json, const OpeningRules& rules) : json_{json}, rules_{rules} {}

    Expected<OpeningRequest, FieldErrors> read()
    {
        refuse_unknown(opening_fields);
        OpeningRequest request{.gateway = gateway(), .order = {}};
        auto& order = request.order;
        order.merchant = rules_.merchant;
        order.order = OrderRef{this->order()};
        order.price = price();
        order.description = text("description", description_bytes_max);
        if (order.description.empty()) order.description = order.order.get();
        order.files = files();
        order.customer = customer();
        take_msisdn(order.customer);
        order.language = language();
        order.urls = urls();
        return judged(std::move(request));
    }

    Expected<OpeningRequest, FieldErrors> read_again(OpeningRequest request)
    {
        refuse_unknown(reopening_fields);
        const bool named = json_.find("gateway") != nullptr || json_.find("provider") != nullptr;
        if (named || request.gateway == nullptr) request.gateway = gateway();
        auto& customer = request.order.customer;
        if (json_.find("msisdn") != nullptr) customer.phone.clear();
        take_msisdn(customer);
        request.order.language = language();
        return judged(std::move(request));
    }

private:
    /// By the gateway's own rules, too.
    Expected<OpeningRequest, FieldErrors> judged(OpeningRequest request)
    {
        if (errors_.empty()) judge(*request.gateway, request.order);
        if (!errors_.empty()) return Unexpected{std::move(errors_)};
        return request;
    }

    void refuse_unknown(std::span<const std::string_view> known)
    {
        for (const auto& [name, value] : *json_.object()) {
            if (std::ranges::find(known, name) == known.end()) errors_[name] = "is not known";
        }
    }

    /// Under which of its names a field is given; the first one when it is not.
    std::string name_of(std::initializer_list<const char*> names)
    {
        std::string given;
        for (const auto* name : names) {
            if (json_.find(name) == nullptr) continue;
            if (!given.empty())
                errors_[name] = "is another name of " + given + ": give one of them";
            if (given.empty()) given = name;
        }
        return given.empty() ? *names.begin() : given;
    }

    /// Empty when absent; a mistake when it is no string or too long.
    std::string text(const std::string& name, std::size_t bytes_max)
    {
        const auto* value = json_.find(name);
        return value == nullptr ? std::string{} : text_of(*value, name, bytes_max);
    }

    std::string text_of(const Json& value, const std::string& name, std::size_t bytes_max)
    {
        const auto* string = value.string();
        if (string == nullptr) {
            errors_[name] = "must be a string";
        } else if (string->size() > bytes_max) {
            errors_[name] = "must be at most " + std::to_string(bytes_max) + " bytes long";
        } else if (std::ranges::any_of(*string, [](unsigned char c) { return c < ' '; })) {
            errors_[name] = "must not contain control characters";
        } else {
            return *string;
        }
        return {};
    }

    std::string order()
    {
        const auto name = name_of({"order", "order_reference", "orderReference"});
        if (json_.find(name) == nullptr) {
            errors_[name] = "is required";
            return {};
        }
        auto order = text(name, order_ref_length_max);
        if (!is_order_ref(order)) {
            errors_.emplace(name, "must be 1 to 64 characters of A-Z a-z 0-9 . _ : / # -");
        }
        return order;
    }

    const Gateway* gateway()
    {
        const auto names = rules_.gateways.names();
        const auto name = name_of({"gateway", "provider"});
        if (json_.find(name) == nullptr && names.size() == 1) {
            return rules_.gateways.find(names.front());
        }
        auto wanted = lower(text(name, customer_field_bytes_max));
        std::ranges::replace(wanted, '-', '_');
        const auto* found = rules_.gateways.find(wanted);
        if (found == nullptr) {
            std::string known;
            for (const auto& one : names)
                known += (known.empty() ? "" : ", ") + one;
            errors_.emplace(name, "must be one of: " + known);
        }
        return found;
    }

    /// The other name of customer.phone, with its country code.
    void take_msisdn(Customer& customer)
    {
        const auto* value = json_.find("msisdn");
        if (value == nullptr) return;
        const auto digits = international_digits(value->text());
        if (!digits) {
            errors_["msisdn"] = "must be a phone number with its country code: 255712345678";
        } else if (customer.phone.empty()) {
            customer.phone = "+" + *digits;
        } else if (international_digits(customer.phone) != digits) {
            errors_["msisdn"] = "is another name of customer.phone: give one of them";
        }
    }

    std::string shop_url(const std::string& name)
    {
        if (json_.find(name) == nullptr) return {};
        auto url = text(name, shop_url_bytes_max);
        const auto objection = objection_to_shop_url(url, rules_.sandbox);
        if (!objection.empty()) errors_.emplace(name, objection);
        return url;
    }

    ShopUrls urls()
    {
        ShopUrls urls{
            .success = shop_url("success_url"),
            .failure = shop_url("failure_url"),
            .callback = shop_url("callback_url"),
        };
        if (!urls.callback.empty() && !errors_.contains("callback_url")) judge(urls.callback);
        return urls;
    }

    /// What can be said before the name is resolved; the rest is the sender's.
    void judge(const std::string& callback_url)
    {
        const auto& events = rules_.events;
        const bool here = is_loopback_host(host_of(callback_url));
        if (event_scope(events) == EventScope::none) {
            errors_["callback_url"] = "needs events.secret in the configuration of Tollgate";
        } else if (here && !may_lead_anywhere(events, callback_url)) {
            errors_["callback_url"] = "must not lead to the machine that Tollgate runs on";
        }
    }

    /// The gateway's own rules.
    void judge(const Gateway& gateway, const OpeningOrder& order)
    {
        for (const auto& [field, rule] : gateway.objections(order.price, order.customer))
            errors_.emplace(field, rule);
    }

    Money price()
    {
        const auto currency = parse_currency(text("currency", 3));
        if (!currency) {
            const bool absent = json_.find("currency") == nullptr;
            errors_["currency"] = absent ? "is required" : "must be a currency code of ISO 4217";
        }
        const auto* amount = json_.find("amount");
        if (amount == nullptr) {
            errors_["amount"] = "is required";
            return {};
        }
        if (amount->string() == nullptr && amount->number() == nullptr) {
            errors_["amount"] = "must be a string or a number";
            return {};
        }
        const auto money = parse_major(amount->text(), currency.value_or(widest_currency));
        if (money && money->minor_units > 0) return *money;
        errors_["amount"] = "must be greater than zero";
        if (currency) {
            const auto decimals = std::to_string(exponent(*currency));
            errors_["amount"] += " and have at most " + decimals + " decimals";
        }
        return {};
    }

    std::vector<PaidFile> files()
    {
        const auto* value = json_.find("files");
        if (value == nullptr) return {};
        auto files = paid_files(*value);
        if (!files || to_text(paid_files_json(*files)).size() > paid_files_bytes_max) {
            errors_["files"] = "must be a list of at most " + std::to_string(paid_files_max) +
                               " paths, or objects with path, uses_max (1 to 1000) and "
                               "expires_after_s (60 to 315360000), of at most " +
                               std::to_string(paid_files_bytes_max) + " bytes";
            return {};
        }
        const bool deliverable = std::ranges::all_of(*files, [&](const PaidFile& file) {
            return open_bought_file(rules_.downloads.directory, file.path).has_value();
        });
        if (!deliverable) errors_["files"] = "must name existing files below downloads.directory";
        return *std::move(files);
    }

    Customer customer()
    {
        Customer customer;
        const auto* value = json_.find("customer");
        if (value == nullptr) return customer;
        if (value->object() == nullptr) {
            errors_["customer"] = "must be an object";
            return customer;
        }
        for (const auto& [name, member_value] : *value->object()) {
            const auto full = "customer." + name;
            const auto known = std::ranges::find(customer_fields, name, [](const auto& field) {
                return field.first;
            });
            if (known == customer_fields.end()) {
                errors_[full] = "is not known";
            } else {
                customer.*(known->second) = text_of(member_value, full, customer_field_bytes_max);
            }
        }
        return customer;
    }

    std::string language()
    {
        if (json_.find("language") == nullptr) return rules_.language;
        auto language = text("language", 2);
        if (language != "fr" && language != "en") errors_["language"] = "must be fr or en";
        return language;
    }

    const Json& json_;
    const OpeningRules& rules_;
    FieldErrors errors_;
};

} // namespace

Expected<OpeningRequest, FieldErrors> read_opening(const Json& json, const OpeningRules& rules)
{
    return Reader{json, rules}.read();
}

Expected<OpeningRequest, FieldErrors>
read_reopening(const Json& json, const OpeningRules& rules, const OpeningRequest& unpaid)
{
    return Reader{json, rules}.read_again(unpaid);
}

} // namespace tollgate
