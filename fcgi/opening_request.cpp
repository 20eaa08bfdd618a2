#include "fcgi/opening_request.hpp"

#include "core/downloads/bought_file.hpp"
#include "core/payments/paid_files.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

constexpr std::size_t description_bytes_max = 255;
constexpr std::size_t customer_field_bytes_max = 100;

constexpr std::array<std::string_view, 8> known_fields{
    "order",
    "amount",
    "currency",
    "gateway",
    "description",
    "files",
    "customer",
    "language",
};

class Reader {
public:
    Reader(const Json& json, const OpeningRules& rules) : json_{json}, rules_{rules} {}

    Expected<OpeningRequest, FieldErrors> read()
    {
        for (const auto& [name, value] : *json_.object()) {
            if (std::ranges::find(known_fields, name) == known_fields.end()) {
                errors_[name] = "is not known";
            }
        }
        OpeningRequest request{.gateway = gateway(), .order = {}};
        auto& order = request.order;
        order.merchant = rules_.merchant;
        order.order = OrderRef{this->order()};
        order.price = price();
        order.description = text("description", description_bytes_max);
        if (order.description.empty()) order.description = order.order.get();
        order.files = files();
        order.customer = customer();
        if (request.gateway != nullptr && errors_.empty()) judge(*request.gateway, order);
        order.language = language();
        if (!errors_.empty()) return Unexpected{std::move(errors_)};
        return request;
    }

private:
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
        if (json_.find("order") == nullptr) {
            errors_["order"] = "is required";
            return {};
        }
        auto order = text("order", order_ref_length_max);
        if (!is_order_ref(order)) {
            errors_.emplace("order", "must be 1 to 64 characters of A-Z a-z 0-9 . _ : / # -");
        }
        return order;
    }

    const Gateway* gateway()
    {
        const auto names = rules_.gateways.names();
        if (json_.find("gateway") == nullptr && names.size() == 1) {
            return rules_.gateways.find(names.front());
        }
        const auto* found = rules_.gateways.find(text("gateway", customer_field_bytes_max));
        if (found == nullptr) {
            std::string known;
            for (const auto& name : names)
                known += (known.empty() ? "" : ", ") + name;
            errors_.emplace("gateway", "must be one of: " + known);
        }
        return found;
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
        if (!currency) return {};
        const auto money = parse_major(amount->text(), *currency);
        if (!money || money->minor_units == 0) {
            errors_["amount"] = "must be greater than zero and have at most " +
                                std::to_string(exponent(*currency)) + " decimals";
            return {};
        }
        return *money;
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

} // namespace tollgate
