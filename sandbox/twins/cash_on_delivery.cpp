// Cash on delivery: nobody speaks here, so this twin answers nothing. It says how Tollgate is
// configured, and what is sold.
#include "core/support/check.hpp"
#include "sandbox/twins/twin.hpp"

#include <memory>

namespace tollgate::twins {
namespace {

class CashOnDelivery final : public Twin {
public:
    explicit CashOnDelivery(TwinServices& services) : Twin{"cash_on_delivery", services} {}

    HttpRequest notification(const Transaction&, const NotificationWish&) const override
    {
        impossible("a notification about cash");
    }
    WayBack way_back(const Transaction&) const override { return {}; }
    Json::Object tollgate_settings() const override { return {}; }
    Sample sample() const override { return {.amount = "1500", .currency = "XOF"}; }
};

} // namespace

std::unique_ptr<Twin> make_cash_on_delivery_twin(TwinServices& services)
{
    return std::make_unique<CashOnDelivery>(services);
}

} // namespace tollgate::twins
