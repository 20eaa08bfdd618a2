// What a gateway may ask of the configuration, and the variables that shops already have.
#include "core/config/config.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/text.hpp"
#include "tests/core/config/loading.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tollgate;
using namespace tollgate::loading;

namespace {

bool is_even(std::string_view text)
{
    return text.size() % 2 == 0;
}

// clang-format off
const SettingSpec acmepay_settings[] = {
    {.name = "key",     .kind = SettingKind::secret, .required = true, .sandbox_fallback = "everybody-knows-this"},
    {.name = "api_url", .kind = SettingKind::url, .required = true, .sandbox_fallback = "https://sandbox.acme.example"},
    {.name = "target",  .fallback = "live", .sandbox_fallback = "play"},
    {.name = "form",    .fallback = "canonical", .choices = "canonical legacy"},
    {.name = "pairs",   .accepts = &is_even, .allowed = "of even length"},
    {.name = "notify_url", .kind = SettingKind::url},
};
const SettingSpec mtn_momo_settings[] = {
    {.name = "api_key",          .kind = SettingKind::secret, .required = true},
    {.name = "api_secret",       .kind = SettingKind::secret, .required = true},
    {.name = "subscription_key", .kind = SettingKind::secret, .required = true},
    {.name = "environment",      .fallback = "mtnuganda", .sandbox_fallback = "sandbox"},
};
const SettingSpec airtel_money_settings[] = {
    {.name = "client_id",     .kind = SettingKind::secret, .required = true},
    {.name = "client_secret", .kind = SettingKind::secret, .required = true},
};
const SettingSpec flutterwave_settings[] = {
    {.name = "public_key"},
    {.name = "secret_key",  .kind = SettingKind::secret, .required = true},
    {.name = "secret_hash", .kind = SettingKind::secret, .required = true},
};
// clang-format on

const GatewaySpec gateways[] = {
    {"acmepay", acmepay_settings},
    {"mtn_momo", mtn_momo_settings},
    {"airtel_money", airtel_money_settings},
    {"flutterwave", flutterwave_settings},
};

const Variables house{
    {"TOLLGATE_PUBLIC_URL", "https://pay.example"},
    {"TOLLGATE_KEY", std::string(32, 'k')},
    {"DATABASE_URL", "mysql://me:pw@db/shop"},
};
const Variables acmepay =
    with(house, {{"ACMEPAY_KEY", "k"}, {"ACMEPAY_API_URL", "https://api.acme.example"}});

// The environment that a shop with three gateways has, and nothing of ours.
const Variables shop{
    {"PAYMENT_ENVIRONMENT", "production"},
    {"SITE_URL", "https://shop.example"},
    {"DATABASE_URL", "mysql://me:pw@db/shop"},
    {"MTN_MOMO_API_KEY", "mtn-key"},
    {"MTN_MOMO_API_SECRET", "mtn-secret"},
    {"MTN_MOMO_SUBSCRIPTION_KEY", "mtn-subscription"},
    {"AIRTEL_MONEY_CLIENT_ID", "airtel-id"},
    {"AIRTEL_MONEY_CLIENT_SECRET", "airtel-secret"},
    {"FLUTTERWAVE_PUBLIC_KEY", "flutterwave-public"},
    {"FLUTTERWAVE_SECRET_KEY", "flutterwave-secret"},
    {"FLUTTERWAVE_SECRET_HASH", "flutterwave-hash"},
};

Expected<Config, Mistakes> load(const Variables& variables)
{
    return load_config({"", environment_of(variables), gateways});
}

Config good(const Variables& variables)
{
    auto loaded = load(variables);
    BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
    return std::move(*loaded);
}

} // namespace

BOOST_AUTO_TEST_SUITE(gateway_settings_test)

BOOST_AUTO_TEST_CASE(the_sandbox_has_fallbacks_of_its_own)
{
    const auto production = good(acmepay);
    BOOST_TEST(!production.server.sandbox);
    BOOST_TEST(production.gateways.at(0).text("target") == "live");

    const auto sandbox = good(with(
        house, {{"PAYMENT_ENVIRONMENT", "sandbox"}, {"ACMEPAY_NOTIFY_URL", "https://pay.example/n"}}
    ));
    BOOST_TEST(sandbox.server.sandbox);
    const auto& settings = sandbox.gateways.at(0);
    BOOST_TEST(settings.secret("key") == "everybody-knows-this");
    BOOST_TEST(settings.text("api_url") == "https://sandbox.acme.example");
    BOOST_TEST(settings.text("target") == "play");
    BOOST_TEST(settings.text("form") == "canonical"); // has none of its own

    const auto given =
        good(with(acmepay, {{"PAYMENT_ENVIRONMENT", "sandbox"}, {"ACMEPAY_TARGET", "rehearsal"}}));
    BOOST_TEST(given.gateways.at(0).secret("key") == "k");
    BOOST_TEST(given.gateways.at(0).text("api_url") == "https://api.acme.example");
    BOOST_TEST(given.gateways.at(0).text("target") == "rehearsal");
}

BOOST_AUTO_TEST_CASE(the_sandbox_requires_what_has_no_fallback_there)
{
    const auto nothing = with(house, {{"ACMEPAY_TARGET", "x"}, {"MTN_MOMO_API_KEY", "k"}});
    BOOST_TEST(
        mistakes_of(load(nothing)) ==
        "environment: `ACMEPAY_KEY` is required: a text that is not empty\n"
        "environment: `ACMEPAY_API_URL` is required: an http or https address such as "
        "https://shop.example/, without user and fragment\n"
        "environment: `MTN_MOMO_API_SECRET` is required: a text that is not empty\n"
        "environment: `MTN_MOMO_SUBSCRIPTION_KEY` is required: a text that is not empty\n"
    );
    BOOST_TEST(
        mistakes_of(load(with(nothing, {{"PAYMENT_ENVIRONMENT", "sandbox"}}))) ==
        "environment: `MTN_MOMO_API_SECRET` is required: a text that is not empty\n"
        "environment: `MTN_MOMO_SUBSCRIPTION_KEY` is required: a text that is not empty\n"
    );
}

BOOST_AUTO_TEST_CASE(the_environment_is_one_of_two_words)
{
    for (const auto* word : {"live", "Sandbox", "sandbox "}) {
        BOOST_TEST(
            mistakes_of(load(with(acmepay, {{"PAYMENT_ENVIRONMENT", word}}))) ==
            "environment: `PAYMENT_ENVIRONMENT` must be one of production, sandbox\n"
        );
    }
    // What the file says stands before every gateway, wherever it is written.
    const TemporaryFile file{"[gateway.acmepay]\n[server]\nenvironment = 'sandbox'\n"};
    const auto variables = with(house, {{"PAYMENT_ENVIRONMENT", "production"}});
    const auto loaded = load_config({file.path(), environment_of(variables), gateways});
    BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
    BOOST_TEST(loaded->gateways.at(0).text("target") == "play");
}

BOOST_AUTO_TEST_CASE(what_everybody_knows_makes_no_key)
{
    Variables sandbox{
        {"TOLLGATE_PUBLIC_URL", "https://pay.example"},
        {"DATABASE_URL", "mysql://me:pw@db/shop"},
        {"PAYMENT_ENVIRONMENT", "sandbox"},
        {"ACMEPAY_TARGET", "x"},
    };
    const std::string missing =
        "environment: `TOLLGATE_KEY` is required: a text of at least 32 characters\n";
    BOOST_TEST(mistakes_of(load(sandbox)) == missing);
    sandbox["ACMEPAY_KEY"] = "everybody-knows-this";
    BOOST_TEST(mistakes_of(load(sandbox)) == missing);
    sandbox["ACMEPAY_KEY"] = "mine";
    BOOST_TEST(
        good(sandbox).server.key.expose() ==
        to_hex(hmac_sha256("acmepay.key=mine\n", "tollgate server key"))
    );
}

BOOST_AUTO_TEST_CASE(a_setting_may_allow_some_texts_only)
{
    // clang-format off
    struct {
        const char* name;
        Variables variables;
        const char* mistakes;
    } const cases[] = {
        {"a choice",        {{"ACMEPAY_FORM", "legacy"}},           ""},
        {"no choice",       {{"ACMEPAY_FORM", "hidden"}},           "environment: `ACMEPAY_FORM` must be one of canonical, legacy\n"},
        {"part of one",     {{"ACMEPAY_FORM", "legac"}},            "environment: `ACMEPAY_FORM` must be one of canonical, legacy\n"},
        {"two of them",     {{"ACMEPAY_FORM", "canonical legacy"}}, "environment: `ACMEPAY_FORM` must be one of canonical, legacy\n"},
        {"in the sandbox",  {{"ACMEPAY_FORM", "hidden"}, {"PAYMENT_ENVIRONMENT", "sandbox"}}, "environment: `ACMEPAY_FORM` must be one of canonical, legacy\n"},
        {"a rule of its own", {{"ACMEPAY_PAIRS", "ab"}},            ""},
        {"breaks that rule",  {{"ACMEPAY_PAIRS", "abc"}},           "environment: `ACMEPAY_PAIRS` must be of even length\n"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(mistakes_of(load(with(acmepay, c.variables))) == c.mistakes);
        }
    }
    const TemporaryFile file{
        "[gateway.acmepay]\nkey = 'k'\napi_url = 'https://a.example'\nform = 'hidden'\n"};
    BOOST_TEST(
        mistakes_of(load_config({file.path(), environment_of(house), gateways})) ==
        "4: `gateway.acmepay.form` must be one of canonical, legacy\n"
    );
}

BOOST_AUTO_TEST_CASE(the_variables_of_the_shops_suffice)
{
    const auto config = good(shop);
    BOOST_TEST(!config.server.sandbox);
    BOOST_TEST(config.server.public_url == "https://shop.example");
    BOOST_TEST(config.shop.url == "https://shop.example");
    BOOST_TEST_REQUIRE(config.gateways.size() == 3U);
    BOOST_TEST(config.gateways[0].secret("api_key") == "mtn-key");
    BOOST_TEST(config.gateways[0].secret("api_secret") == "mtn-secret");
    BOOST_TEST(config.gateways[0].secret("subscription_key") == "mtn-subscription");
    BOOST_TEST(config.gateways[0].text("environment") == "mtnuganda");
    BOOST_TEST(config.gateways[1].secret("client_id") == "airtel-id");
    BOOST_TEST(config.gateways[1].secret("client_secret") == "airtel-secret");
    BOOST_TEST(config.gateways[2].text("public_key") == "flutterwave-public");
    BOOST_TEST(config.gateways[2].secret("secret_key") == "flutterwave-secret");
    BOOST_TEST(config.gateways[2].secret("secret_hash") == "flutterwave-hash");

    const auto sandbox = good(with(shop, {{"PAYMENT_ENVIRONMENT", "sandbox"}}));
    BOOST_TEST(sandbox.gateways.at(0).text("environment") == "sandbox");
}

BOOST_AUTO_TEST_CASE(a_shop_that_is_without_a_secret_is_told_which)
{
    for (const auto& [name, value] : shop) {
        if (!is_one_of(name, {"MTN_MOMO_API_SECRET", "FLUTTERWAVE_SECRET_HASH"})) continue;
        BOOST_TEST(
            mistakes_of(load(with(shop, {{name, ""}}))) ==
            "environment: `" + name + "` is required: a text that is not empty\n"
        );
    }
}

BOOST_AUTO_TEST_CASE(where_the_public_url_comes_from)
{
    const std::string address = " must be an http or https address such as "
                                "https://pay.shop.example, without user, query and fragment\n";
    auto variables = acmepay;
    variables.erase("TOLLGATE_PUBLIC_URL");
    const Variables site{{"SITE_URL", "https://shop.example/"}};
    const Variables notify{{"ACMEPAY_NOTIFY_URL", "https://notify.example/n"}};
    const Variables own{{"TOLLGATE_PUBLIC_URL", "https://own.example"}};

    BOOST_TEST(good(with(variables, site)).server.public_url == "https://shop.example");
    variables = with(variables, site);
    BOOST_TEST(good(with(variables, notify)).server.public_url == "https://notify.example");
    BOOST_TEST(good(with(with(variables, notify), own)).server.public_url == "https://own.example");
    const TemporaryFile file{"[server]\npublic_url = 'https://file.example'\n"};
    const auto by_file = load_config({file.path(), environment_of(variables), gateways});
    BOOST_TEST_REQUIRE(mistakes_of(by_file) == "");
    BOOST_TEST(by_file->server.public_url == "https://file.example");

    // Only where it is needed must the shop's variable be an address.
    const Variables name{{"SITE_URL", "shop.example"}};
    BOOST_TEST(mistakes_of(load(with(variables, name))) == "environment: `SITE_URL`" + address);
    BOOST_TEST(good(with(with(variables, name), notify)).shop.url == "");
    BOOST_TEST(
        mistakes_of(load(with(with(variables, notify), {{"TOLLGATE_PUBLIC_URL", "x"}}))) ==
        "environment: `TOLLGATE_PUBLIC_URL`" + address
    );
}

BOOST_AUTO_TEST_CASE(where_the_way_back_to_the_shop_leads)
{
    BOOST_TEST(good(acmepay).shop.url == "");
    const auto site = with(acmepay, {{"SITE_URL", "https://site.example/?from=tollgate"}});
    BOOST_TEST(good(site).shop.url == "https://site.example/?from=tollgate");
    BOOST_TEST(
        good(with(site, {{"TOLLGATE_SHOP_URL", "https://shop.example/"}})).shop.url ==
        "https://shop.example/"
    );
}

BOOST_AUTO_TEST_CASE(gateways_are_named_by_a_section_or_a_variable_whatever_else_is_wrong)
{
    const auto names = [](const std::string& path, const Variables& variables) {
        const auto named = named_gateways({path, environment_of(variables), gateways});
        std::string text;
        if (!named) return text_of(named.error());
        for (const auto& name : *named)
            text += name + ' ';
        return text;
    };
    const TemporaryFile broken{"[sever]\nx = 1\n[gateway.airtel_money]\n[gateway.paypal]\n"};
    const TemporaryFile not_toml{"[server\n", "not_toml"};
    BOOST_TEST(names("", {}) == "");
    BOOST_TEST(names("", {{"SITE_URL", "x"}, {"ACMEPAY_KEY", ""}}) == "");
    BOOST_TEST(names("", shop) == "mtn_momo airtel_money flutterwave ");
    BOOST_TEST(names(broken.path(), {{"ACMEPAY_FORM", "wrong"}}) == "acmepay airtel_money ");
    BOOST_TEST(names(not_toml.path(), shop).starts_with("1: this is not TOML"));
    BOOST_TEST(names("/nonexistent.toml", shop).find("must be a file") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
