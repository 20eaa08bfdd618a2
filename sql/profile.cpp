#include "sql/profile.hpp"

#include "core/config/toml_document.hpp"
#include "core/support/embedded.hpp"
#include "core/support/text.hpp"
#include "sql/connection.hpp"
#include "sql/sql_text.hpp"

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tollgate {
namespace {

constexpr std::string_view table_granted = "granted";
constexpr std::string_view table_revoked = "revoked";
constexpr std::array<std::string_view, 8> payment_parameters{
    "order_ref",
    "reference",
    "gateway_ref",
    "payment_id",
    "amount_minor",
    "currency",
    "status",
    "now",
};
constexpr std::array<std::string_view, 2> grant_parameters{"download_token", "file"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word)
{
    return std::ranges::find(words, word) != words.end();
}

constexpr bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
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
    const auto text = without_comments(commented);
    ProfileStatement statement;
    Quotes quotes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool quoted = quotes.cover(c);
        if (!quoted && c == '?') throw std::runtime_error{where + ": a `?` has no name"};
        if (quoted || c != ':') {
            statement.text += c;
            continue;
        }
        std::string name;
        while (i + 1 < text.size() && is_name_character(text[i + 1]))
            name += text[++i];
        const bool known =
            contains(payment_parameters, name) || (granted && contains(grant_parameters, name));
        if (!known) throw std::runtime_error{where + ": unknown parameter :" + name};
        statement.text += '?';
        statement.parameters.push_back(std::move(name));
    }
    if (quotes.open()) throw std::runtime_error{where + ": a quote has no end"};
    return statement;
}

Profile::Values Profile::values_of(const Payment& payment, Instant now)
{
    return {
        {"order_ref", payment.order.get()},
        {"reference", payment.reference.get()},
        {"gateway_ref", payment.gateway_ref.get()},
        {"payment_id", id_text(payment.id)},
        {"amount_minor", std::to_string(payment.price.minor_units)},
        {"currency", std::string{code(payment.price.currency)}},
        {"status", std::string{code(payment.state)}},
        {"now", database_time(now)},
    };
}

void Profile::carry_out(Connection& connection, const Decision& decision, Instant now) const
{
    if (!decision.status_changed || tables_.empty()) return;
    const auto values = values_of(decision.after, now);
    run(connection, code(decision.after.state), values);
    run_for_each(connection, table_granted, values, decision.grants);
}

void Profile::revoke(
    Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
) const
{
    run_for_each(connection, table_revoked, values_of(payment, now), grants);
}

void Profile::run_for_each(
    Connection& connection, std::string_view table, Values values, std::span<const Grant> grants
) const
{
    for (const auto& grant : grants) {
        values["download_token"] = grant.token.get();
        values["file"] = grant.file;
        run(connection, table, values);
    }
}

void Profile::run(Connection& connection, std::string_view table, const Values& values) const
{
    const auto found = tables_.find(table);
    if (found == tables_.end()) return;
    for (const auto& [text, parameters] : found->second) {
        auto statement = connection.statement(text);
        for (const auto& name : parameters)
            statement.text(values.find(name)->second);
        statement.run();
    }
}

} // namespace tollgate
