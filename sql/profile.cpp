#include "sql/profile.hpp"

#include "core/config/toml_document.hpp"
#include "core/support/embedded.hpp"
#include "core/support/text.hpp"
#include "sql/connection.hpp"
#include "sql/sql_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace tollgate {
namespace {

constexpr std::string_view table_granted = "granted";
constexpr std::string_view table_revoked = "revoked";
constexpr std::array<std::string_view, 11> parameter_names{
    "order_ref",
    "order_number",
    "reference",
    "gateway_ref",
    "payment_id",
    "amount_minor",
    "currency",
    "status",
    "now",
    "download_token",
    "file",
};
constexpr std::size_t order_number = 1;
/// The last ones speak of a grant.
constexpr std::size_t payment_parameters = 9;
/// Fits a BIGINT.
constexpr std::size_t order_number_digits_max = 18;
constexpr std::string_view set_of_payments = "payments";
constexpr std::string_view set_of_grants = "grants";

std::optional<std::size_t> parameter(std::string_view name, bool granted)
{
    const auto found = std::ranges::find(parameter_names, name);
    const auto index = static_cast<std::size_t>(found - parameter_names.begin());
    if (index >= (granted ? parameter_names.size() : payment_parameters)) return {};
    return index;
}

constexpr bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/// Whether `name` stands in `text` as a word of its own.
bool mentions(std::string_view text, std::string_view name)
{
    for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        const auto end = at + name.size();
        const bool begins = at == 0 || !is_name_character(text[at - 1]);
        if (begins && (end == text.size() || !is_name_character(text[end]))) return true;
    }
    return false;
}

/// The parameters that a set-wise statement uses as columns.
std::vector<std::size_t> columns_in(std::string_view text, bool granted)
{
    std::vector<std::size_t> columns;
    for (const auto name : parameter_names) {
        const auto index = parameter(name, granted);
        if (index && mentions(text, name)) columns.push_back(*index);
    }
    return columns;
}

/// A derived table of `rows` rows. Its texts compare as bytes, and agree with any collation that a
/// statement names.
std::string set_text(std::span<const std::size_t> columns, std::size_t rows)
{
    std::vector<std::string> first;
    std::vector<std::string> next;
    for (const auto column : columns) {
        const bool number = column == order_number;
        const std::string value = number ? "CAST(? AS UNSIGNED)" : "? COLLATE utf8mb4_bin";
        first.push_back(value + " AS " + std::string{parameter_names[column]});
        next.push_back(number ? value : "?");
    }
    const auto more = " UNION ALL SELECT " + fmt::format("{}", fmt::join(next, ", "));
    return fmt::format("(SELECT {}{})", fmt::join(first, ", "), repeated(more, rows - 1, ""));
}

std::string read_file(const std::string& path)
{
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error{"profile " + path + ": cannot be read"};
    return text.str();
}

std::string shipped(const std::string& name)
{
    for (const auto& file : embedded_sql()) {
        if (file.path == "sql/profiles/" + name + ".toml") return std::string{file.text};
    }
    throw std::runtime_error{"profile " + name + ": there is no such profile"};
}

/// An order reference that a shop with numbered orders gave; empty when it is no such number, so
/// that `7-b` never finds the order 7.
std::string number_of(const OrderRef& order)
{
    const auto& text = order.get();
    const bool number = !text.empty() && text.size() <= order_number_digits_max &&
                        text.front() != '0' && std::ranges::all_of(text, is_digit);
    return number ? text : std::string{};
}

} // namespace

Profile Profile::load(const std::string& name)
{
    if (name.find('/') != std::string::npos) return parse(read_file(name), name);
    return parse(shipped(name), "profile " + name);
}

Profile Profile::parse(std::string_view text, const std::string& origin)
{
    const auto document = parse_toml(text);
    if (!document) {
        const auto& [line, what] = document.error();
        throw std::runtime_error{origin + ":" + std::to_string(line) + ": " + what};
    }
    Profile profile;
    for (const auto& [table, section] : *document) {
        const auto where = origin + ":" + std::to_string(section.line) + " [" + table + "]";
        const bool granted = table == table_granted || table == table_revoked;
        if (!granted && !parse_status(table)) {
            throw std::runtime_error{
                where + ": is no status of a payment, not `granted` and not `revoked`"};
        }
        const auto found = section.values.find("statements");
        const auto* statements =
            found == section.values.end()
                ? nullptr
                : std::get_if<std::vector<std::string>>(&found->second.content);
        if (statements == nullptr || section.values.size() != 1) {
            throw std::runtime_error{where + ": wants `statements`, a list of texts, alone"};
        }
        for (const auto& statement : *statements) {
            profile.tables_[table].push_back(compile(statement, where, granted));
        }
    }
    return profile;
}

Profile::ProfileStatement
Profile::compile(std::string_view commented, const std::string& where, bool granted)
{
    const auto refuse = [&](const std::string& why) {
        throw std::runtime_error{where + ": " + why};
    };
    const auto text = without_comments(commented);
    const auto set = granted ? set_of_grants : set_of_payments;
    ProfileStatement statement;
    Quotes quotes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool quoted = quotes.cover(c);
        if (!quoted && c == '?') refuse("a `?` has no name");
        auto& part = statement.setwise ? statement.after_set : statement.text;
        if (quoted || c != ':') {
            part += c;
            continue;
        }
        std::string name;
        while (i + 1 < text.size() && is_name_character(text[i + 1]))
            name += text[++i];
        if (name == set && !statement.setwise) {
            statement.setwise = true;
            continue;
        }
        const auto index = parameter(name, granted);
        if (!index) refuse("unknown parameter :" + name);
        part += '?';
        statement.parameters.push_back(*index);
    }
    if (quotes.open()) refuse("a quote has no end");
    if (statement.setwise) {
        if (!statement.parameters.empty()) {
            refuse("beside :" + std::string{set} + " there are columns of it, no parameters");
        }
        statement.parameters = columns_in(statement.text + statement.after_set, granted);
        if (statement.parameters.empty()) refuse("no column of :" + std::string{set} + " is used");
    }
    return statement;
}

Profile::Values Profile::values_of(const Payment& payment, Instant now)
{
    return {
        payment.order.get(),
        number_of(payment.order),
        payment.reference.get(),
        payment.gateway_ref.get(),
        id_text(payment.id),
        std::to_string(payment.price.minor_units),
        std::string{code(payment.price.currency)},
        std::string{code(payment.state)},
        database_time(now),
    };
}

void Profile::add_grants(
    std::vector<Values>& rows, const Payment& payment, std::span<const Grant> grants, Instant now
)
{
    for (const auto& grant : grants) {
        auto& values = rows.emplace_back(values_of(payment, now));
        values[payment_parameters] = grant.token.get();
        values[payment_parameters + 1] = grant.file;
    }
}

void Profile::carry_out(Connection& connection, std::span<const Decision> decisions, Instant now)
    const
{
    if (tables_.empty()) return;
    std::map<Status, std::vector<Values>> rows;
    std::vector<Values> granted;
    for (const auto& decision : decisions) {
        if (!decision.status_changed) continue;
        rows[decision.after.state].push_back(values_of(decision.after, now));
        add_grants(granted, decision.after, decision.grants, now);
    }
    for (const auto& [status, some] : rows)
        run(connection, code(status), some);
    run(connection, table_granted, granted);
}

void Profile::grant(
    Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
) const
{
    std::vector<Values> rows;
    add_grants(rows, payment, grants, now);
    run(connection, table_granted, rows);
}

void Profile::revoke(
    Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
) const
{
    std::vector<Values> rows;
    add_grants(rows, payment, grants, now);
    run(connection, table_revoked, rows);
}

void Profile::run(Connection& connection, std::string_view table, std::span<const Values> rows)
    const
{
    const auto found = tables_.find(table);
    if (found == tables_.end()) return;
    for (const auto& [text, after_set, parameters, setwise] : found->second) {
        const auto run_for = [&](const std::string& whole, std::span<const Values> some) {
            auto statement = connection.statement(whole);
            for (const auto& values : some) {
                for (const auto index : parameters)
                    index == order_number ? statement.text_or_null(values[index])
                                          : statement.text(values[index]);
            }
            statement.run();
        };
        if (setwise) {
            in_chunks(rows.size(), [&](std::size_t begin, std::size_t size) {
                const auto whole = text + set_text(parameters, size) + after_set;
                run_for(whole, rows.subspan(begin, size));
            });
        } else {
            for (const auto& values : rows)
                run_for(text, {&values, 1});
        }
    }
}

} // namespace tollgate
