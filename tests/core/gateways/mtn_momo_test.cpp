#include "core/gateways/mtn_momo.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>

using namespace tollgate;

namespace {

// Computed with the hashlib and uuid modules of Python.
constexpr auto payment_uuid = "df79a15f-0105-48a9-9c99-04ca2116ba6c";
constexpr auto refund_uuid = "99634c0d-5a47-4406-b346-b88ce39bb2f8";

constexpr auto subscription_key = "d484a1f0d34f4301916d0f2c9e9106a2";
constexpr auto disbursement_subscription_key = "7c3e5a1b9d8f4e2c6a0b8d7f5e3c1a9b";

Payment payment_to_open()
{
    Payment payment;
    payment.order = OrderRef{"42"};
    payment.reference = Reference{"7Q2K9ZX4M1B8C3D6E5F0"};
    payment.price = Money{1500, Currency::UGX};
    payment.description = "Order 42, two books";
    payment.customer.phone = "+256 772-123456";
    return payment;
}

struct MtnMomoRecording {
    Json json = recordings::load("mtn_momo");
    std::unique_ptr<const Gateway> gateway = with({});

    /// With these settings instead of the recorded ones.
    std::unique_ptr<const Gateway>
    with(const std::vector<std::pair<std::string, std::string>>& given) const
    {
        auto settings = recordings::settings_of(json, "mtn_momo");
        for (const auto& [name, value] : given)
            settings.values.insert_or_assign(name, Secret{value});
        return kind_of_mtn_momo().make(settings);
    }

    Call opening(const Payment& payment, std::string notify_url) const
    {
        return opening(*gateway, payment, std::move(notify_url));
    }

    static Call opening(const Gateway& gateway, const Payment& payment, std::string notify_url)
    {
        const Opening opening{
            .payment = payment,
            .notify_url = std::move(notify_url),
            .return_url = "https://pay.example/return/mtn_momo?t=abc",
            .language = "en",
        };
        return recordings::call_of(gateway.open(opening, {}));
    }

    Json opening_body(const Payment& payment) const
    {
        return parse_json(opening(payment, "").request.body).value();
    }

    PaymentRef payment_with_refund(Money amount) const
    {
        auto payment = recordings::payment_of(json, json);
        payment.refund = Refund{
            .id = Reference{"3Z9Y8X7W6V5U4T3S2R1Q"},
            .amount = amount,
            .total = Money{1500, amount.currency},
            .gateway_ref = {},
        };
        return payment;
    }

    Answer answer(const PaymentRef& payment, const std::vector<HttpReply>& replies) const
    {
        const auto step = gateway->check(payment, replies);
        const auto* result = std::get_if<Expected<Answer, GatewayFault>>(&step);
        BOOST_REQUIRE(result != nullptr && result->has_value());
        return **result;
    }
};

HttpReply reply(std::string body, int status = 200)
{
    return {.status = status, .headers = {}, .body = std::move(body)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(mtn_momo_test)

BOOST_FIXTURE_TEST_CASE(the_opening_is_this_request, MtnMomoRecording)
{
    const auto call = opening(payment_to_open(), "https://pay.example/notify/mtn_momo");
    BOOST_TEST(call.access == "collection");
    BOOST_TEST(call.request.method == "POST");
    BOOST_TEST(call.request.url == "https://proxy.momoapi.mtn.com/collection/v1_0/requesttopay");
    const Headers headers{
        {"ocp-apim-subscription-key", subscription_key},
        {"x-target-environment", "mtnuganda"},
        {"x-reference-id", payment_uuid},
        {"x-callback-url", "https://pay.example/notify/mtn_momo?reference=7Q2K9ZX4M1B8C3D6E5F0"},
        {"content-type", "application/json"},
        {"accept", "application/json"},
    };
    BOOST_TEST((call.request.headers == headers));
    BOOST_TEST(
        call.request.body ==
        R"({"amount":"1500","currency":"UGX","externalId":"7Q2K9ZX4M1B8C3D6E5F0",)"
        R"("payer":{"partyIdType":"MSISDN","partyId":"256772123456"},)"
        R"("payerMessage":"Order 42, two books","payeeNote":"Order 42"})"
    );
}

BOOST_FIXTURE_TEST_CASE(an_opening_in_doubt_asks_for_the_same_uuid, MtnMomoRecording)
{
    const auto payment = payment_to_open();
    const Opening again{.payment = payment, .notify_url = {}, .return_url = {}, .language = "en"};
    const auto doubt = reply("", 503);
    const auto step = gateway->open(again, {&doubt, 1});
    const auto call = recordings::call_of(step);
    BOOST_TEST(call.access == "collection");
    BOOST_TEST(call.request.method == "GET");
    BOOST_TEST(
        call.request.url ==
        std::string{"https://proxy.momoapi.mtn.com/collection/v1_0/requesttopay/"} + payment_uuid
    );
}

// An empty X-Callback-Url is refused with 400.
BOOST_FIXTURE_TEST_CASE(without_a_callback_there_is_no_such_header, MtnMomoRecording)
{
    const auto has_callback = [](const Call& call) {
        return std::ranges::any_of(call.request.headers, [](const auto& header) {
            return header.first == "x-callback-url";
        });
    };
    BOOST_TEST(!has_callback(opening(payment_to_open(), "")));
    const auto quiet = with({{"callback", "off"}});
    BOOST_TEST(!has_callback(opening(*quiet, payment_to_open(), "https://pay.example/notify")));
    BOOST_TEST(has_callback(opening(payment_to_open(), "https://pay.example/notify")));
}

BOOST_FIXTURE_TEST_CASE(a_callback_url_may_have_a_query, MtnMomoRecording)
{
    const auto call = opening(payment_to_open(), "https://shop.example/?page=momo");
    BOOST_TEST(
        header(call.request.headers, "x-callback-url") ==
        "https://shop.example/?page=momo&reference=7Q2K9ZX4M1B8C3D6E5F0"
    );
}

BOOST_FIXTURE_TEST_CASE(amounts_have_the_decimals_of_their_currency, MtnMomoRecording)
{
    // clang-format off
    struct {
        Money price;
        const char* amount;
    } const cases[] = {
        {{1500, Currency::UGX}, "1500"},
        {{1500, Currency::XOF}, "1500"},
        {{1500, Currency::EUR}, "15.00"},
        {{1205, Currency::GHS}, "12.05"},
        {{7,    Currency::ZMW}, "0.07"},
    };
    // clang-format on

    for (const auto& c : cases) {
        auto payment = payment_to_open();
        payment.price = c.price;
        BOOST_TEST(opening_body(payment).text("amount") == c.amount);
    }
}

BOOST_FIXTURE_TEST_CASE(messages_are_plain_and_short, MtnMomoRecording)
{
    // clang-format off
    struct {
        const char* name;
        std::string description;
        std::string message;
    } const cases[] = {
        {"accents",         "Café n° 7, thé",              "Caf n 7, th"},
        {"emoji",           "Books 📚 and more",           "Books and more"},
        {"markup",          "<b>Books</b> & \"more\"\r\n", "b Books /b more"},
        {"nothing is left", "書籍",                        "Order 42"},
        {"empty",           "",                            "Order 42"},
        {"160 characters",  std::string(160, 'a'),         std::string(160, 'a')},
        {"one too many",    std::string(161, 'a'),         std::string(160, 'a')},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto payment = payment_to_open();
            payment.description = c.description;
            BOOST_TEST(opening_body(payment).text("payerMessage") == c.message);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_question_is_this_request, MtnMomoRecording)
{
    const auto step = gateway->check(recordings::payment_of(json, json), {});
    const auto& call = recordings::call_of(step);
    BOOST_TEST(call.access == "collection");
    BOOST_TEST(call.request.method == "GET");
    BOOST_TEST(
        call.request.url ==
        std::string{"https://proxy.momoapi.mtn.com/collection/v1_0/requesttopay/"} + payment_uuid
    );
    const Headers headers{
        {"ocp-apim-subscription-key", subscription_key},
        {"x-target-environment", "mtnuganda"},
        {"accept", "application/json"},
    };
    BOOST_TEST((call.request.headers == headers));
}

// An opening whose answer was lost has told no name.
BOOST_FIXTURE_TEST_CASE(an_answer_names_the_payment, MtnMomoRecording)
{
    const auto payment = recordings::payment_of(json, json);
    const auto waiting = reply(R"({"status":"PENDING","externalId":"7Q2K9ZX4M1B8C3D6E5F0"})");
    BOOST_TEST(answer(payment, {waiting}).gateway_ref.get() == payment_uuid);
    BOOST_TEST(answer(payment, {reply("", 404)}).gateway_ref.get() == "");
}

BOOST_FIXTURE_TEST_CASE(the_refund_is_these_requests, MtnMomoRecording)
{
    const auto payment = payment_with_refund(Money{500, Currency::UGX});
    const auto step = gateway->refund(payment, {});
    const auto& call = recordings::call_of(step);
    BOOST_TEST(call.access == "disbursement");
    BOOST_TEST(call.request.method == "POST");
    BOOST_TEST(call.request.url == "https://proxy.momoapi.mtn.com/disbursement/v1_0/refund");
    const Headers headers{
        {"ocp-apim-subscription-key", disbursement_subscription_key},
        {"x-target-environment", "mtnuganda"},
        {"x-reference-id", refund_uuid},
        {"content-type", "application/json"},
        {"accept", "application/json"},
    };
    BOOST_TEST((call.request.headers == headers));
    BOOST_TEST(
        call.request.body ==
        R"({"amount":"500","currency":"UGX","externalId":"3Z9Y8X7W6V5U4T3S2R1Q",)"
        R"("payerMessage":"Refund","payeeNote":"Refund of 7Q2K9ZX4M1B8C3D6E5F0",)"
        R"("referenceIdToRefund":"df79a15f-0105-48a9-9c99-04ca2116ba6c"})"
    );

    const auto url =
        std::string{"https://proxy.momoapi.mtn.com/disbursement/v1_0/refund/"} + refund_uuid;
    const auto accepted = reply("", 202);
    const auto after_refund = gateway->refund(payment, {&accepted, 1});
    BOOST_TEST(recordings::call_of(after_refund).request.method == "GET");
    BOOST_TEST(recordings::call_of(after_refund).request.url == url);
    BOOST_TEST(recordings::call_of(after_refund).access == "disbursement");

    const auto paid =
        reply(R"({"status":"SUCCESSFUL","externalId":"7Q2K9ZX4M1B8C3D6E5F0","amount":"1500",)"
              R"("currency":"UGX"})");
    const auto after_check = gateway->check(payment, {&paid, 1});
    BOOST_TEST(recordings::call_of(after_check).request.url == url);
    BOOST_TEST(recordings::call_of(after_check).access == "disbursement");
}

BOOST_FIXTURE_TEST_CASE(a_refund_without_keys_says_what_is_missing, MtnMomoRecording)
{
    const auto payment = payment_with_refund(Money{500, Currency::UGX});
    for (const auto* name :
         {"disbursement_api_key", "disbursement_api_secret", "disbursement_subscription_key"}) {
        const auto step = with({{name, ""}})->refund(payment, {});
        const auto* result = std::get_if<Expected<Answer, GatewayFault>>(&step);
        BOOST_REQUIRE(result != nullptr && result->has_value());
        BOOST_TEST(((*result)->refund == RefundOutcome::refused));
        BOOST_TEST((*result)->detail.find(name) != std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(each_product_has_its_own_token, MtnMomoRecording)
{
    // clang-format off
    struct {
        const char* access;
        const char* url;
        const char* key;
        const char* authorization;
    } const cases[] = {
        {"collection", "https://proxy.momoapi.mtn.com/collection/token/", subscription_key,
         "Basic YzcyMDI1ZjUtNWNkMS00NjMwLTk5ZTQtOGJhNDcyMmZhZDU2OmYxZGI3OThjOThkZjRiY2Y4M2I1MzgxNzU4OTNiYmYw"},
        {"disbursement", "https://proxy.momoapi.mtn.com/disbursement/token/", disbursement_subscription_key,
         "Basic MGE0YjZlMmMtNWEwZC00YjdlLTlmNDMtMmY5ZjZmMWY3YTEwOjVkMGYzYzFlOGI3YTQ5YzZhMmY0ZTZkOGIwYzJhNGU2"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.access)
        {
            const auto request = gateway->token_request(c.access);
            BOOST_TEST(request.method == "POST");
            BOOST_TEST(request.url == c.url);
            BOOST_TEST(header(request.headers, "authorization") == c.authorization);
            BOOST_TEST(header(request.headers, "ocp-apim-subscription-key") == c.key);
            BOOST_TEST(request.body == "");
        }
    }
}

BOOST_FIXTURE_TEST_CASE(no_record_keeps_a_phone_number_or_a_message, MtnMomoRecording)
{
    constexpr auto sent =
        R"({"amount":"1500","currency":"UGX","externalId":"7Q2K9ZX4M1B8C3D6E5F0",)"
        R"("payer":{"partyIdType":"MSISDN","partyId":"256772123456"},)"
        R"("payerMessage":"For Awa Kone","payeeNote":"Awa Kone","status":"SUCCESSFUL"})";
    constexpr auto kept =
        R"({"amount":"1500","currency":"UGX","externalId":"7Q2K9ZX4M1B8C3D6E5F0",)"
        R"("payer":{"partyIdType":"MSISDN","partyId":"********3456"},)"
        R"("status":"SUCCESSFUL"})";
    const auto claim = gateway->verify({"PUT", {}, "", sent});
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(claim->record == kept);

    BOOST_TEST(answer(recordings::payment_of(json, json), {reply(sent)}).record == kept);
    const auto refunded = payment_with_refund(Money{1500, Currency::UGX});
    BOOST_TEST(
        answer(refunded, {reply(sent), reply(sent)}).record == std::string{kept} + "\n" + kept
    );
}

BOOST_FIXTURE_TEST_CASE(a_claim_without_a_readable_body_keeps_nothing_of_it, MtnMomoRecording)
{
    const auto claim =
        gateway->verify({"PUT", {}, "reference=7Q2K9ZX4M1B8C3D6E5F0", "payer=256772123456"});
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(claim->record == "");
}

BOOST_FIXTURE_TEST_CASE(the_operator_hears_the_gateways_words, MtnMomoRecording)
{
    const auto payment = payment_with_refund(Money{1500, Currency::UGX});
    const auto paid =
        reply(R"({"status":"SUCCESSFUL","financialTransactionId":"23503452","amount":"1500",)"
              R"("currency":"UGX","externalId":"7Q2K9ZX4M1B8C3D6E5F0"})");
    const auto failed =
        reply(R"({"status":"FAILED","reason":{"code":"PAYEE_NOT_FOUND","message":"x"}})");
    BOOST_TEST(
        answer(payment, {paid, failed}).detail ==
        "SUCCESSFUL 23503452; refund FAILED PAYEE_NOT_FOUND"
    );
    BOOST_TEST(
        answer(payment, {paid, reply("", 503)}).detail == "SUCCESSFUL 23503452; refund HTTP 503"
    );

    const auto refused = reply(R"({"code":"PAYER_NOT_FOUND","message":"No such payer"})", 500);
    const auto opening_payment = payment_to_open();
    const Opening opening{
        .payment = opening_payment, .notify_url = {}, .return_url = {}, .language = "en"};
    const auto step = gateway->open(opening, {&refused, 1});
    const auto& result = std::get<Expected<Opened, GatewayFault>>(step);
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().detail == "HTTP 500 PAYER_NOT_FOUND No such payer");
}

BOOST_AUTO_TEST_SUITE_END()
