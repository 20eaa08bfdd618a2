#include "core/gateways/novabanka.hpp"
#include "core/payments/payment.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <initializer_list>
#include <memory>

using namespace tollgate;

namespace {

struct NovaBankaRecording {
    Json json = recordings::load("novabanka");
    std::unique_ptr<const Gateway> gateway = with({});

    std::unique_ptr<const Gateway>
    with(std::initializer_list<std::pair<const char*, const char*>> changed) const
    {
        auto settings = recordings::settings_of(json, "novabanka");
        for (const auto& [name, value] : changed)
            settings.values.insert_or_assign(name, Secret{value});
        return kind_of_novabanka().make(settings);
    }

    const Json& row(std::string_view list, std::string_view name) const
    {
        const auto& rows = recordings::rows_of(json, list);
        const auto found =
            std::ranges::find_if(rows, [&](const Json& one) { return one.text("name") == name; });
        BOOST_REQUIRE(found != rows.end());
        return *found;
    }

    Claim claim(std::string_view notification) const
    {
        const auto body = row("notifications", notification).text("body");
        const auto claim = gateway->verify({"POST", {}, "", body});
        BOOST_REQUIRE(claim.has_value());
        return *claim;
    }

    Reply acknowledged(const Claim& claim) const
    {
        return gateway->acknowledge({
            .kind = Acknowledgement::Kind::recorded,
            .claim = &claim,
            .return_url = "https://shop.example/return?order=ORD123",
        });
    }

    PaymentRef payment() const { return recordings::payment_of(json, json); }

    /// With a refund of `minor_units` under way.
    PaymentRef payment_to_refund(std::int64_t minor_units) const
    {
        auto payment = this->payment();
        const Money amount{minor_units, payment.price.currency};
        payment.refund =
            Refund{Reference{"R1B2C3D4E5F6G7H8J9K0"}, amount, amount, /*gateway_ref*/ {}};
        return payment;
    }

    /// The refund's request after the question was answered by the reply `name`.
    HttpRequest refund_request(const Gateway& by, std::string_view name) const
    {
        const auto answer = recordings::reply_of(row("replies", name));
        return recordings::call_of(by.refund(payment_to_refund(2550), {&answer, 1})).request;
    }
};

HttpRequest opening_request(const Gateway& gateway, const std::string& reference, Money price)
{
    Payment payment;
    payment.reference = Reference{reference};
    payment.price = price;
    payment.description = "Narudžba 42";
    payment.customer.email = "ana@example.com";
    const Opening opening{
        .payment = payment,
        .notify_url = "https://shop.example/notify/novabanka",
        .return_url = "https://shop.example/pay/error",
        .language = "en",
    };
    return recordings::call_of(gateway.open(opening, {})).request;
}

std::string member_of(const HttpRequest& request, std::string_view name)
{
    const auto json = parse_json(request.body);
    BOOST_REQUIRE(json.has_value());
    return json->text(name);
}

} // namespace

BOOST_AUTO_TEST_SUITE(novabanka_test)

BOOST_FIXTURE_TEST_CASE(the_opening_is_this_request_vector_1, NovaBankaRecording)
{
    const auto request = opening_request(*gateway, "113", Money{100, Currency::BAM});
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://ipgtest.novabanka.com/IPGWeb/servlet/PaymentInitRequest");
    BOOST_TEST(header(request.headers, "content-type") == "application/json");
    BOOST_TEST(header(request.headers, "accept") == "application/json");
    BOOST_TEST(
        request.body ==
        R"({"msgName":"PaymentInitRequest","version":"1","id":"89110001","password":"test1234",)"
        R"("action":"1","currencycode":"977","amt":"1.00","trackid":"113",)"
        R"("responseURL":"https://shop.example/notify/novabanka",)"
        R"("errorURL":"https://shop.example/pay/error","langid":"USA",)"
        R"("notificationFormat":"json","payinst":"VPAS","recurAction":"",)"
        R"("msgVerifier":"4v8GxsQGB/DMxjRCrAldug7w1/1sIi2Yy9wV2DNZ+FY="})"
    );
}

// The vector's udf1 and udf5 stand around the secret; we send none, so they are in the secret here.
BOOST_FIXTURE_TEST_CASE(white_space_is_not_signed_vector_2, NovaBankaRecording)
{
    const auto spaced = with({{"secret", "sku 9YXKZPOQ9RRLGPDED5D3PC5BJu5"}});
    const auto request = opening_request(*spaced, "ORD 123", Money{2550, Currency::BAM});
    BOOST_TEST(member_of(request, "msgVerifier") == "pIYb12+oeCRgVEgeZ/Til8Wf7PqOLJzFnwLbVBG4qSU=");
}

BOOST_FIXTURE_TEST_CASE(the_opening_names_currencies_by_number, NovaBankaRecording)
{
    // clang-format off
    struct {
        Currency currency;
        const char* number;
    } const cases[] = {
        {Currency::BAM, "977"}, {Currency::EUR, "978"}, {Currency::USD, "840"}, {Currency::GBP, "826"},
    };
    // clang-format on

    for (const auto& c : cases) {
        const auto request = opening_request(*gateway, "113", Money{123456, c.currency});
        BOOST_TEST(member_of(request, "currencycode") == c.number);
        BOOST_TEST(member_of(request, "amt") == "1234.56");
    }
}

BOOST_FIXTURE_TEST_CASE(the_opening_speaks_the_merchants_language, NovaBankaRecording)
{
    const auto serbian = with({{"langid", "SRB"}});
    BOOST_TEST(
        member_of(opening_request(*serbian, "113", Money{100, Currency::BAM}), "langid") == "SRB"
    );
}

BOOST_FIXTURE_TEST_CASE(the_notification_is_vector_4, NovaBankaRecording)
{
    const auto& notification = row("notifications", "vector 4");
    const auto body = parse_json(notification.text("body"));
    BOOST_REQUIRE(body.has_value());
    BOOST_TEST(body->text("msgVerifier") == "XRvs8V3XvjNNeosrmcF9w97BBB28rYbRVyXIz5exQoI=");

    const auto claimed = claim("vector 4");
    BOOST_TEST(claimed.reference.get() == "ORD123");
    BOOST_TEST(claimed.gateway_ref.get() == "980026872121022345");
    BOOST_TEST((claimed.proof == Proof::signed_message));
    BOOST_TEST((gateway->capabilities().notifications == Proof::signed_message));
}

BOOST_FIXTURE_TEST_CASE(the_acknowledgement_is_signed_vector_5, NovaBankaRecording)
{
    const auto reply = acknowledged(claim("vector 4"));
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.content_type == "application/json");
    BOOST_TEST(
        reply.body == R"({"msgName":"PaymentNotificationResponse","version":"1",)"
                      R"("paymentID":"980026872121022345",)"
                      R"("browserRedirectionURL":"https://shop.example/return?order=ORD123",)"
                      R"("msgVerifier":"4AThCkPi3BQbUQprhNZXLfmpcm70qqVcQoSlPajyRWA="})"
    );
}

BOOST_FIXTURE_TEST_CASE(the_acknowledgement_does_not_depend_on_the_result, NovaBankaRecording)
{
    const auto of_success = acknowledged(claim("vector 4"));
    for (const auto* name :
         {"vector 4", "declined", "cancelled, form of an error", "older edition: a form"}) {
        BOOST_TEST_CONTEXT(name)
        {
            BOOST_TEST(acknowledged(claim(name)).body == of_success.body);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(nothing_is_signed_for_whoever_proves_nothing, NovaBankaRecording)
{
    using enum Acknowledgement::Kind;
    // clang-format off
    struct {
        Acknowledgement::Kind kind;
        int status;
    } const cases[] = {{alive, 200}, {unproven, 401}, {unreadable, 400}};
    // clang-format on

    for (const auto& c : cases) {
        const auto reply = gateway->acknowledge({.kind = c.kind});
        BOOST_TEST(reply.status == c.status);
        BOOST_TEST(reply.body.find("msgVerifier") == std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(the_question_is_this_request_vector_6, NovaBankaRecording)
{
    const auto request = recordings::call_of(gateway->check(payment(), {})).request;
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://ipgtest.novabanka.com/IPGWeb/servlet/PaymentQueryRequest");
    BOOST_TEST(
        request.body ==
        R"({"msgName":"PaymentQueryRequest","version":"1","id":"89110001","password":"test1234",)"
        R"("action":"8","paymentid":"980026872121022345",)"
        R"("msgVerifier":"abU/ONl9lNjM7jIzIkJKOXdX5W5GOY92zr6Y0McECH8="})"
    );
}

BOOST_FIXTURE_TEST_CASE(the_replies_are_vectors_3_and_7, NovaBankaRecording)
{
    // clang-format off
    struct {
        const char* list;
        const char* name;
        const char* verifier;
    } const cases[] = {
        {"openings", "vector 3",                      "syUOLR0NAFdCzqN8kepIjr+7hzpMWDD4Pa503tCsc2E="},
        {"replies",  "vector 7: PROCESSED, CAPTURED", "ch3bfZREBHeBHK4xVUhIatasNIm9bLKTvNJ76Oill1c="},
    };
    // clang-format on

    for (const auto& c : cases) {
        const auto body = parse_json(row(c.list, c.name).text("body"));
        BOOST_REQUIRE(body.has_value());
        BOOST_TEST(body->text("msgVerifier") == c.verifier);
    }
}

BOOST_FIXTURE_TEST_CASE(without_a_paymentid_nobody_is_asked, NovaBankaRecording)
{
    auto unnamed = payment();
    unnamed.gateway_ref = {};
    const auto step = gateway->check(unnamed, {});
    const auto* answer = std::get_if<Expected<Answer, GatewayFault>>(&step);
    BOOST_REQUIRE(answer != nullptr && !answer->has_value());
    BOOST_TEST((answer->error().error == GatewayError::unavailable));
    BOOST_TEST(answer->error().detail == "no paymentid yet");
}

BOOST_FIXTURE_TEST_CASE(a_refund_asks_for_the_transaction_first, NovaBankaRecording)
{
    const auto question = recordings::call_of(gateway->refund(payment_to_refund(2550), {})).request;
    BOOST_TEST(question.body == recordings::call_of(gateway->check(payment(), {})).request.body);

    const auto request = refund_request(*gateway, "with its rows");
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://ipgtest.novabanka.com/IPGWeb/servlet/FinancialRequest");
    BOOST_TEST(
        request.body ==
        R"({"msgName":"FinancialRequest","version":"1","id":"89110001","password":"test1234",)"
        R"("action":"2","amt":"25.50","currencycode":"977","trackid":"ORD123",)"
        R"("tranid":"980026872121022346",)"
        R"("msgVerifier":"rUlunNKBn49nmSfMqhrkklna8KI9Sqws1Cj7jLIUx08="})"
    );
}

BOOST_FIXTURE_TEST_CASE(a_refund_is_signed_either_way_vector_8, NovaBankaRecording)
{
    // clang-format off
    struct {
        const char* variant;
        const char* verifier;
    } const cases[] = {
        {"a", "lx86OhhsKgROj3+RnOXBFncWwCsjakVXcG6QSMoOJMI="},
        {"b", "rUlunNKBn49nmSfMqhrkklna8KI9Sqws1Cj7jLIUx08="},
    };
    // clang-format on

    for (const auto& c : cases) {
        const auto signing = with({{"refund_variant", c.variant}});
        const auto request = refund_request(*signing, "with its rows");
        BOOST_TEST(member_of(request, "msgVerifier") == c.verifier, c.variant);
    }
}

BOOST_FIXTURE_TEST_CASE(a_refund_goes_to_the_servlet_of_the_setting, NovaBankaRecording)
{
    const auto other = with({{"refund_message_url", "PaymentInitRequest"}});
    const auto request = refund_request(*other, "with its rows");
    BOOST_TEST(request.url == "https://ipgtest.novabanka.com/IPGWeb/servlet/PaymentInitRequest");
    BOOST_TEST(member_of(request, "msgName") == "FinancialRequest");
}

BOOST_FIXTURE_TEST_CASE(
    a_refund_gives_back_the_purchase_not_another_transaction, NovaBankaRecording
)
{
    const auto request = refund_request(*gateway, "a part given back, the newest row first");
    BOOST_TEST(member_of(request, "tranid") == "980026872121022346");
}

BOOST_FIXTURE_TEST_CASE(a_refund_is_named_as_the_gateway_does, NovaBankaRecording)
{
    const auto replies = recordings::replies_of(row("refunds", "CAPTURED"));
    const auto step = gateway->refund(payment_to_refund(1000), replies);
    const auto& answer = std::get<Expected<Answer, GatewayFault>>(step);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->refund_ref == "980026872121022400");
    BOOST_TEST(answer->detail == "CAPTURED 00");
}

BOOST_FIXTURE_TEST_CASE(a_record_keeps_no_proof_of_a_card_or_a_sender, NovaBankaRecording)
{
    const auto kept = parse_json(claim("vector 4").record);
    BOOST_REQUIRE(kept.has_value());
    BOOST_TEST(kept->find("msgverifier") == nullptr);
    BOOST_TEST(kept->find("cavv") == nullptr);
    BOOST_TEST(kept->text("cardlastfourdigits") == "1112");
    BOOST_TEST(kept->text("result") == "CAPTURED");
    BOOST_TEST(kept->text("amt") == "25.50");
}

BOOST_FIXTURE_TEST_CASE(an_answer_keeps_nothing_of_the_buyer, NovaBankaRecording)
{
    auto body = parse_json(row("replies", "with its rows").text("body")).value();
    body.add("buyerFirstName", "Ana");
    body.add("buyerEmailAddress", "ana@example.com");
    body.add("buyerPhoneNumber", "+38765123456");
    body.add("PAN", "4012001037141112");
    body.add("password", "test1234");
    const HttpReply reply{.status = 200, .headers = {}, .body = to_text(body)};
    const auto step = gateway->check(payment(), {&reply, 1});
    const auto& answer = std::get<Expected<Answer, GatewayFault>>(step);
    BOOST_REQUIRE(answer.has_value());
    for (const auto* text :
         {"Ana", "ana@example.com", "+38765123456", "4012001037141112", "test1234", "msgverifier"})
        BOOST_TEST(answer->record.find(text) == std::string::npos, text);
    BOOST_TEST(answer->record.find(R"("pan":"************1112")") != std::string::npos);
    BOOST_TEST(answer->detail == "PROCESSED CAPTURED");
}

BOOST_AUTO_TEST_SUITE_END()
