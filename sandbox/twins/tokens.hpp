// The access tokens that a twin has given out.
//
// Range    tokens_kept_max, the oldest are forgotten first
// Threads  any
#pragma once

#include "core/support/clock.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace tollgate::twins {

inline constexpr std::size_t tokens_kept_max = 1000;

class Tokens {
public:
    /// `scope` says what it opens; a token of one scope opens no other.
    std::string issue(std::string_view scope, Instant now, std::chrono::seconds lasts);
    bool is_good(std::string_view scope, std::string_view token, Instant now) const;
    void expire_all();
    /// How many were ever given out.
    std::size_t issued() const;

private:
    struct Token {
        std::string scope;
        std::string text;
        Instant ends_at;
    };
    mutable std::mutex mutex_;
    std::deque<Token> tokens_;
    std::size_t issued_ = 0;
};

} // namespace tollgate::twins
