#include "core/settle/opener.hpp"
#include "tests/core/settle/memory_store.hpp"
#include "tests/core/settle/samples.hpp"
#include "tests/core/settle/stub_gateway.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

using Kind = OpeningResult::Kind;

constexpr std::string_view link_key = "a key for links";
const ShopUrls urls{
    "https://shop.example/thanks", "https://shop.example/sorry", "https://shop.example/events"};

Config shop_config()
{
    Config config;
    config.server.public_url = "https://pay.example";
    GatewaySettings settings{.gateway = "cinetpay", .values = {}};
    for (const auto* name : {"api_key", "site_id", "secret"})
        settings.values.emplace(name, Secret{"1"});
    config.gateways.push_back(std::move(settings));
    return config;
}

Capabilities flow_of(Flow flow)
{
    return {.flow = flow, .currencies = {}, .check_after = 40s};
}

struct House {
    explicit House(const Capabilities& capabilities = flow_of(Flow::hosted_page))
        : gateway{capabilities}
    {
        answer(ended(Opened{GatewayRef{"gw-1"}, "https://gateway.example/pay/1"}));
    }

    void answer(Step<Opened> step)
    {
        gateway.on_open = [step = std::move(step)](const Opening&, Replies) { return step; };
    }

    OpeningResult open(const std::string& order = "42")
    {
        return opener.open(
            gateway,
            {
                .merchant = Merchant{"shop"},
                .order = OrderRef{order},
                .price = price,
                .description = "A book",
                .files = {{"book.pdf"}},
                .customer =
                    {.name = "Awa",
                     .surname = {},
                     .email = {},
                     .phone = {},
                     .address = {},
                     .city = {},
                     .country = {},
                     .state = {},
                     .zip = {}},
                .language = "en",
                .urls = urls,
            }
        );
    }

    Payment stored(const OpeningResult& result) { return *store.find(result.payment.id); }

    Config config = shop_config();
    Gateways gateways{config};
    MemoryStore store;
    FixedClock clock;
    StubGateway gateway;
    Courier courier{CheckConfig{}};
    Opener opener{{store, gateways, courier, clock, link_key}};
};

} // namespace

BOOST_AUTO_TEST_SUITE(opener_test)

BOOST_AUTO_TEST_CASE(an_opened_payment_is_stored_with_the_gateways_answer)
{
    House house;
    const auto result = house.open();
    BOOST_TEST((result.kind == Kind::opened));
    BOOST_TEST(result.payment.payment_url == "https://gateway.example/pay/1");
    BOOST_TEST(result.payment.gateway_ref.get() == "gw-1");
    const auto stored = house.stored(result);
    BOOST_TEST(stored.payment_url == "https://gateway.example/pay/1");
    BOOST_TEST(stored.gateway_ref.get() == "gw-1");
    BOOST_TEST((stored.state == Status::pending));
    BOOST_TEST(stored.attempt == 1);
    BOOST_TEST((stored.order == OrderRef{"42"}));
    BOOST_TEST((stored.price == price));
    BOOST_TEST(stored.description == "A book");
    BOOST_TEST(stored.customer.name == "Awa");
    BOOST_TEST((stored.created_at == house.clock.now()));
    BOOST_TEST((house.store.urls_of(stored.id) == urls));
}

BOOST_AUTO_TEST_CASE(the_gateway_hears_of_a_payment_that_is_stored)
{
    House house;
    std::optional<Payment> stored;
    std::optional<Payment> told;
    std::map<std::string, std::string> also;
    house.gateway.on_open = [&](const Opening& opening, Replies) {
        told = opening.payment;
        stored = house.store.find(opening.payment.id);
        also = {
            {"notify", opening.notify_url},
            {"return", opening.return_url},
            {"language", opening.language}};
        return ended(Opened{{}, "https://gateway.example/"});
    };
    const auto result = house.open();
    BOOST_REQUIRE((stored.has_value() && told.has_value()));
    BOOST_TEST((told->reference == stored->reference));
    BOOST_TEST(is_reference(told->reference.get()));
    BOOST_TEST((told->price == price));
    BOOST_TEST(also["notify"] == "https://pay.example/notify/cinetpay");
    BOOST_TEST(also["language"] == "en");
    const std::string begin = "https://pay.example/return/cinetpay?t=";
    BOOST_REQUIRE(also["return"].starts_with(begin));
    BOOST_TEST(
        (open_return_token(link_key, also["return"].substr(begin.size())) == result.payment.id)
    );
    BOOST_TEST(also["return"] == house.opener.return_url(house.gateway, result.payment.id));
}

BOOST_AUTO_TEST_CASE(who_has_no_page_of_the_gateway_waits_on_ours)
{
    for (const auto flow : {Flow::phone_prompt, Flow::on_delivery}) {
        House house{flow_of(flow)};
        house.answer(ended(Opened{GatewayRef{"gw-1"}, ""}));
        const auto result = house.open();
        BOOST_TEST((result.kind == Kind::opened));
        const auto url = house.opener.return_url(house.gateway, result.payment.id);
        BOOST_TEST(url.starts_with("https://pay.example/return/cinetpay?t="));
        BOOST_TEST(result.payment.payment_url == url);
        BOOST_TEST(house.stored(result).payment_url == url);
    }
}

BOOST_AUTO_TEST_CASE(an_opening_holds_its_order_as_long_as_a_prompt_lives)
{
    struct {
        const char* name;
        Flow flow;
        std::chrono::seconds holds;
    } const cases[] = {
        {"page", Flow::hosted_page, 60s},
        {"prompt", Flow::phone_prompt, 10min},
        {"on delivery", Flow::on_delivery, 60s},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house{flow_of(c.flow)};
            house.answer(failed<Opened>(GatewayError::unavailable, "timeout"));
            const auto stored = house.stored(house.open());
            BOOST_TEST((stored.opening_until == house.clock.now() + c.holds));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_gateway_is_asked_when_that_makes_sense)
{
    struct {
        const char* name;
        bool can_check;
        Step<Opened> answer;
        std::optional<Duration> due;
    } const cases[] = {
        {"opened", true, ended(Opened{{}, "https://g.example/"}), 40s},
        {"no answer", true, failed<Opened>(GatewayError::unavailable, ""), 40s},
        {"refused", true, failed<Opened>(GatewayError::refused, ""), 1h},
        {"opened, cannot be asked", false, ended(Opened{{}, "https://g.example/"}), {}},
        {"no answer, cannot be asked", false, failed<Opened>(GatewayError::unavailable, ""), {}},
        {"refused, cannot be asked", false, failed<Opened>(GatewayError::refused, ""), {}},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto capabilities = flow_of(Flow::hosted_page);
            capabilities.can_check = c.can_check;
            House house{capabilities};
            house.answer(c.answer);
            const auto due = house.stored(house.open()).check_due_at;
            BOOST_REQUIRE(due.has_value() == c.due.has_value());
            if (due) BOOST_TEST((*due - house.clock.now() == *c.due));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_fails_the_payment_and_frees_the_order)
{
    House house;
    house.answer(failed<Opened>(GatewayError::refused, "not today"));
    const auto result = house.open();
    BOOST_TEST((result.kind == Kind::refused));
    BOOST_TEST((result.payment.state == Status::failed));
    BOOST_TEST(result.payment.payment_url.empty());
    const std::vector<std::string> causes{"open: not today"};
    BOOST_TEST(house.store.causes() == causes, boost::test_tools::per_element());
    house.answer(ended(Opened{{}, "https://gateway.example/"}));
    const auto second = house.open();
    BOOST_TEST((second.kind == Kind::opened));
    BOOST_TEST(second.payment.attempt == 2);
    BOOST_TEST((second.payment.reference != result.payment.reference));
}

BOOST_AUTO_TEST_CASE(whatever_may_have_been_opened_stays_pending)
{
    const std::string long_url = "https://gateway.example/" + std::string(1000, 'x');
    struct {
        const char* name;
        std::function<Step<Opened>()> answer;
    } const cases[] = {
        {"unavailable", [] { return failed<Opened>(GatewayError::unavailable, "timeout"); }},
        {"not readable", [] { return failed<Opened>(GatewayError::malformed, "<html>"); }},
        {"a bug", []() -> Step<Opened> { throw std::logic_error{"a bug"}; }},
        {"a long address",
         [&] {
             return ended(Opened{GatewayRef{"r"}, long_url});
         }},
        {"a long name",
         [] {
             return ended(Opened{GatewayRef{std::string(192, 'r')}, "https://g.example/"});
         }},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            house.gateway.on_open = [&](const Opening&, Replies) { return c.answer(); };
            const auto result = house.open();
            BOOST_TEST((result.kind == Kind::no_answer));
            BOOST_TEST((house.stored(result).state == Status::pending));
            BOOST_TEST(house.stored(result).payment_url.empty());
            BOOST_TEST(house.store.events().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(an_order_that_is_taken_is_not_opened_again)
{
    House house;
    const auto first = house.open();
    int opened = 0;
    house.gateway.on_open = [&](const Opening&, Replies) {
        ++opened;
        return ended(Opened{});
    };
    const auto second = house.open();
    BOOST_TEST((second.kind == Kind::order_taken));
    BOOST_TEST((second.payment.id == first.payment.id));
    BOOST_TEST(second.payment.payment_url == "https://gateway.example/pay/1");
    BOOST_TEST(opened == 0);
    BOOST_TEST((house.open("43").kind == Kind::opened));
    BOOST_TEST(opened == 1);
}

BOOST_AUTO_TEST_CASE(a_retry_is_the_same_order_again)
{
    House house;
    house.answer(failed<Opened>(GatewayError::refused, "not today"));
    const auto unpaid = house.open().payment;
    house.answer(ended(Opened{{}, "https://gateway.example/"}));
    const auto result = house.opener.retry(house.gateway, unpaid, "fr");
    BOOST_TEST((result.kind == Kind::opened));
    const auto& again = result.payment;
    BOOST_TEST((again.id != unpaid.id));
    BOOST_TEST((again.reference != unpaid.reference));
    BOOST_TEST(again.attempt == 2);
    BOOST_TEST((again.merchant == unpaid.merchant));
    BOOST_TEST((again.order == unpaid.order));
    BOOST_TEST((again.price == unpaid.price));
    BOOST_TEST((again.customer == unpaid.customer));
    BOOST_TEST(again.description == unpaid.description);
    BOOST_TEST((again.files == unpaid.files));
    BOOST_TEST((house.store.urls_of(again.id) == urls));
}

BOOST_AUTO_TEST_CASE(a_return_token_names_its_payment_to_who_has_the_key)
{
    const auto id = payment().id;
    const auto token = return_token(link_key, id);
    BOOST_TEST((open_return_token(link_key, token) == id));
    BOOST_TEST(!open_return_token("another key for links", token).has_value());
    BOOST_TEST(!open_return_token(link_key, "").has_value());
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto forged = token;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        BOOST_TEST((open_return_token(link_key, forged) != id), forged);
    }
}

BOOST_AUTO_TEST_SUITE_END()
