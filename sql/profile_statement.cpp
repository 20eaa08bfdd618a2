#include "sql/profile_statement.hpp"

#include "core/support/text.hpp"
#include "sql/sql_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tollgate {
namespace {

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

std::string_view name_at(std::string_view text)
{
    std::size_t size = 0;
    while (size < text.size() && is_name_character(text[size]))
        ++size;
    return text.substr(0, size);
}

bool can_be_explained(std::string_view text)
{
    const auto verb = upper(name_at(trim(text)));
    return is_one_of(verb, {"SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"});
}

} // namespace

ProfileStatement::ProfileStatement(std::string_view text, std::string place, ParameterScope scope)
    : place_{std::move(place)}, scope_{scope}
{
    read(without_comments(text));
    if (!setwise_) return;
    const auto set = std::string{scope_.set};
    if (!parameters_.empty()) refuse("beside :" + set + " there are columns of it, no parameters");
    parameters_ = columns_used();
    if (parameters_.empty()) refuse("no column of :" + set + " is used");
}

void ProfileStatement::read(std::string_view text)
{
    Quotes quotes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool quoted = quotes.cover(c);
        if (!quoted && c == '?') refuse("a `?` has no name");
        if (quoted || c != ':') {
            (setwise_ ? after_ : before_) += c;
            continue;
        }
        const auto name = name_at(text.substr(i + 1));
        i += name.size();
        if (!scope_.set.empty() && name == scope_.set && !setwise_) {
            setwise_ = true;
        } else {
            add_parameter(name);
        }
    }
    if (quotes.open()) refuse("a quote has no end");
}

void ProfileStatement::add_parameter(std::string_view name)
{
    const auto found = std::ranges::find(scope_.parameters, name, &Parameter::name);
    if (found == scope_.parameters.end()) refuse("unknown parameter :" + std::string{name});
    parameters_.push_back(static_cast<std::size_t>(found - scope_.parameters.begin()));
    (setwise_ ? after_ : before_) += '?';
}

std::vector<std::size_t> ProfileStatement::columns_used() const
{
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < scope_.parameters.size(); ++i) {
        const auto name = scope_.parameters[i].name;
        if (mentions(before_, name) || mentions(after_, name)) columns.push_back(i);
    }
    return columns;
}

/// Its texts compare as bytes, and agree with any collation that a statement names.
std::string ProfileStatement::set_text(std::size_t rows) const
{
    std::vector<std::string> first;
    std::vector<std::string> next;
    for (const auto column : parameters_) {
        const auto& [name, number] = scope_.parameters[column];
        const std::string value = number ? "CAST(? AS SIGNED)" : "? COLLATE utf8mb4_bin";
        first.push_back(value + " AS " + std::string{name});
        next.push_back(number ? value : "?");
    }
    const auto more = " UNION ALL SELECT " + fmt::format("{}", fmt::join(next, ", "));
    return fmt::format("(SELECT {}{})", fmt::join(first, ", "), repeated(more, rows - 1, ""));
}

std::string ProfileStatement::text(std::size_t rows) const
{
    return setwise_ ? before_ + set_text(rows) + after_ : before_;
}

void ProfileStatement::bind(Statement& statement, const ParameterValues& values) const
{
    for (const auto index : parameters_) {
        const std::string_view value = index < values.size() ? values[index] : std::string_view{};
        scope_.parameters[index].number ? statement.text_or_null(value) : statement.text(value);
    }
}

void ProfileStatement::run(Connection& connection, std::span<const ParameterValues> rows) const
{
    // The log then names the statement; the error's number decides what becomes of the transaction.
    const auto run_for = [&](std::span<const ParameterValues> some) {
        try {
            auto statement = connection.statement(text(some.size()));
            for (const auto& values : some)
                bind(statement, values);
            statement.run();
        } catch (const sql::SQLException& error) {
            const auto what = place_ + ": " + error.what();
            throw sql::SQLException{what, error.getSQLState(), error.getErrorCode()};
        }
    };
    if (setwise_) {
        in_chunks(rows.size(), [&](std::size_t begin, std::size_t size) {
            run_for(rows.subspan(begin, size));
        });
    } else {
        for (const auto& values : rows)
            run_for({&values, 1});
    }
}

std::unique_ptr<sql::ResultSet>
ProfileStatement::query(Connection& connection, const ParameterValues& values) const
{
    auto statement = connection.statement(before_);
    bind(statement, values);
    return statement.query();
}

std::vector<std::string> ProfileStatement::prepare(Connection& connection) const
{
    const auto whole = text(1);
    auto columns = connection.statement(whole).columns();
    // Preparing alone, MariaDB looks up no column on the right-hand side of an UPDATE's SET.
    if (can_be_explained(whole)) {
        auto statement = connection.statement("EXPLAIN " + whole);
        bind(statement, {});
        statement.query();
    }
    return columns;
}

void ProfileStatement::refuse(const std::string& why) const
{
    throw std::runtime_error{place_ + ": " + why};
}

} // namespace tollgate
