#include "sql/profile_check.hpp"

#include "sql/connection.hpp"
#include "sql/shop_orders.hpp"

namespace tollgate {
namespace {

/// Empty when there is none.
std::string mistake_in(Connection& connection, const Profile& profile, const ProfileStatement& one)
{
    try {
        const auto columns = one.prepare(connection);
        const auto& lookup = profile.order_lookup();
        if (!lookup || &one != &lookup->order) return {};
        const auto objection = objection_to_order_columns(columns);
        return objection.empty() ? objection : one.place() + ": " + objection;
    } catch (const sql::SQLException& error) {
        if (is_conflict(error) || is_lost_connection(error)) throw;
        return one.place() + ": the database refuses it: " + error.what();
    }
}

} // namespace

std::vector<std::string> profile_mistakes(Pool& pool, const Profile& profile)
{
    return pool.run([&](Connection& connection) {
        std::vector<std::string> mistakes;
        for (const auto* statement : profile.statements()) {
            auto mistake = mistake_in(connection, profile, *statement);
            if (!mistake.empty()) mistakes.push_back(std::move(mistake));
        }
        return mistakes;
    });
}

} // namespace tollgate
