#include "core/gateways/registry.hpp"
#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace tollgate;

namespace {

Config config_with(std::map<std::string, std::string> more)
{
    Config config;
    config.server.public_url = "https://pay.example";
    more.insert({{"api_key", "k"}, {"site_id", "445160"}, {"secret", "s"}, {"channels", "ALL"}});
    GatewaySettings settings{.gateway = "cinetpay", .values = {}};
    for (const auto& [name, value] : more)
        settings.values.emplace(name, Secret{value});
    config.gateways.push_back(std::move(settings));
    return config;
}

} // namespace

BOOST_AUTO_TEST_SUITE(registry_test)

BOOST_AUTO_TEST_CASE(specs_are_named_once_and_want_a_secret_where_somebody_answers)
{
    std::set<std::string_view> names;
    for (const auto* kind : gateway_kinds()) {
        const auto& spec = kind->spec;
        BOOST_TEST_CONTEXT(spec.name)
        {
            BOOST_TEST(names.insert(spec.name).second);
            std::set<std::string_view> settings;
            for (const auto& setting : spec.settings) {
                BOOST_TEST(settings.insert(setting.name).second);
                BOOST_TEST((!setting.required || setting.fallback.empty()));
            }
            const auto& can = kind->capabilities;
            if (!can.notifies && !can.can_check) continue;
            BOOST_TEST(std::ranges::any_of(spec.settings, [](const SettingSpec& setting) {
                return setting.kind == SettingKind::secret && setting.required;
            }));
        }
    }
    BOOST_TEST(names.contains("cinetpay"));
}

BOOST_AUTO_TEST_CASE(fallbacks_are_what_the_setting_allows)
{
    for (const auto& spec : gateway_specs()) {
        for (const auto& setting : spec.settings) {
            const auto choices = words(setting.choices);
            for (const auto fallback : {setting.fallback, setting.sandbox_fallback}) {
                BOOST_TEST_CONTEXT(spec.name << "." << setting.name << ": " << fallback)
                {
                    const bool open = choices.empty() || fallback.empty();
                    BOOST_TEST((open || std::ranges::find(choices, fallback) != choices.end()));
                    const bool bound = setting.accepts != nullptr && !fallback.empty();
                    BOOST_TEST((!bound || setting.accepts(fallback)));
                    const bool url = setting.kind == SettingKind::url && !fallback.empty();
                    BOOST_TEST((!url || is_http_url(fallback)));
                }
            }
            BOOST_TEST((setting.accepts != nullptr) == !setting.allowed.empty());
            const bool rules = setting.accepts != nullptr || !choices.empty();
            BOOST_TEST((!rules || setting.kind == SettingKind::text));
        }
    }
}

BOOST_AUTO_TEST_CASE(only_configured_gateways_are_found)
{
    const Gateways gateways{config_with({})};
    BOOST_REQUIRE(gateways.find("cinetpay") != nullptr);
    BOOST_TEST(gateways.find("cinetpay")->name() == "cinetpay");
    BOOST_TEST(gateways.find("CINETPAY") == nullptr);
    BOOST_TEST(gateways.find("cinetpay/") == nullptr);
    BOOST_TEST(gateways.find("") == nullptr);
    BOOST_TEST(
        gateways.names() == std::vector<std::string>{"cinetpay"}, boost::test_tools::per_element()
    );

    const Gateways none{Config{}};
    BOOST_TEST(none.find("cinetpay") == nullptr);
    BOOST_TEST(none.names().empty());
}

BOOST_AUTO_TEST_CASE(addresses_are_as_configured_or_below_the_public_url)
{
    const Gateways plain{config_with({})};
    const auto& gateway = *plain.find("cinetpay");
    BOOST_TEST(plain.notify_url(gateway) == "https://pay.example/notify/cinetpay");
    BOOST_TEST(plain.return_url(gateway) == "https://pay.example/return/cinetpay");

    const Gateways old{config_with({
        {"notify_url", "https://shop.example/payment/callback/"},
        {"return_url", "https://shop.example/payment/return/"},
    })};
    const auto& same = *old.find("cinetpay");
    BOOST_TEST(old.notify_url(same) == "https://shop.example/payment/callback/");
    BOOST_TEST(old.return_url(same) == "https://shop.example/payment/return/");
}

BOOST_AUTO_TEST_SUITE_END()
