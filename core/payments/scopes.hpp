// What a Bearer key may do to the payments of its merchant.
//
// Shape    text: the names separated by spaces, in the order of Scope: `read open refund`
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

enum class Scope : unsigned char {
    read,    ///< see them, and have their gateways asked
    open,    ///< open and retry
    refund,  ///< give money back
    confirm, ///< say what became of cash
};

inline constexpr std::array every_scope{Scope::read, Scope::open, Scope::refund, Scope::confirm};

std::string_view code(Scope scope);

class Scopes {
public:
    /// None.
    constexpr Scopes() = default;
    static constexpr Scopes all()
    {
        Scopes scopes;
        for (const auto scope : every_scope)
            scopes.add(scope);
        return scopes;
    }

    constexpr void add(Scope scope) { bits_ = static_cast<unsigned char>(bits_ | bit(scope)); }
    constexpr bool has(Scope scope) const { return (bits_ & bit(scope)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    friend bool operator==(const Scopes&, const Scopes&) = default;

private:
    static constexpr unsigned bit(Scope scope) { return 1U << static_cast<unsigned>(scope); }

    unsigned char bits_ = 0;
};

std::string text_of(const Scopes& scopes);
/// Names separated by spaces or commas; nothing when one is unknown.
std::optional<Scopes> parse_scopes(std::string_view text);

} // namespace tollgate
