#include "core/support/json.hpp"
#include "fcgi/opening_request.hpp"

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

using namespace tollgate;

namespace {

/// A shop with one gateway and the files book.pdf and extra/notes.txt to deliver.
struct Shop {
    Shop()
    {
        GatewaySettings settings{.gateway = "cinetpay", .values = {}};
        for (const auto* name : {"api_key", "site_id", "secret", "channels"}) {
            settings.values.emplace(name, Secret{name});
        }
        config.gateways.push_back(std::move(settings));
        std::filesystem::create_directories(folder / "extra");
        for (const auto* file : {"book.pdf", "extra/notes.txt"})
            std::ofstream{folder / file} << file;
        config.downloads.directory = folder.string();
        config.events.secret = Secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    }

    ~Shop() { std::filesystem::remove_all(folder); }
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    OpeningRules rules(const Gateways& gateways) const
    {
        return {
            .gateways = gateways,
            .downloads = config.downloads,
            .events = config.events,
            .sandbox = config.server.sandbox,
            .merchant = Merchant{"shop"},
            .language = "fr",
        };
    }

    Expected<OpeningRequest, FieldErrors> read(std::string_view text) const
    {
        const auto json = parse_json(text);
        BOOST_REQUIRE(json.has_value());
        const Gateways gateways{config};
        auto request = read_opening(*json, rules(gateways));
        if (request) BOOST_TEST(request->gateway == gateways.find("cinetpay"));
        return request;
    }

    OpeningOrder order(std::string_view text) const
    {
        const auto request = read(text);
        BOOST_REQUIRE(request.has_value());
        return request->order;
    }

    /// The names of the fields that are wrong, each with a reason.
    std::set<std::string> wrong_fields(std::string_view text) const
    {
        const auto request = read(text);
        std::set<std::string> names;
        if (request) return names;
        for (const auto& [name, what] : request.error()) {
            BOOST_TEST(!what.empty());
            names.insert(name);
        }
        return names;
    }

    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("tollgate-files-" + std::to_string(::getpid()));
    Config config;
};

/// A valid request with `members` in place of its own.
std::string with(std::string_view members)
{
    auto json = *parse_json(R"({"order":"1","amount":"1500","currency":"XOF"})");
    Json::Object all = *parse_json("{" + std::string{members} + "}")->object();
    for (const auto& [name, value] : *json.object()) {
        const bool given =
            std::ranges::any_of(all, [&](const auto& one) { return one.first == name; });
        if (!given) all.emplace_back(name, value);
    }
    return to_text(Json{std::move(all)});
}

} // namespace

BOOST_AUTO_TEST_SUITE(opening_request_test)

BOOST_FIXTURE_TEST_CASE(the_least_request, Shop)
{
    const auto least = order(R"({"order":"2026-1","amount":"1500","currency":"XOF"})");
    BOOST_TEST(least.merchant.get() == "shop");
    BOOST_TEST(least.order.get() == "2026-1");
    BOOST_TEST((least.price == Money{1500, Currency::XOF}));
    BOOST_TEST(least.description == "2026-1");
    BOOST_TEST(least.files.empty());
    BOOST_TEST((least.customer == Customer{}));
    BOOST_TEST(least.language == "fr");
}

BOOST_FIXTURE_TEST_CASE(the_whole_request, Shop)
{
    const auto whole = order(R"({"order":"2026-1","amount":1500,"currency":"XOF",
        "gateway":"cinetpay","description":"Le livre – été","language":"en",
        "files":[{"path":"book.pdf","uses_max":2},"extra/notes.txt","book.pdf"],
        "customer":{"name":"Kone","surname":"Awa","email":"awa@example.com",
        "phone":"+2250700000000","address":"Rue 1","city":"Abidjan","country":"CI","state":"CI",
        "zip":"00225"}})");
    BOOST_TEST((whole.price == Money{1500, Currency::XOF}));
    BOOST_TEST(whole.description == "Le livre – été");
    const std::vector<PaidFile> files{{"book.pdf", 2}, {"extra/notes.txt"}};
    BOOST_TEST((whole.files == files));
    const Customer customer{
        .name = "Kone",
        .surname = "Awa",
        .email = "awa@example.com",
        .phone = "+2250700000000",
        .address = "Rue 1",
        .city = "Abidjan",
        .country = "CI",
        .state = "CI",
        .zip = "00225",
    };
    BOOST_TEST((whole.customer == customer));
    BOOST_TEST(whole.language == "en");
}

BOOST_FIXTURE_TEST_CASE(a_wrong_field_is_named, Shop)
{
    const std::string long_text(256, 'a');
    // clang-format off
    struct {
        const char* name;
        std::string json;
        std::string field;
    } const cases[] = {
        {"longest description",     with(R"("description":")" + long_text.substr(1) + '"'), ""},
        {"longest order",           with(R"("order":")" + std::string(64, 'a') + '"'),      ""},
        {"number with zeros",       with(R"("amount":1500.00)"),                            ""},
        {"no files",                with(R"("files":[])"),                                  ""},
        {"no order",                R"({"amount":"1500","currency":"XOF"})",                "order"},
        {"no amount",               R"({"order":"1","currency":"XOF"})",                    "amount"},
        {"no currency",             R"({"order":"1","amount":"1500"})",                     "currency"},
        {"order empty",             with(R"("order":"")"),                                  "order"},
        {"order a number",          with(R"("order":1)"),                                   "order"},
        {"order null",              with(R"("order":null)"),                                "order"},
        {"order with a space",      with(R"("order":"a b")"),                               "order"},
        {"order with a tag",        with(R"("order":"<b>")"),                               "order"},
        {"order too long",          with(R"("order":")" + std::string(65, 'a') + '"'),      "order"},
        {"amount zero",             with(R"("amount":"0")"),                                "amount"},
        {"amount negative",         with(R"("amount":"-1500")"),                            "amount"},
        {"amount with a fraction",  with(R"("amount":"1500.5")"),                           "amount"},
        {"amount with a comma",     with(R"("amount":"1500,00")"),                          "amount"},
        {"amount scientific",       with(R"("amount":1.5e3)"),                              "amount"},
        {"amount too great",        with(R"("amount":"9999999999999999")"),                 "amount"},
        {"amount empty",            with(R"("amount":"")"),                                 "amount"},
        {"amount true",             with(R"("amount":true)"),                               "amount"},
        {"amount null",             with(R"("amount":null)"),                               "amount"},
        {"amount an object",        with(R"("amount":{"value":1500})"),                     "amount"},
        {"no multiple of 5",        with(R"("amount":"1501")"),                             "amount"},
        {"dollars with cents",      with(R"("amount":"1.50","currency":"USD")"),            "amount"},
        {"currency not sold",       with(R"("currency":"EUR")"),                            "currency"},
        {"currency in lower case",  with(R"("currency":"xof")"),                            "currency"},
        {"currency unknown",        with(R"("currency":"XXY")"),                            "currency"},
        {"currency a number",       with(R"("currency":952)"),                              "currency"},
        {"currency too long",       with(R"("currency":"XOFX")"),                           "currency"},
        {"gateway unknown",         with(R"("gateway":"stripe")"),                          "gateway"},
        {"gateway empty",           with(R"("gateway":"")"),                                "gateway"},
        {"gateway a list",          with(R"("gateway":["cinetpay"])"),                      "gateway"},
        {"description too long",    with(R"("description":")" + long_text + '"'),           "description"},
        {"description a number",    with(R"("description":1)"),                             "description"},
        {"description, line end",   with(R"("description":"a\nb")"),                        "description"},
        {"files a string",          with(R"("files":"book.pdf")"),                          "files"},
        {"file not there",          with(R"("files":["no.pdf"])"),                          "files"},
        {"file a number",           with(R"("files":[1])"),                                 "files"},
        {"file a folder",           with(R"("files":["extra"])"),                           "files"},
        {"file elsewhere",          with(R"("files":["../book.pdf"])"),                     "files"},
        {"file absolute",           with(R"("files":["/etc/hostname"])"),                   "files"},
        {"file with a NUL",         with(R"("files":["book.pdf\u0000"])"),                  "files"},
        {"eleven files",            with(R"("files":["book.pdf","book.pdf","book.pdf","book.pdf",
            "book.pdf","book.pdf","book.pdf","book.pdf","book.pdf","book.pdf","book.pdf"])"), "files"},
        {"customer a string",       with(R"("customer":"Awa")"),                            "customer"},
        {"customer a list",         with(R"("customer":[])"),                               "customer"},
        {"member a number",         with(R"("customer":{"zip":225})"),                      "customer.zip"},
        {"member unknown",          with(R"("customer":{"card":"4242"})"),                  "customer.card"},
        {"member too long",         with(R"("customer":{"name":")" + std::string(101, 'a') + "\"}"),
                                                                                            "customer.name"},
        {"member, line end",        with(R"("customer":{"city":"a\r\nb"})"),                "customer.city"},
        {"language unknown",        with(R"("language":"de")"),                             "language"},
        {"language with a region",  with(R"("language":"fr-CI")"),                          "language"},
        {"language empty",          with(R"("language":"")"),                               "language"},
        {"language null",           with(R"("language":null)"),                             "language"},
        {"field unknown",           with(R"("notify_url":"https://evil.example")"),         "notify_url"},
        {"price unknown",           with(R"("Amount":"1")"),                                "Amount"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            std::set<std::string> expected;
            if (!c.field.empty()) expected.insert(c.field);
            BOOST_TEST(wrong_fields(c.json) == expected, boost::test_tools::per_element());
        }
    }
}

BOOST_FIXTURE_TEST_CASE(every_wrong_field_is_named_at_once, Shop)
{
    const std::set<std::string> all{
        "amount",
        "currency",
        "customer.card",
        "customer.zip",
        "description",
        "extra",
        "files",
        "gateway",
        "language",
        "order"};
    BOOST_TEST(
        wrong_fields(R"({"order":"","amount":[],"currency":"?","gateway":"?","description":1,
            "files":1,"customer":{"card":"1","zip":1},"language":"?","extra":1})") == all,
        boost::test_tools::per_element()
    );
    const std::set<std::string> required{"amount", "currency", "order"};
    BOOST_TEST(wrong_fields("{}") == required, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(without_a_folder_nothing_is_delivered, Shop)
{
    config.downloads.directory.clear();
    const std::set<std::string> files{"files"};
    BOOST_TEST(
        wrong_fields(with(R"("files":["book.pdf"])")) == files, boost::test_tools::per_element()
    );
    BOOST_TEST(
        wrong_fields(with(R"("files":["etc/hostname"])")) == files, boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(a_mistake_never_repeats_what_was_given, Shop)
{
    const auto request =
        read(with(R"("gateway":"<script>","files":["<script>"],"language":"<script>")"));
    BOOST_REQUIRE(!request.has_value());
    for (const auto& [name, what] : request.error()) {
        BOOST_TEST(what.find("script") == std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(answers_have_one_shape, Shop)
{
    const auto good = json_response(201, "opened", {{"data", Json{1}}});
    BOOST_TEST(good.status == 201);
    BOOST_TEST(good.content_type == "application/json");
    BOOST_TEST(good.body == "{\"success\":true,\"message\":\"opened\",\"data\":1}\n");

    const auto bad = validation_response({{"amount", "is required"}, {"order", "is \"wrong\""}});
    BOOST_TEST(bad.status == 422);
    const auto json = parse_json(bad.body);
    BOOST_REQUIRE(json.has_value());
    BOOST_TEST((*json->find("success") == Json{false}));
    const auto expected = Json::object({{"amount", "is required"}, {"order", "is \"wrong\""}});
    BOOST_TEST((*json->find("errors") == expected));
}

BOOST_FIXTURE_TEST_CASE(fields_have_other_names, Shop)
{
    const auto by_others = order(R"({"order_reference":"7","amount":"1500","currency":"XOF",
        "provider":"CinetPay","msisdn":"00225 07-00.00 0000"})");
    BOOST_TEST(by_others.order.get() == "7");
    BOOST_TEST(by_others.customer.phone == "+2250700000000");
    BOOST_TEST(
        order(R"({"orderReference":"7","amount":1500,"currency":"XOF",
        "msisdn":2250700000000})")
            .customer.phone == "+2250700000000"
    );
    const auto both = with(R"("msisdn":"2250700000000","customer":{"phone":"+225 0700000000"})");
    BOOST_TEST(order(both).customer.phone == "+225 0700000000");

    // clang-format off
    struct {
        const char* name;
        std::string json;
        std::set<std::string> wrong;
    } const cases[] = {
        {"two orders",        with(R"("order_reference":"1")"),                      {"order_reference"}},
        {"other order wrong", R"({"orderReference":"a b","amount":5,"currency":"XOF"})", {"orderReference"}},
        {"two gateways",      with(R"("gateway":"cinetpay","provider":"cinetpay")"), {"provider"}},
        {"provider unknown",  with(R"("provider":"nosuch")"),                        {"provider"}},
        {"national number",   with(R"("msisdn":"0700000000")"),                      {"msisdn"}},
        {"no number",         with(R"("msisdn":"call me")"),                         {"msisdn"}},
        {"msisdn null",       with(R"("msisdn":null)"),                              {"msisdn"}},
        {"another phone",     with(R"("msisdn":"2250700000000","customer":{"phone":"+2250700000001"})"), {"msisdn"}},
        {"all at once",       R"({"amount":"1,5","currency":"x","provider":1,"msisdn":"1","callback_url":"x","y":1})",
         {"order", "amount", "currency", "provider", "msisdn", "callback_url", "y"}},
    };
    // clang-format on
    for (const auto& c : cases)
        BOOST_TEST(wrong_fields(c.json) == c.wrong, c.name);
}

BOOST_FIXTURE_TEST_CASE(a_payment_brings_its_own_addresses, Shop)
{
    const auto urls = order(with(R"("callback_url":"https://shop.example/events",
        "success_url":"https://shop.example/thanks","failure_url":"http://127.0.0.1/sorry")"))
                          .urls;
    BOOST_TEST(urls.callback == "https://shop.example/events");
    BOOST_TEST(urls.success == "https://shop.example/thanks");
    BOOST_TEST(urls.failure == "http://127.0.0.1/sorry");
    BOOST_TEST(order(with("")).urls.empty());
    for (const auto* name : {"callback_url", "success_url", "failure_url"}) {
        for (const auto* url : {R"("")", "1", "null", R"("http://shop.example/")", R"("x")"}) {
            const auto json = with('"' + std::string{name} + "\":" + url);
            BOOST_TEST(wrong_fields(json) == std::set<std::string>{name}, json);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_callback_needs_a_secret_and_leads_to_no_neighbour, Shop)
{
    const auto loopback = with(R"("callback_url":"http://localhost:8000/events")");
    const std::set<std::string> wrong{"callback_url"};
    BOOST_TEST(wrong_fields(loopback) == wrong);
    config.events.url = "http://localhost:8000/all";
    BOOST_TEST(wrong_fields(loopback).empty());
    config.events.url = "http://localhost:8001/all";
    BOOST_TEST(wrong_fields(loopback) == wrong);
    config.events.private_callbacks = true;
    BOOST_TEST(wrong_fields(loopback).empty());
    config.events.secret = {};
    BOOST_TEST(wrong_fields(loopback) == wrong);
    BOOST_TEST(wrong_fields(with(R"("callback_url":"https://shop.example/")")) == wrong);
}

BOOST_FIXTURE_TEST_CASE(a_new_attempt_changes_what_it_names, Shop)
{
    const Gateways gateways{config};
    const OpeningRequest unpaid{
        .gateway = gateways.find("cinetpay"),
        .order = order(with(R"("customer":{"name":"Awa","phone":"+2250700000000"},
            "success_url":"https://shop.example/thanks")")),
    };
    const auto read_again = [&](const char* text, const OpeningRequest& before) {
        return read_reopening(*parse_json(text), rules(gateways), before);
    };
    const auto same = read_again("{}", unpaid);
    BOOST_REQUIRE(same.has_value());
    BOOST_TEST(same->gateway == unpaid.gateway);
    BOOST_TEST((same->order.customer == unpaid.order.customer));
    BOOST_TEST((same->order.urls == unpaid.order.urls));
    BOOST_TEST(same->order.language == "fr");

    const auto changed =
        read_again(R"({"msisdn":"2250700000001","language":"en","gateway":"cinetpay"})", unpaid);
    BOOST_REQUIRE(changed.has_value());
    BOOST_TEST(changed->order.customer.phone == "+2250700000001");
    BOOST_TEST(changed->order.customer.name == "Awa");
    BOOST_TEST(changed->order.language == "en");

    for (const auto* text : {R"({"amount":1})", R"({"provider":"x"})", R"({"msisdn":"1"})"})
        BOOST_TEST(!read_again(text, unpaid).has_value(), text);
    // Its gateway is gone, and there is one other: that is meant.
    BOOST_TEST(read_again("{}", {nullptr, unpaid.order}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
