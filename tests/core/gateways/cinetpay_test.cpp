#include "core/gateways/cinetpay.hpp"
#include "core/gateways/registry.hpp"
#include "core/payments/payment.hpp"
#include "core/settle/store.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>

using namespace tollgate;

namespace {

constexpr auto phone = "0700000000";

struct CinetPayRecording {
    Json json = recordings::load("cinetpay");
    std::unique_ptr<const Gateway> gateway =
        kind_of_cinetpay().make(recordings::settings_of(json, "cinetpay"));

    const Json& row(std::string_view list, std::string_view name) const
    {
        const auto& rows = recordings::rows_of(json, list);
        const auto found =
            std::ranges::find_if(rows, [&](const Json& one) { return one.text("name") == name; });
        BOOST_REQUIRE(found != rows.end());
        return *found;
    }

    Expected<Claim, VerifyError> verify(const Json& notification) const
    {
        const auto headers = recordings::headers_of(notification);
        const auto body = notification.text("body");
        return gateway->verify({"POST", headers, "", body});
    }

    Answer answer(std::string_view body) const
    {
        const HttpReply reply{.status = 200, .headers = {}, .body = std::string{body}};
        const auto step = gateway->check(recordings::payment_of(json, json), {&reply, 1});
        const auto* result = std::get_if<Expected<Answer, GatewayFault>>(&step);
        BOOST_REQUIRE(result != nullptr && result->has_value());
        return **result;
    }
};

Payment payment_to_open()
{
    Payment payment;
    payment.reference = Reference{"7Q2K9ZX4M1B8C3D6E5F0"};
    payment.price = Money{1500, Currency::XOF};
    payment.description = "Commande #1 / 2 $_&é";
    return payment;
}

std::string opening_body(const Gateway& gateway, const Payment& payment)
{
    const Opening opening{
        .payment = payment,
        .notify_url = "https://shop.example/notify/cinetpay",
        .return_url = "https://shop.example/return/cinetpay?t=abc",
        .language = "fr",
    };
    const auto step = gateway.open(opening, {});
    const auto* request = &recordings::call_of(step).request;
    BOOST_TEST(request->method == "POST");
    BOOST_TEST(request->url == "https://api-checkout.cinetpay.com/v2/payment");
    BOOST_TEST(header(request->headers, "content-type") == "application/json");
    return request->body;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cinetpay_test)

BOOST_FIXTURE_TEST_CASE(a_boundary_shift_keeps_the_token_and_proves_nothing, CinetPayRecording)
{
    const auto& genuine = row("notifications", "vector 1: all fields");
    const auto& shifted =
        row("notifications", "vector 4: boundary shift, same token, another reference");
    BOOST_TEST(
        header(recordings::headers_of(genuine), "x-token") ==
        header(recordings::headers_of(shifted), "x-token")
    );
    BOOST_TEST(genuine.text("body") != shifted.text("body"));

    const auto claim = verify(shifted);
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(claim->reference.get() == "ORD20260000012");

    // All that follows from it is a question, and its answer alone decides.
    const PaymentRef named{
        .id = {},
        .gateway = {},
        .reference = claim->reference,
        .gateway_ref = {},
        .price = Money{1500, Currency::XOF},
    };
    const auto question = gateway->check(named, {});
    const auto* request = &recordings::call_of(question).request;
    BOOST_TEST(
        request->body == R"({"apikey":"cinetpay-test-api-key","site_id":"445160",)"
                         R"("transaction_id":"ORD20260000012"})"
    );
    const auto waiting = recordings::reply_of(row("replies", "662, no operator chosen"));
    BOOST_TEST(recordings::words_of(gateway->check(named, {&waiting, 1}), named.price) == "unpaid");
    const auto of_another =
        recordings::reply_of(row("replies", "documented success, message SUCCES"));
    BOOST_TEST(
        recordings::words_of(gateway->check(named, {&of_another, 1}), named.price) == "review 0 XOF"
    );
}

BOOST_FIXTURE_TEST_CASE(a_claim_says_how_it_is_proven, CinetPayRecording)
{
    const auto claim = verify(row("notifications", "vector 1: all fields"));
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST((claim->proof == Proof::signed_message));
    BOOST_TEST((gateway->capabilities().notifications == Proof::signed_message));
}

BOOST_FIXTURE_TEST_CASE(the_question_is_this_request, CinetPayRecording)
{
    const auto step = gateway->check(recordings::payment_of(json, json), {});
    const auto* request = &recordings::call_of(step).request;
    BOOST_TEST(request->method == "POST");
    BOOST_TEST(request->url == "https://api-checkout.cinetpay.com/v2/payment/check");
    BOOST_TEST(header(request->headers, "content-type") == "application/json");
    BOOST_TEST(
        request->body == R"({"apikey":"cinetpay-test-api-key","site_id":"445160",)"
                         R"("transaction_id":"7Q2K9ZX4M1B8C3D6E5F0"})"
    );
}

BOOST_FIXTURE_TEST_CASE(the_opening_is_this_request, CinetPayRecording)
{
    BOOST_TEST(
        opening_body(*gateway, payment_to_open()) ==
        R"({"apikey":"cinetpay-test-api-key","site_id":"445160",)"
        R"("transaction_id":"7Q2K9ZX4M1B8C3D6E5F0","amount":1500,"currency":"XOF",)"
        R"("description":"Commande  1   2    é",)"
        R"("notify_url":"https://shop.example/notify/cinetpay",)"
        R"("return_url":"https://shop.example/return/cinetpay?t=abc",)"
        R"("channels":"ALL","lang":"fr","metadata":"7Q2K9ZX4M1B8C3D6E5F0"})"
    );
}

BOOST_FIXTURE_TEST_CASE(the_opening_names_the_customer_for_cards, CinetPayRecording)
{
    auto payment = payment_to_open();
    payment.description = "x";
    payment.customer = {
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
    BOOST_TEST(
        opening_body(*gateway, payment)
            .ends_with(R"("customer_name":"Kone","customer_surname":"Awa",)"
                       R"("customer_email":"awa@example.com",)"
                       R"("customer_phone_number":"+2250700000000","customer_address":"Rue 1",)"
                       R"("customer_city":"Abidjan","customer_country":"CI","customer_state":"CI",)"
                       R"("customer_zip_code":"00225"})")
    );
}

BOOST_FIXTURE_TEST_CASE(the_opening_writes_whole_major_units, CinetPayRecording)
{
    auto payment = payment_to_open();
    payment.price = Money{1200, Currency::USD};
    BOOST_TEST(
        opening_body(*gateway, payment).find(R"("amount":12,"currency":"USD")") != std::string::npos
    );
}

BOOST_FIXTURE_TEST_CASE(a_claim_keeps_no_whole_phone_number, CinetPayRecording)
{
    for (const auto* name :
         {"vector 1: all fields",
          "vector 1 as a multipart form",
          "posted in another order, signed in that"}) {
        BOOST_TEST_CONTEXT(name)
        {
            const auto claim = verify(row("notifications", name));
            BOOST_REQUIRE(claim.has_value());
            BOOST_TEST(claim->record.find(phone) == std::string::npos);
            const auto kept = parse_form(claim->record);
            BOOST_REQUIRE(kept.has_value());
            BOOST_TEST(field(*kept, "cel_phone_num") == "******0000");
            BOOST_TEST(field(*kept, "cpm_amount") == "1500");
            BOOST_TEST(field(*kept, "cpm_trans_id") == "ORD2026000001");
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_answer_keeps_no_whole_phone_number, CinetPayRecording)
{
    // clang-format off
    struct {
        const char* name;
        const char* body;
        const char* record;
    } const cases[] = {
        {"2021 shape",  R"({"code":"662","data":{"phone_number":"0700000000","phone_prefix":"225"}})",
                        R"({"code":"662","data":{"phone_number":"******0000","phone_prefix":"225"}})"},
        {"as a number", R"({"code":"662","data":{"phone_number":700000000}})",
                        R"({"code":"662","data":{"phone_number":"*****0000"}})"},
        {"top level",   R"({"code":"662","cel_phone_num":"0700000000"})",
                        R"({"code":"662","cel_phone_num":"******0000"})"},
        {"in a list",   R"({"code":"662","data":{"tries":[{"phone_number":"0700000000"}]}})",
                        R"({"code":"662","data":{"tries":[{"phone_number":"******0000"}]}})"},
        {"none",        R"({"code":"662","data":{"amount":1500.00,"metadata":null}})",
                        R"({"code":"662","data":{"amount":1500.00,"metadata":null}})"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(answer(c.body).record == c.record);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_answer_tells_the_operator_the_gateways_words, CinetPayRecording)
{
    BOOST_TEST(answer(row("replies", "627, documented").text("body")).detail == "627 REFUSED");

    const auto refused = recordings::reply_of(row("replies", "609: our question was refused"));
    const auto step = gateway->check(recordings::payment_of(json, json), {&refused, 1});
    const auto& result = std::get<Expected<Answer, GatewayFault>>(step);
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().detail == "609 AUTH_NOT_FOUND x");
}

BOOST_FIXTURE_TEST_CASE(a_returning_browser_names_a_payment, CinetPayRecording)
{
    constexpr auto ours = "7Q2K9ZX4M1B8C3D6E5F0";
    // clang-format off
    struct {
        const char* name;
        Fields fields;
        std::string reference;
    } const cases[] = {
        {"POST form",             {{"token", "0123abcd"}, {"transaction_id", ours}},    ours},
        {"older",                 {{"cpm_trans_id", ours}},                             ours},
        {"order",                 {{"order", ours}},                                    ours},
        {"order of the shop too", {{"transaction_id", ours}, {"order", "2026-1"}},      ours},
        {"first unusable",        {{"transaction_id", "2026-1"}, {"order", ours}},      ours},
        {"nothing",               {},                                                   ""},
        {"no reference of ours",  {{"transaction_id", "ORD2026000001"}},                ""},
        {"lower case",            {{"transaction_id", "7q2k9zx4m1b8c3d6e5f0"}},         ""},
        {"quote",                 {{"transaction_id", "7Q2K9ZX4M1B8C3D6E5F'"}},         ""},
        {"one too long",          {{"transaction_id", "7Q2K9ZX4M1B8C3D6E5F01"}},        ""},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(gateway->returned(c.fields).value_or(Reference{}).get() == c.reference);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
