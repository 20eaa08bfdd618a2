#include "sql/profile.hpp"

#include "core/config/toml_document.hpp"
#include "core/support/embedded.hpp"
#include "core/support/text.hpp"
#include "sql/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tollgate {
namespace {

constexpr std::string_view section_changed = "changed";
constexpr std::string_view section_granted = "granted";
constexpr std::string_view section_revoked = "revoked";
constexpr std::string_view section_order = "order";
constexpr std::string_view section_files = "files";

/// In the order of values_of() and add_grants().
constexpr std::array payment_and_grant_parameters{
    Parameter{"order_ref"},
    Parameter{"order_number", true},
    Parameter{"reference"},
    Parameter{"gateway"},
    Parameter{"gateway_ref"},
    Parameter{"payment_id"},
    Parameter{"attempt", true},
    Parameter{"amount"},
    Parameter{"amount_minor", true},
    Parameter{"currency"},
    Parameter{"paid_minor", true},
    Parameter{"paid_currency"},
    Parameter{"refunded_minor", true},
    Parameter{"status"},
    Parameter{"attention"},
    Parameter{"now"},
    Parameter{"download_token"},
    Parameter{"file"},
};
/// The last ones speak of a grant.
constexpr std::size_t payment_parameters = payment_and_grant_parameters.size() - 2;
/// In the order of lookup_values().
constexpr std::array order_parameters{Parameter{"order_key"}, Parameter{"order_number", true}};
constexpr std::array files_parameters{Parameter{"order_ref"}, Parameter{"order_number", true}};

constexpr ParameterScope payment_scope{
    std::span{payment_and_grant_parameters}.first(payment_parameters), "payments"};
constexpr ParameterScope grant_scope{payment_and_grant_parameters, "grants"};
constexpr ParameterScope order_scope{order_parameters};
constexpr ParameterScope files_scope{files_parameters};

/// Fits a BIGINT.
constexpr std::size_t order_number_digits_max = 18;

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

/// The only thing that ever becomes part of a statement's text; the configuration allows nothing in
/// it but letters, digits and `_`.
std::string with_table_prefix(std::string text, std::string_view prefix)
{
    constexpr std::string_view place = "{prefix}";
    for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at))
        text.replace(at, place.size(), prefix);
    return text;
}

/// The text as a number for a shop with numbered orders; empty when it is no such number, so that
/// `7-b` never finds the order 7.
std::string number_of(const std::string& text)
{
    const bool number =
        all_digits(text) && text.size() <= order_number_digits_max && text.front() != '0';
    return number ? text : std::string{};
}

ParameterValues values_of(const Payment& payment, Instant now)
{
    const auto minor = [](const std::optional<Money>& money) {
        return money ? std::to_string(money->minor_units) : std::string{};
    };
    const auto& facts = payment.facts;
    return {
        payment.order.get(),
        number_of(payment.order.get()),
        payment.reference.get(),
        payment.gateway.get(),
        payment.gateway_ref.get(),
        id_text(payment.id),
        std::to_string(payment.attempt),
        major_text(payment.price),
        minor(payment.price),
        std::string{code(payment.price.currency)},
        minor(facts.paid),
        std::string{facts.paid ? code(facts.paid->currency) : std::string_view{}},
        minor(facts.refunded),
        std::string{code(payment.state)},
        std::string{code(attention(payment))},
        database_time(now),
    };
}

void add_grants(
    std::vector<ParameterValues>& rows,
    const Payment& payment,
    std::span<const Grant> grants,
    Instant now
)
{
    for (const auto& grant : grants) {
        auto& values = rows.emplace_back(values_of(payment, now));
        values.push_back(grant.token.get());
        values.push_back(grant.file);
    }
}

/// A section of the file while it is read.
class SectionReader {
public:
    SectionReader(const TomlSection& section, std::string origin, std::string name)
        : section_{section}, origin_{std::move(origin)}, name_{std::move(name)}
    {
    }

    [[noreturn]] void refuse(const std::string& why) const
    {
        throw std::runtime_error{place(section_.line) + ": " + why};
    }

    std::vector<ProfileStatement> statements(ParameterScope scope) const
    {
        const auto* value = find("statements");
        const auto* texts =
            value == nullptr ? nullptr : std::get_if<std::vector<std::string>>(&value->content);
        if (texts == nullptr || section_.values.size() != 1) {
            refuse("wants `statements`, a list of texts, alone");
        }
        std::vector<ProfileStatement> read;
        for (std::size_t i = 0; i < texts->size(); ++i) {
            const auto where = place(value->item_lines[i]);
            read.emplace_back((*texts)[i], fmt::format("{} statement {}", where, i + 1), scope);
        }
        return read;
    }

    ProfileStatement statement(ParameterScope scope) const
    {
        const auto* value = find("statement");
        const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->content);
        if (text == nullptr) refuse("wants `statement`, a text");
        return {*text, place(value->line), scope};
    }

    OrderKeyKind key_kind() const
    {
        const auto* value = find("key");
        if (value == nullptr) return OrderKeyKind::signed_by_shop;
        const auto* text = std::get_if<std::string>(&value->content);
        if (text != nullptr && *text == "signed") return OrderKeyKind::signed_by_shop;
        if (text != nullptr && *text == "unguessable") return OrderKeyKind::unguessable;
        refuse("`key` must be \"signed\" or \"unguessable\"");
    }

    void allow_only(std::initializer_list<std::string_view> names) const
    {
        for (const auto& [name, value] : section_.values) {
            if (!is_one_of(name, names)) refuse("`" + name + "` is not known here");
        }
    }

private:
    const TomlValue* find(std::string_view name) const
    {
        const auto found = section_.values.find(name);
        return found == section_.values.end() ? nullptr : &found->second;
    }

    std::string place(int line) const { return fmt::format("{}:{} [{}]", origin_, line, name_); }

    const TomlSection& section_;
    std::string origin_;
    std::string name_;
};

std::optional<OrderLookup> read_lookup(const TomlDocument& document, const std::string& origin)
{
    const auto order = document.find(section_order);
    const auto files = document.find(section_files);
    std::optional<OrderLookup> lookup;
    if (order != document.end()) {
        const SectionReader reader{order->second, origin, order->first};
        reader.allow_only({"statement", "key"});
        lookup.emplace(OrderLookup{reader.key_kind(), reader.statement(order_scope), {}});
    }
    if (files != document.end()) {
        const SectionReader reader{files->second, origin, files->first};
        reader.allow_only({"statement"});
        if (!lookup) reader.refuse("needs a section [order], whose files these are");
        lookup->files.emplace(reader.statement(files_scope));
    }
    return lookup;
}

} // namespace

ParameterValues lookup_values(const std::string& key_or_reference)
{
    return {key_or_reference, number_of(key_or_reference)};
}

Profile Profile::load(const std::string& name, std::string_view table_prefix)
{
    const bool own = name.find('/') != std::string::npos;
    const auto text = own ? read_file(name) : shipped(name);
    return parse(with_table_prefix(text, table_prefix), own ? name : "profile " + name);
}

Profile Profile::parse(std::string_view text, const std::string& origin)
{
    const auto document = parse_toml(text);
    if (!document) {
        const auto& [line, what] = document.error();
        throw std::runtime_error{origin + ":" + std::to_string(line) + ": " + what};
    }
    Profile profile;
    for (const auto& [name, section] : *document) {
        if (is_one_of(name, {section_order, section_files})) continue;
        const SectionReader reader{section, origin, name};
        const bool granted = is_one_of(name, {section_granted, section_revoked});
        if (!granted && name != section_changed && !parse_status(name)) {
            reader.refuse("is no status of a payment, nor changed, granted, revoked, order or files"
            );
        }
        profile.sections_.emplace(name, reader.statements(granted ? grant_scope : payment_scope));
    }
    profile.order_lookup_ = read_lookup(*document, origin);
    return profile;
}

std::vector<const ProfileStatement*> Profile::statements() const
{
    std::vector<const ProfileStatement*> all;
    for (const auto& [name, statements] : sections_) {
        for (const auto& statement : statements)
            all.push_back(&statement);
    }
    if (order_lookup_) all.push_back(&order_lookup_->order);
    if (order_lookup_ && order_lookup_->files) all.push_back(&*order_lookup_->files);
    return all;
}

void Profile::carry_out(Connection& connection, std::span<const Decision> decisions, Instant now)
    const
{
    if (sections_.empty()) return;
    std::map<Status, std::vector<ParameterValues>> rows;
    std::vector<ParameterValues> granted;
    for (const auto& decision : decisions) {
        if (!decision.status_changed) continue;
        rows[decision.after.state].push_back(values_of(decision.after, now));
        add_grants(granted, decision.after, decision.grants, now);
    }
    for (const auto& [status, some] : rows) {
        run(connection, code(status), some);
        run(connection, section_changed, some);
    }
    run(connection, section_granted, granted);
}

void Profile::grant(
    Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
) const
{
    std::vector<ParameterValues> rows;
    add_grants(rows, payment, grants, now);
    run(connection, section_granted, rows);
}

void Profile::revoke(
    Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
) const
{
    std::vector<ParameterValues> rows;
    add_grants(rows, payment, grants, now);
    run(connection, section_revoked, rows);
}

void Profile::run(
    Connection& connection, std::string_view section, std::span<const ParameterValues> rows
) const
{
    const auto found = sections_.find(section);
    if (found == sections_.end()) return;
    for (const auto& statement : found->second)
        statement.run(connection, rows);
}

} // namespace tollgate
