#include "cli/commands.hpp"
#include "core/gateways/overview.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace tollgate {
namespace {

/// The names of those that are configured; nothing when nobody looked.
using Configured = std::optional<std::vector<std::string>>;

bool is_configured(const GatewayKind& kind, const std::vector<std::string>& names)
{
    return std::ranges::find(names, kind.spec.name) != names.end();
}

Json json_of(const GatewayKind& kind, const Configured& configured)
{
    const auto& can = kind.capabilities;
    const auto words = overview(can);
    Json::Array currencies;
    for (const auto currency : can.currencies)
        currencies.emplace_back(code(currency));
    return Json::object({
        {"name", kind.spec.name},
        {"title", kind.title},
        {"flow", code(can.flow)},
        {"notifications", words.notifications},
        {"can_check", can.can_check},
        {"refunds", code(can.refunds)},
        {"currencies", currencies.empty() ? Json{} : Json{std::move(currencies)}},
        {"configured", configured ? Json{is_configured(kind, *configured)} : Json{}},
    });
}

using Row = std::vector<std::string>;

Row row_of(const GatewayKind& kind, const Configured& configured)
{
    const auto words = overview(kind.capabilities);
    Row row{std::string{kind.spec.name}, std::string{kind.title}};
    if (configured) row.emplace_back(is_configured(kind, *configured) ? "yes" : "no");
    row.insert(
        row.end(), {words.flow, words.notifications, words.check, words.refund, words.currencies}
    );
    return row;
}

void print_table(const std::vector<Row>& rows)
{
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i)
            fmt::print("{:<{}}  ", row[i], widths[i]);
        fmt::print("{}\n", row.back());
    }
}

} // namespace

int run_gateways(const ConfigSource& source, const GatewayTable& wish)
{
    Configured configured;
    if (!wish.all) {
        auto names = named_gateways(source);
        if (!names) return refuse(names.error());
        configured = std::move(*names);
    }
    if (wish.json) {
        Json::Array all;
        for (const auto* kind : gateway_kinds())
            all.push_back(json_of(*kind, configured));
        fmt::print("{}\n", to_text(Json{std::move(all)}));
        return 0;
    }
    Row heading{"gateway", "title"};
    if (configured) heading.emplace_back("configured");
    heading.insert(
        heading.end(), {"way to pay", "notifications", "re-check", "refund", "currencies"}
    );
    std::vector<Row> rows{std::move(heading)};
    for (const auto* kind : gateway_kinds())
        rows.push_back(row_of(*kind, configured));
    print_table(rows);
    return 0;
}

} // namespace tollgate
