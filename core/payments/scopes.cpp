#include "core/payments/scopes.hpp"

#include "core/support/check.hpp"
#include "core/support/text.hpp"

namespace tollgate {

std::string_view code(Scope scope)
{
    switch (scope) {
    case Scope::read: return "read";
    case Scope::open: return "open";
    case Scope::refund: return "refund";
    case Scope::confirm: return "confirm";
    }
    impossible("scope");
}

std::string text_of(const Scopes& scopes)
{
    std::string text;
    for (const auto scope : every_scope) {
        if (!scopes.has(scope)) continue;
        if (!text.empty()) text += ' ';
        text += code(scope);
    }
    return text;
}

std::optional<Scopes> parse_scopes(std::string_view text)
{
    std::string spaced{text};
    std::ranges::replace(spaced, ',', ' ');
    Scopes scopes;
    for (const auto word : words(spaced)) {
        const auto known =
            std::ranges::find(every_scope, word, [](Scope one) { return code(one); });
        if (known == every_scope.end()) return {};
        scopes.add(*known);
    }
    return scopes;
}

} // namespace tollgate
