#include "sandbox/twins/tokens.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"

#include <algorithm>

namespace tollgate::twins {

std::string Tokens::issue(std::string_view scope, Instant now, std::chrono::seconds lasts)
{
    constexpr std::size_t token_bytes = 24;
    auto text = to_base64url(random_bytes(token_bytes));
    const std::lock_guard lock{mutex_};
    ++issued_;
    if (tokens_.size() == tokens_kept_max) tokens_.pop_front();
    tokens_.push_back({std::string{scope}, text, now + lasts});
    return text;
}

bool Tokens::is_good(std::string_view scope, std::string_view token, Instant now) const
{
    const std::lock_guard lock{mutex_};
    return std::ranges::any_of(tokens_, [&](const Token& one) {
        return one.scope == scope && one.text == token && now < one.ends_at;
    });
}

void Tokens::expire_all()
{
    const std::lock_guard lock{mutex_};
    tokens_.clear();
}

std::size_t Tokens::issued() const
{
    const std::lock_guard lock{mutex_};
    return issued_;
}

} // namespace tollgate::twins
