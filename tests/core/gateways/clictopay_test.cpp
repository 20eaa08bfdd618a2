#include "core/gateways/clictopay.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>

using namespace tollgate;

namespace {

constexpr auto reference = "7Q2K9ZX4M1B8C3D6E5F0";
constexpr auto order_id = "70906e55-7114-41d6-8332-4609dc6590f4";
constexpr auto login = "userName=0870000000&password=clictopay-test-password&";

struct ClicToPayRecording {
    Json json = recordings::load("clictopay");
    std::unique_ptr<const Gateway> gateway = with({});

    std::unique_ptr<const Gateway> with(std::map<std::string, std::string> more) const
    {
        auto settings = recordings::settings_of(json, "clictopay");
        for (const auto& [name, value] : more)
            settings.values.insert_or_assign(name, Secret{value});
        return kind_of_clictopay().make(settings);
    }

    PaymentRef payment() const { return recordings::payment_of(json, json); }

    Answer answer(const std::string& body) const
    {
        const HttpReply reply{.status = 200, .headers = {}, .body = body};
        const auto step = gateway->check(payment(), {&reply, 1});
        const auto* result = std::get_if<Expected<Answer, GatewayFault>>(&step);
        BOOST_REQUIRE(result != nullptr && result->has_value());
        return **result;
    }
};

Payment payment_to_open()
{
    Payment payment;
    payment.reference = Reference{reference};
    payment.price = Money{10500, Currency::TND};
    payment.description = "Commande 1 & é";
    return payment;
}

const HttpRequest& posted(const HttpRequest& request, std::string_view path)
{
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://test.clictopay.com/payment/rest" + std::string{path});
    BOOST_TEST(header(request.headers, "content-type") == "application/x-www-form-urlencoded");
    return request;
}

std::string opening_body(const Gateway& gateway, const Payment& payment)
{
    const Opening opening{
        .payment = payment,
        .notify_url = "https://shop.example/notify/clictopay",
        .return_url = "https://shop.example/return/clictopay?t=abc",
        .language = "fr",
    };
    const auto step = gateway.open(opening, {});
    return posted(recordings::call_of(step).request, "/register.do").body;
}

std::vector<HttpReply> replies(std::initializer_list<std::string> bodies)
{
    std::vector<HttpReply> list;
    for (const auto& body : bodies)
        list.push_back({.status = 200, .headers = {}, .body = body});
    return list;
}

constexpr auto paid =
    R"({"errorCode":"0","orderNumber":"7Q2K9ZX4M1B8C3D6E5F0","orderStatus":2,"amount":10500,)"
    R"("currency":"788","attributes":[{"name":"mdOrder",)"
    R"("value":"70906e55-7114-41d6-8332-4609dc6590f4"}]})";
constexpr auto too_early =
    R"({"errorCode":"7","errorMessage":"Payment must be in a correct state"})";

PaymentRef with_refund(PaymentRef payment, std::int64_t minor_units)
{
    const Money amount{minor_units, Currency::TND};
    payment.refund = Refund{
        .id = Reference{"RFND0000000000000001"},
        .amount = amount,
        .total = amount,
        .gateway_ref = {},
    };
    return payment;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clictopay_test)

BOOST_FIXTURE_TEST_CASE(the_opening_is_this_request, ClicToPayRecording)
{
    BOOST_TEST(
        opening_body(*gateway, payment_to_open()) ==
        std::string{login} + "orderNumber=7Q2K9ZX4M1B8C3D6E5F0&amount=10500&currency=788&"
                             "returnUrl=https%3A%2F%2Fshop.example%2Freturn%2Fclictopay%3Ft%3Dabc&"
                             "failUrl=https%3A%2F%2Fshop.example%2Freturn%2Fclictopay%3Ft%3Dabc&"
                             "description=Commande+1+%26+%C3%A9&language=fr&pageView=DESKTOP"
    );
}

BOOST_FIXTURE_TEST_CASE(the_opening_names_the_customers_email, ClicToPayRecording)
{
    auto payment = payment_to_open();
    payment.customer.email = "awa@example.com";
    payment.customer.name = "Awa";
    BOOST_TEST(opening_body(*gateway, payment)
                   .ends_with("&jsonParams=%7B%22email%22%3A%22awa%40example.com%22%7D"));
}

BOOST_FIXTURE_TEST_CASE(the_opening_writes_minor_units_and_numeric_currencies, ClicToPayRecording)
{
    struct {
        Money price;
        const char* written;
    } const cases[] = {
        {{10500, Currency::TND}, "&amount=10500&currency=788&"},
        {{1, Currency::TND}, "&amount=1&currency=788&"},
        {{2300, Currency::EUR}, "&amount=2300&currency=978&"},
        {{999'999'999'999, Currency::USD}, "&amount=999999999999&currency=840&"},
    };
    for (const auto& c : cases) {
        auto payment = payment_to_open();
        payment.price = c.price;
        BOOST_TEST(opening_body(*gateway, payment).find(c.written) != std::string::npos, c.written);
    }
}

BOOST_FIXTURE_TEST_CASE(a_slash_at_the_end_of_the_address_is_one_too_many, ClicToPayRecording)
{
    const auto other = with({{"api_url", "https://test.clictopay.com/payment/rest/"}});
    opening_body(*other, payment_to_open());
}

BOOST_FIXTURE_TEST_CASE(the_question_is_this_request, ClicToPayRecording)
{
    const auto by_id = gateway->check(payment(), {});
    BOOST_TEST(
        posted(recordings::call_of(by_id).request, "/getOrderStatusExtended.do").body ==
        std::string{login} + "orderId=70906e55-7114-41d6-8332-4609dc6590f4&language=en"
    );
    auto unnamed = payment();
    unnamed.gateway_ref = {};
    const auto by_number = gateway->check(unnamed, {});
    BOOST_TEST(
        posted(recordings::call_of(by_number).request, "/getOrderStatusExtended.do").body ==
        std::string{login} + "orderNumber=7Q2K9ZX4M1B8C3D6E5F0&language=en"
    );
}

BOOST_FIXTURE_TEST_CASE(an_answer_names_the_order, ClicToPayRecording)
{
    BOOST_TEST(answer(paid).gateway_ref.get() == order_id);
    BOOST_TEST(answer(R"({"orderNumber":"7Q2K9ZX4M1B8C3D6E5F0","orderStatus":2})")
                   .gateway_ref.get()
                   .empty());
    BOOST_TEST(answer(R"({"orderNumber":"7Q2K9ZX4M1B8C3D6E5F1","orderStatus":2,)"
                      R"("attributes":[{"name":"mdOrder","value":"other"}]})")
                   .gateway_ref.get()
                   .empty());
}

BOOST_FIXTURE_TEST_CASE(an_answer_tells_the_operator_the_gateways_words, ClicToPayRecording)
{
    BOOST_TEST(
        answer(R"({"errorCode":"2","errorMessage":"Payment is declined","orderStatus":6,)"
               R"("actionCode":116,"actionCodeDescription":"Not enough money"})")
            .detail ==
        "orderStatus 6, actionCode 116 Not enough money, errorCode 2 Payment is declined"
    );
}

BOOST_FIXTURE_TEST_CASE(an_answer_keeps_nothing_of_the_payer, ClicToPayRecording)
{
    const auto record =
        answer(R"({"orderNumber":"7Q2K9ZX4M1B8C3D6E5F0","orderStatus":2,"amount":10500,)"
               R"("ip":"197.17.13.64","Ip":"197.17.13.64","orderDescription":"pour Awa",)"
               R"("cardAuthInfo":{"maskedPan":"510440**3827","pan":"5104401234563827",)"
               R"("cardholderName":"AWA KONE","expiration":"202312","approvalCode":"315442"},)"
               R"("Pan":"510440**3827","cardholderName":"AWA KONE",)"
               R"("merchantOrderParams":[{"name":"email","value":"awa@example.com"}],)"
               R"("payerData":{"email":"awa@example.com","phone":"21620000000"},)"
               R"("bankInfo":{"bankName":"STB"},)"
               R"("paymentAmountInfo":{"depositedAmount":10500,"refundedAmount":0}})")
            .record;
    BOOST_TEST(
        record == R"({"orderNumber":"7Q2K9ZX4M1B8C3D6E5F0","orderStatus":2,"amount":10500,)"
                  R"("cardAuthInfo":{"maskedPan":"********3827","pan":"************3827",)"
                  R"("approvalCode":"315442"},"Pan":"********3827",)"
                  R"("paymentAmountInfo":{"depositedAmount":10500,"refundedAmount":0}})"
    );
}

BOOST_FIXTURE_TEST_CASE(a_claim_keeps_nothing_of_the_payer, ClicToPayRecording)
{
    const auto query = "mdOrder=" + std::string{order_id} + "&orderNumber=" + reference +
                       "&operation=deposited&status=1&amount=10500&cardholderName=AWA+KONE&"
                       "email=awa%40example.com&panMasked=510440%2A%2A3827&ip=197.17.13.64";
    const auto claim = gateway->verify({"GET", {}, query, ""});
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(
        claim->record == "mdOrder=" + std::string{order_id} + "&orderNumber=" + reference +
                             "&operation=deposited&status=1&amount=10500"
    );

    const auto body = R"({"reference":"7Q2K9ZX4M1B8C3D6E5F0","status":"success",)"
                      R"("customer":{"name":"Awa","email":"awa@example.com"}})";
    const auto other = gateway->verify({"POST", {}, "", body});
    BOOST_REQUIRE(other.has_value());
    BOOST_TEST(other->record == R"({"reference":"7Q2K9ZX4M1B8C3D6E5F0","status":"success"})");
}

BOOST_FIXTURE_TEST_CASE(a_claim_names_the_payment_by_both_names, ClicToPayRecording)
{
    const auto query = "mdOrder=" + std::string{order_id} + "&orderNumber=" + reference;
    const auto claim = gateway->verify({"GET", {}, query, ""});
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(claim->reference.get() == reference);
    BOOST_TEST(claim->gateway_ref.get() == order_id);
    BOOST_TEST((claim->proof == Proof::none));
}

// `name;value;` leaves room to hide a field in another's value, so that is all a checksum can do.
BOOST_FIXTURE_TEST_CASE(a_boundary_shift_keeps_the_checksum_and_decides_nothing, ClicToPayRecording)
{
    const auto strict = with({{"checksum_secret", "clictopay-test-key"}});
    const std::string checksum = "1f456e6d6b2bec3863992c4d006daf97d4028826ce79767b460448990e042f38";
    const auto shifted =
        "amount=10500%3BmdOrder%3B" + std::string{order_id} +
        "&operation=deposited&orderNumber=ORD-2026-000123&status=1&checksum=" + checksum;
    const auto claim = strict->verify({"GET", {}, shifted, ""});
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(!claim->names_payment());
}

BOOST_FIXTURE_TEST_CASE(a_refund_asks_first_and_is_these_requests, ClicToPayRecording)
{
    const auto part = with_refund(payment(), 4500);
    const auto question = gateway->refund(part, {});
    posted(recordings::call_of(question).request, "/getOrderStatusExtended.do");

    const auto step = gateway->refund(part, replies({paid}));
    BOOST_TEST(
        posted(recordings::call_of(step).request, "/refund.do").body ==
        std::string{login} + "orderId=70906e55-7114-41d6-8332-4609dc6590f4&language=en&"
                             "amount=4500&externalRefundId=RFND0000000000000001"
    );

    // The order's name comes from the answer when it was not known before.
    auto unnamed = part;
    unnamed.gateway_ref = {};
    const auto named = gateway->refund(unnamed, replies({paid}));
    BOOST_TEST(recordings::call_of(named).request.body == recordings::call_of(step).request.body);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_cleared_yet_is_reversed_as_a_whole, ClicToPayRecording)
{
    const auto whole = with_refund(payment(), 10500);
    const auto step = gateway->refund(whole, replies({paid, too_early}));
    BOOST_TEST(
        posted(recordings::call_of(step).request, "/reverse.do").body ==
        std::string{login} + "orderId=70906e55-7114-41d6-8332-4609dc6590f4&language=en"
    );
}

BOOST_FIXTURE_TEST_CASE(a_refused_refund_says_why, ClicToPayRecording)
{
    const auto list = replies({paid, R"({"errorCode":"5","errorMessage":"Access denied"})"});
    const auto step = gateway->refund(with_refund(payment(), 4500), list);
    const auto& answer = std::get<Expected<Answer, GatewayFault>>(step);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->detail == "errorCode 5 Access denied");
}

// The browser comes back with ?orderId=<mdOrder>&lang=fr added to our own token.
BOOST_FIXTURE_TEST_CASE(a_returning_browser_names_nothing_of_ours, ClicToPayRecording)
{
    BOOST_TEST(!gateway->returned({{"orderId", order_id}, {"lang", "fr"}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
