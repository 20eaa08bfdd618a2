#include "core/gateways/clickpesa.hpp"
#include "core/gateways/dialogue.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>

using namespace tollgate;

namespace {

using Given = std::initializer_list<std::pair<const char*, const char*>>;

struct ClickPesaRecording {
    Json json = recordings::load("clickpesa");
    std::unique_ptr<const Gateway> gateway = gateway_with({});

    std::unique_ptr<const Gateway> gateway_with(Given given) const
    {
        auto settings = recordings::settings_of(json, "clickpesa");
        for (const auto& [name, value] : given)
            settings.values.insert_or_assign(name, Secret{value});
        return kind_of_clickpesa().make(settings);
    }

    const Json& row(std::string_view list, std::string_view name) const
    {
        const auto& rows = recordings::rows_of(json, list);
        const auto found =
            std::ranges::find_if(rows, [&](const Json& one) { return one.text("name") == name; });
        BOOST_REQUIRE(found != rows.end());
        return *found;
    }

    Answer answer(std::string_view name) const
    {
        const auto reply = recordings::reply_of(row("replies", name));
        const auto step = gateway->check(recordings::payment_of(json, json), {&reply, 1});
        const auto* result = std::get_if<Expected<Answer, GatewayFault>>(&step);
        BOOST_REQUIRE(result != nullptr && result->has_value());
        return **result;
    }

    Claim claim(std::string_view name) const
    {
        const auto& notification = row("notifications", name);
        const auto headers = recordings::headers_of(notification);
        const auto body = recordings::body_of(notification);
        auto claim = gateway->verify({"POST", headers, "", body});
        BOOST_REQUIRE(claim.has_value());
        return *std::move(claim);
    }

    GatewayFault fault(std::string_view opening) const
    {
        const auto replies = recordings::replies_of(row("openings", opening));
        const auto step = open(*gateway, "+255712345678", replies);
        const auto* result = std::get_if<Expected<Opened, GatewayFault>>(&step);
        BOOST_REQUIRE(result != nullptr && !result->has_value());
        return result->error();
    }

    static Step<Opened> open(const Gateway& with, std::string phone, Replies replies)
    {
        Payment payment;
        payment.reference = Reference{"ORD2026000001"};
        payment.price = Money{100000, Currency::TZS};
        payment.description = "Order 42";
        payment.customer.name = "Asha";
        payment.customer.phone = std::move(phone);
        return with.open(
            {
                .payment = payment,
                .notify_url = "https://shop.example/notify/clickpesa",
                .return_url = "https://shop.example/return/clickpesa?t=abc",
                .language = "en",
            },
            replies
        );
    }

    /// The request that follows these replies of the recorded opening.
    HttpRequest
    request(const Gateway& with, std::string_view opening, std::size_t replies_count) const
    {
        const auto replies = recordings::replies_of(row("openings", opening));
        const auto step = open(with, "0712 345 678", Replies{replies}.first(replies_count));
        const auto& call = recordings::call_of(step);
        BOOST_TEST(call.access == "api");
        BOOST_TEST(header(call.request.headers, "authorization").empty());
        return call.request;
    }
};

void must_be_question(const HttpRequest& request)
{
    BOOST_TEST(request.method == "GET");
    BOOST_TEST(request.url == "https://api.clickpesa.com/third-parties/payments/ORD2026000001");
    BOOST_TEST(request.body.empty());
}

void must_hide_the_customer(std::string_view record)
{
    for (const auto* personal :
         {"Asha", "Juma", "John", "Doe", "example.com", "2557", "12345678", "123456789"})
        BOOST_TEST(record.find(personal) == std::string_view::npos, personal);
}

} // namespace

BOOST_AUTO_TEST_SUITE(clickpesa_test)

BOOST_FIXTURE_TEST_CASE(a_token_is_asked_for_with_two_headers_and_no_body, ClickPesaRecording)
{
    const auto request = gateway->token_request("api");
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://api.clickpesa.com/third-parties/generate-token");
    BOOST_TEST(header(request.headers, "client-id") == "IDtest01");
    BOOST_TEST(header(request.headers, "api-key") == "clickpesa-test-api-key");
    BOOST_TEST(request.body.empty());
}

BOOST_FIXTURE_TEST_CASE(a_preview_comes_before_the_push, ClickPesaRecording)
{
    const auto preview = request(*gateway, "documented", 0);
    BOOST_TEST(preview.method == "POST");
    BOOST_TEST(
        preview.url == "https://api.clickpesa.com/third-parties/payments/preview-ussd-push-request"
    );
    BOOST_TEST(header(preview.headers, "content-type") == "application/json");
    BOOST_TEST(
        preview.body ==
        R"({"amount":"1000","currency":"TZS","orderReference":"ORD2026000001",)"
        R"("phoneNumber":"255712345678",)"
        R"("checksum":"5eb20deddf746aa23c97c5bc24120bb7137ad2a581e8bc0f401e08d3297e27dd"})"
    );

    const auto push = request(*gateway, "documented", 1);
    BOOST_TEST(push.method == "POST");
    BOOST_TEST(
        push.url == "https://api.clickpesa.com/third-parties/payments/initiate-ussd-push-request"
    );
    BOOST_TEST(push.body == preview.body);
}

BOOST_FIXTURE_TEST_CASE(the_body_is_signed_as_the_settings_say, ClickPesaRecording)
{
    const auto unsigned_body = request(*gateway_with({{"checksum_key", ""}}), "documented", 1).body;
    BOOST_TEST(
        unsigned_body == R"({"amount":"1000","currency":"TZS","orderReference":"ORD2026000001",)"
                         R"("phoneNumber":"255712345678"})"
    );
    const auto legacy = gateway_with({{"checksum_method", "legacy"}});
    BOOST_TEST(
        request(*legacy, "documented", 1).body ==
        R"({"amount":"1000","currency":"TZS","orderReference":"ORD2026000001",)"
        R"("phoneNumber":"255712345678",)"
        R"("checksum":"46d64e2ade5a8d903988f611a85073365f7711d190384f8c2cf0e916649206bd",)"
        R"("checksumMethod":"legacy"})"
    );
}

BOOST_FIXTURE_TEST_CASE(a_reference_used_before_is_asked_about, ClickPesaRecording)
{
    must_be_question(request(*gateway, "preview 409, and it is there", 1));
    must_be_question(request(*gateway, "initiate 409, and it is there", 2));
}

BOOST_FIXTURE_TEST_CASE(the_question_is_this_request, ClickPesaRecording)
{
    const auto step = gateway->check(recordings::payment_of(json, json), {});
    const auto& call = recordings::call_of(step);
    BOOST_TEST(call.access == "api");
    must_be_question(call.request);
}

BOOST_FIXTURE_TEST_CASE(every_accepted_phone_is_sent_in_one_form, ClickPesaRecording)
{
    int sent = 0;
    for (const auto& row : recordings::rows_of(json, "objections")) {
        if (!row.text("expect").empty()) continue;
        const auto phone = member_object(row, "customer").text("phone");
        BOOST_TEST_CONTEXT(phone)
        {
            const auto step = open(*gateway, phone, {});
            const auto body = parse_json(recordings::call_of(step).request.body);
            BOOST_REQUIRE(body.has_value());
            const bool halotel = phone.find("2556") != std::string::npos;
            BOOST_TEST(body->text("phoneNumber") == (halotel ? "255612345678" : "255712345678"));
            ++sent;
        }
    }
    BOOST_TEST(sent >= 10);
}

BOOST_FIXTURE_TEST_CASE(the_operator_reads_the_gateways_words, ClickPesaRecording)
{
    BOOST_TEST(fault("preview, wrong checksum").detail == R"(400 ["Invalid checksum"])");
    BOOST_TEST(
        fault("preview 404 Account has no valid payment method").detail ==
        "404 Account has no valid payment method"
    );
    BOOST_TEST(
        fault("no method available").detail == "no method is available, TIGO-PESA Provider is down"
    );
    BOOST_TEST(
        fault("preview 409, not visible yet").detail ==
        "used before, 404 Invalid or missing payment: ORD2026000001"
    );
    BOOST_TEST(answer("status ON-HOLD").detail == "ON-HOLD Payment received");
    BOOST_TEST(answer("refused by the customer: no amount").detail == "FAILED Customer cancelled");
    BOOST_TEST(
        answer("404: not visible yet").detail == "404 Invalid or missing payment: ORD2026000001"
    );
}

BOOST_FIXTURE_TEST_CASE(of_several_attempts_the_best_is_named, ClickPesaRecording)
{
    BOOST_TEST(answer("failed, then paid").gateway_ref.get() == "LCPCANS7MP");
    BOOST_TEST(answer("paid, then failed").gateway_ref.get() == "LCPCANS7MP");
    BOOST_TEST(answer("twice failed").gateway_ref.get() == "LCP0");
    BOOST_TEST(answer("another's payment").gateway_ref.get().empty());
}

BOOST_FIXTURE_TEST_CASE(a_claim_names_the_payment_by_both_names, ClickPesaRecording)
{
    const auto received = claim("vector 3: received, checksum in the body");
    BOOST_TEST(received.reference.get() == "ORD2026000001");
    BOOST_TEST(received.gateway_ref.get() == "LCP0001");
    BOOST_TEST(claim("2025: received").gateway_ref.get() == "PAY123456");
}

BOOST_FIXTURE_TEST_CASE(a_record_hides_the_customer, ClickPesaRecording)
{
    for (const auto& row : recordings::rows_of(json, "notifications")) {
        const auto headers = recordings::headers_of(row);
        const auto body = recordings::body_of(row);
        const auto claim = gateway->verify({"POST", headers, row.text("query"), body});
        if (claim) must_hide_the_customer(claim->record);
    }
    const auto kept = claim("vector 3: received, checksum in the body").record;
    BOOST_TEST(kept.find(R"("collectedAmount":"1000.00")") != std::string::npos);
    BOOST_TEST(kept.find(R"("customer":"")") != std::string::npos);

    const auto record = answer("documented success").record;
    must_hide_the_customer(record);
    BOOST_TEST(record.find(R"("paymentPhoneNumber":"********5678")") != std::string::npos);
    BOOST_TEST(record.find(R"("orderReference":"ORD2026000001")") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_it_can_do, ClickPesaRecording)
{
    const auto& can = gateway->capabilities();
    BOOST_TEST((can.flow == Flow::phone_prompt));
    BOOST_TEST((can.notifications == Proof::signed_message));
    BOOST_TEST((can.refunds == Refunds::none));
    BOOST_TEST(can.check_after.count() == 15);
    BOOST_REQUIRE(can.currencies.size() == 1U);
    BOOST_TEST((can.currencies.front() == Currency::TZS));
}

BOOST_AUTO_TEST_SUITE_END()
