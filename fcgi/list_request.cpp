#include "fcgi/list_request.hpp"

#include "core/crypto/encoding.hpp"
#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::size_t gateway_name_length_max = 32;

/// `2026-03-04T05:06:07Z`, or `2026-03-04`, its midnight.
std::optional<Instant> parse_time(std::string text)
{
    constexpr std::size_t date_length = 10;
    if (text.size() == date_length) return parse_database_time(text + " 00:00:00");
    if (!text.ends_with('Z') || text.size() <= date_length || text[date_length] != 'T') return {};
    text.pop_back();
    text[date_length] = ' ';
    return parse_database_time(text);
}

std::optional<std::vector<Status>> parse_statuses(std::string text)
{
    std::ranges::replace(text, ',', ' ');
    std::vector<Status> statuses;
    for (const auto word : words(text)) {
        const auto status = parse_status(word);
        if (!status) return {};
        statuses.push_back(*status);
    }
    if (statuses.empty()) return {};
    return statuses;
}

std::optional<std::size_t> parse_limit(std::string_view text)
{
    std::size_t limit = 0;
    if (!all_digits(text) || text.size() > 3) return {};
    std::from_chars(text.data(), text.data() + text.size(), limit);
    if (limit < 1 || limit > listed_max) return {};
    return limit;
}

std::optional<PaymentId> parse_cursor(std::string_view text)
{
    auto id = from_base64url(text);
    if (!id || id->size() != id_bytes) return {};
    return PaymentId{*std::move(id)};
}

class Reader {
public:
    explicit Reader(const Fields& fields) : fields_{fields}
    {
        for (const auto& [name, value] : fields) {
            const bool known = std::ranges::find(list_parameters, name) != list_parameters.end();
            const bool again = std::ranges::count(fields, name, &Fields::value_type::first) > 1;
            if (!known) errors_[name] = "is not known";
            if (known && again) errors_[name] = "must be given once";
        }
    }

    void read(PaymentFilter& filter)
    {
        take("status", "must be statuses, separated by commas", parse_statuses, filter.statuses);
        take("limit", "must be a number from 1 to 100", parse_limit, filter.rows_max);
        constexpr auto time_form = "must be a time such as 2026-03-04T05:06:07Z or 2026-03-04";
        take("created_from", time_form, parse_time, filter.created_from);
        take("created_to", time_form, parse_time, filter.created_to);
        take("cursor", "must be the `next` of the page before", parse_cursor, filter.after);
        filter.order = OrderRef{text("order", is_order_ref)};
        filter.reference = Reference{text("reference", is_reference)};
        filter.gateway = GatewayName{text("gateway", [](std::string_view name) {
            return !name.empty() && name.size() <= gateway_name_length_max;
        })};
    }

    const FieldErrors& errors() const { return errors_; }

private:
    template <class Parse, class Value>
    void take(const char* name, const char* rule, Parse parse, Value& value)
    {
        if (!has_field(fields_, name)) return;
        auto parsed = parse(std::string{field(fields_, name)});
        if (parsed) {
            value = *std::move(parsed);
        } else {
            errors_.emplace(name, rule);
        }
    }

    template <class Rule>
    std::string text(const char* name, Rule fits)
    {
        if (!has_field(fields_, name)) return {};
        const auto value = field(fields_, name);
        if (!fits(value)) errors_.emplace(name, "is none");
        return std::string{value};
    }

    const Fields& fields_;
    FieldErrors errors_;
};

} // namespace

Expected<PaymentFilter, FieldErrors> read_list(std::string_view query, const Merchant& merchant)
{
    const auto fields = parse_form(query);
    if (!fields) return Unexpected{FieldErrors{{"query", "is not readable"}}};
    Reader reader{*fields};
    PaymentFilter filter{.merchant = merchant};
    reader.read(filter);
    if (!reader.errors().empty()) return Unexpected{reader.errors()};
    return filter;
}

std::string cursor_of(const PaymentId& id)
{
    return to_base64url(id.get());
}

} // namespace tollgate
