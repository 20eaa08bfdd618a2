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
    }

    ~Shop() { std::filesystem::remove_all(folder); }
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    Expected<OpeningRequest, FieldErrors> read(std::string_view text) const
    {
        const auto json = parse_json(text);
        BOOST_REQUIRE(json.has_value());
        const Gateways gateways{config};
        auto request = read_opening(
            *json,
            {
                .gateways = gateways,
                .downloads = config.downloads,
                .merchant = Merchant{"shop"},
                .language = "fr",
            }
        );
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

BOOST_AUTO_TEST_SUITE_END()
