#include "cli/commands.hpp"
#include "cli/parts.hpp"
#include "core/support/json.hpp"
#include "sql/grant_admin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tollgate {
namespace {

std::string link_of(const Config& config, const std::optional<DownloadToken>& token)
{
    return token && !token->empty() ? config.server.public_url + "/download/" + token->get() : "";
}

Json json_of(const StoredGrant& grant, const std::string& link, Instant now)
{
    return Json::object({
        {"file", grant.file},
        {"state", grant.state(now)},
        {"uses", grant.uses},
        {"uses_max", grant.uses_max},
        {"expires_at", iso_time(grant.expires_at)},
        {"revoked_at", grant.revoked_at ? Json{iso_time(*grant.revoked_at)} : Json{}},
        {"link", link.empty() ? Json{} : Json{link}},
    });
}

void print(
    const Parts& parts, const Config& config, const std::vector<StoredGrant>& grants, bool json
)
{
    const auto now = parts.clock.now();
    Json::Array all;
    for (const auto& grant : grants) {
        const auto link = grant.revoked_at
                              ? std::string{}
                              : link_of(config, parts.grants.token_of(grant.id, grant.digest));
        if (json) {
            all.push_back(json_of(grant, link, now));
            continue;
        }
        fmt::print(
            "{}: {}, {} of {} uses, until {}{}{}\n",
            grant.file,
            grant.state(now),
            grant.uses,
            grant.uses_max,
            iso_time(grant.expires_at),
            link.empty() ? "" : "\n  ",
            link
        );
    }
    if (json) fmt::print("{}\n", to_text(Json{std::move(all)}));
}

/// What `change(services, order)` did, told by the grants as they are then.
template <class Change>
int change_grants(const Config& config, const GrantsWish& wish, const char* refusal, Change change)
{
    Parts parts{config};
    const auto payment = find_payment(parts.store, wish.payment);
    if (!payment) return not_found(wish.payment);
    const GrantServices services{parts.pool, parts.profile, parts.grants};
    const GrantOrder order{payment->id, wish.file, operator_name(), parts.clock.now()};
    const std::vector<Grant> changed = change(services, order);
    if (changed.empty()) return not_done(refusal);
    auto grants = grant_states(parts.pool, payment->id);
    std::erase_if(grants, [&](const StoredGrant& grant) {
        return std::ranges::count(changed, grant.id, &Grant::id) == 0;
    });
    print(parts, config, grants, wish.json);
    return 0;
}

} // namespace

int run_grants_list(const Config& config, const GrantsWish& wish)
{
    Parts parts{config};
    const auto payment = find_payment(parts.store, wish.payment);
    if (!payment) return not_found(wish.payment);
    print(parts, config, grant_states(parts.pool, payment->id), wish.json);
    return 0;
}

int run_grants_reissue(const Config& config, const GrantsWish& wish)
{
    constexpr auto refusal = "it is not paid, or nothing of that name was delivered";
    return change_grants(config, wish, refusal, reissue_grants);
}

int run_grants_extend(const Config& config, const GrantsWish& wish)
{
    GrantExtension extension;
    if (wish.uses > 0) extension.uses_left = wish.uses;
    if (!wish.expires.empty()) {
        extension.expires_at = parse_time(wish.expires);
        if (!extension.expires_at) return wrong_time();
    }
    constexpr auto refusal = "there is nothing in force of that name; `grants reissue` gives again "
                             "what was revoked";
    return change_grants(
        config,
        wish,
        refusal,
        [&](const GrantServices& services, const GrantOrder& order) {
            return extend_grants(services, order, extension);
        }
    );
}

int run_grants_revoke(const Config& config, const GrantsWish& wish)
{
    return change_grants(config, wish, "there is nothing in force of that name", revoke_grants);
}

} // namespace tollgate
