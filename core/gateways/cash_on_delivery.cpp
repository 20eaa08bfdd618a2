#include "core/gateways/cash_on_delivery.hpp"

#include "core/gateways/rules.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

bool are_currencies(std::string_view text)
{
    const auto codes = words(text);
    return !codes.empty() && std::ranges::all_of(codes, [](std::string_view code) {
        return parse_currency(code).has_value();
    });
}

class CashOnDelivery final : public Gateway {
public:
    explicit CashOnDelivery(const GatewaySettings& settings) : Gateway{kind_of_cash_on_delivery()}
    {
        for (const auto& code : words(settings.secret("currencies"))) {
            const auto currency = parse_currency(code);
            tollgate::check(currency.has_value(), "a currency that the configuration let through");
            currencies_.push_back(*currency);
        }
    }

    std::vector<Objection> objections(Money price, const Customer&) const override
    {
        Objections found;
        if (!currencies_.empty()) demand_currency(found, price, currencies_);
        return found;
    }

    Step<Opened> open(const Opening&, Replies) const override
    {
        return Expected<Opened, GatewayFault>{Opened{}};
    }

    Step<Answer> check(const PaymentRef&, Replies) const override
    {
        impossible("a question about cash");
    }

    Expected<Claim, VerifyError> verify(const Inbound&) const override
    {
        return Unexpected{VerifyError::malformed};
    }

private:
    std::vector<Currency> currencies_; ///< empty: every currency
};

constexpr std::array settings{
    SettingSpec{
        .name = "currencies",
        .accepts = &are_currencies,
        .allowed = "currency codes of ISO 4217, separated by spaces, such as XOF EUR",
    },
};

std::unique_ptr<const Gateway> make(const GatewaySettings& given)
{
    return std::make_unique<CashOnDelivery>(given);
}

} // namespace

const GatewayKind& kind_of_cash_on_delivery()
{
    static constexpr GatewayKind kind{
        .spec = {"cash_on_delivery", settings},
        .title = "Cash on delivery",
        .capabilities =
            {
                .flow = Flow::on_delivery,
                .currencies = {},
                .notifies = false,
                .can_check = false,
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
