#include "core/crypto/encoding.hpp"
#include "core/crypto/envelope.hpp"
#include "core/gateways/airtel_money.hpp"
#include "core/support/json.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>

using namespace tollgate;

namespace {

// A pair made by `openssl genpkey -algorithm RSA`, 1024 bit as Airtel's.
constexpr auto public_key =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDYmzdZjjxZmsioDeIfRVw6hJVvbiknrN/sp4mDt8+bO2v8"
    "/Gs5UegNH/4UgXne0tMiP3G+xUc/nbun9jRSMpSMIY9QuLVCqklrPDixGjakCt9yttKaiFbn/ApOCf4wHtFH"
    "M8CSvUWXd2s8BzNs25UGrooN/ALgHsZWEIZ7dPbGvwIDAQAB";
constexpr auto private_key =
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBANibN1mOPFmayKgN4h9FXDqElW9uKSes3+yn"
    "iYO3z5s7a/z8azlR6A0f/hSBed7S0yI/cb7FRz+du6f2NFIylIwhj1C4tUKqSWs8OLEaNqQK33K20pqIVuf8"
    "Ck4J/jAe0UczwJK9RZd3azwHM2zblQauig38AuAexlYQhnt09sa/AgMBAAECgYEAzl+sb7YWB+VycrOvks25"
    "3sM9wYo6yeNrAgZp/cZele8ap1I0Msu4BPFLWmw2GjfSE9pQ3EsH5DO7fH8WQI6SeePg7R9GVGMAYylQz+I1"
    "qhO5+OmvC8twkl1PJnrGcNgvtjTyU49Od3MVin+KoI7FQ8nFhS/644W/35TvYswR4rkCQQD0kp8Af8EYcLVb"
    "AwP3+zonsjM+nw8d5ob5zNzwgU3Z358k6HD+BUhVYxDMRDfoGWU5zZV0pg23n1ZIyl1G5PJbAkEA4roVaDbv"
    "LJ4YDWXvYA9a8Rh5sXXWaJrWhyXB+VIQ/jLMNkhnmifNFCVLyoHazTDc+DWnqsGm69OdV9ZTSrqibQJBAJ1T"
    "jDDX/bDpH+Bx6iWlWF2cxlYsH59OYdljLWUQ6LGUpl0poTXm1AcJeQ7Ne2E0pOcwFko5X22Vc/3TH3mxYS0C"
    "QQCLLwEFQPQCx+qsDu+sYMDLUOMj9drxzFv2C0/Q5nhYFIcYq8ot8FENFPg6EQ1o+Z4tIYMUaF04WGg3C/OF"
    "5JzhAkB99+OQ9I+6e86subGx/6KYvV2MZ3R0REYI9WOZD9CY812wZuKY71EFeQ5ekxw432fm1CdlxW2EYI48"
    "NylByZQG";

struct AirtelRecording {
    Json json = recordings::load("airtel_money");

    std::unique_ptr<const Gateway> with(std::initializer_list<Json::Member> settings) const
    {
        const auto row = Json::object({{"settings", Json{Json::Object(settings)}}});
        return recordings::gateway_of(kind_of_airtel_money(), json, row);
    }
    PaymentRef payment() const { return recordings::payment_of(json, json); }

    const Json& row(std::string_view list, std::string_view name) const
    {
        const auto& rows = recordings::rows_of(json, list);
        const auto found =
            std::ranges::find_if(rows, [&](const Json& one) { return one.text("name") == name; });
        BOOST_REQUIRE(found != rows.end());
        return *found;
    }
};

Payment payment_to_open()
{
    Payment payment;
    payment.order = OrderRef{"2026/42"};
    payment.reference = Reference{"7Q2K9ZX4M1B8C3D6E5F0"};
    payment.price = Money{4900, Currency::ZMW};
    payment.description = "Order #42: book";
    payment.customer.phone = "+260 97 123-4567";
    return payment;
}

Opening opening_of(const Payment& payment)
{
    return {.payment = payment, .notify_url = {}, .return_url = {}, .language = "en"};
}

/// The request that a step asks for, which always wants the access token and names the country.
HttpRequest request_of(const auto& step, std::string_view currency = "ZMW")
{
    const auto& call = recordings::call_of(step);
    BOOST_TEST(call.access == "api");
    BOOST_TEST(header(call.request.headers, "x-country").size() == 2U);
    BOOST_TEST(header(call.request.headers, "x-currency") == currency);
    BOOST_TEST(header(call.request.headers, "authorization") == "");
    return call.request;
}

HttpRequest opening_request(const Gateway& gateway, const Payment& payment)
{
    return request_of(gateway.open(opening_of(payment), {}), code(payment.price.currency));
}

HttpReply ok(const Json& body)
{
    return {.status = 200, .headers = {}, .body = to_text(body)};
}

HttpReply key_reply()
{
    return ok(Json::object({{"data", Json::object({{"key_id", 100}, {"key", public_key}})}}));
}

std::string bytes(std::string_view base64)
{
    const auto decoded = from_base64(base64);
    BOOST_REQUIRE(decoded.has_value());
    return *decoded;
}

/// Opens x-key with the private key and x-signature with what is in it.
std::string signed_text(const HttpRequest& request)
{
    const auto sealed = bytes(header(request.headers, "x-key"));
    const auto text = rsa_decrypt(bytes(private_key), RsaPadding::pkcs1, sealed).value_or("");
    const auto colon = text.find(':');
    BOOST_REQUIRE(text.size() == 69U);
    BOOST_REQUIRE(colon == 44U);
    const auto key = bytes(text.substr(0, colon));
    const auto iv = bytes(text.substr(colon + 1));
    const auto signature = bytes(header(request.headers, "x-signature"));
    return aes_256_cbc_decrypt({key, iv}, signature).value_or("");
}

} // namespace

BOOST_AUTO_TEST_SUITE(airtel_money_test)

BOOST_FIXTURE_TEST_CASE(the_opening_is_this_request, AirtelRecording)
{
    const auto request = opening_request(*with({}), payment_to_open());
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://openapi.airtel.africa/merchant/v1/payments/");
    BOOST_TEST(header(request.headers, "content-type") == "application/json");
    BOOST_TEST(header(request.headers, "x-country") == "ZM");
    BOOST_TEST(header(request.headers, "x-signature") == "");
    BOOST_TEST(
        request.body == R"({"reference":"Order 42 book",)"
                        R"("subscriber":{"country":"ZM","currency":"ZMW","msisdn":"971234567"},)"
                        R"("transaction":{"amount":49,"country":"ZM","currency":"ZMW",)"
                        R"("id":"7Q2K9ZX4M1B8C3D6E5F0"}})"
    );
}

BOOST_FIXTURE_TEST_CASE(amounts_are_numbers_in_major_units, AirtelRecording)
{
    struct {
        const char* country;
        const char* phone;
        Money price;
        const char* written;
    } const cases[] = {
        {"ZM", "260971234567", {4950, Currency::ZMW}, R"("amount":49.50,)"},
        {"ZM", "260971234567", {5, Currency::ZMW}, R"("amount":0.05,)"},
        {"UG", "256752604392", {5000, Currency::UGX}, R"("amount":5000,)"},
        {"TZ", "255682123456", {500'000, Currency::TZS}, R"("amount":5000,)"},
        {"CD", "243971234567", {525, Currency::USD}, R"("amount":5.25,)"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.written)
        {
            auto payment = payment_to_open();
            payment.price = c.price;
            payment.customer.phone = c.phone;
            const auto request = opening_request(*with({{"country", c.country}}), payment);
            BOOST_TEST(request.body.find(c.written) != std::string::npos, request.body);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_reference_is_plain_text, AirtelRecording)
{
    struct {
        const char* name;
        std::string description;
        std::string written;
    } const cases[] = {
        {"signs", "#1: a/b_c (d)", "1 a b c d"},
        {"accents", "Été à Lusaka", "t Lusaka"},
        {"too short", "abc", "Order 2026 42"},
        {"nothing", "", "Order 2026 42"},
        {"signs only", "????????", "Order 2026 42"},
        {"as long as it may be", std::string(64, 'x'), std::string(64, 'x')},
        {"too long", std::string(63, 'x') + " yz", std::string(63, 'x')},
    };
    const auto gateway = with({});
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto payment = payment_to_open();
            payment.description = c.description;
            const auto body = parse_json(opening_request(*gateway, payment).body);
            BOOST_REQUIRE(body.has_value());
            BOOST_TEST(body->text("reference") == c.written);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_path_has_the_version_of_the_country, AirtelRecording)
{
    const auto gateway = with({{"payments_path_version", "v2"}});
    BOOST_TEST(
        opening_request(*gateway, payment_to_open()).url ==
        "https://openapi.airtel.africa/merchant/v2/payments/"
    );
}

BOOST_FIXTURE_TEST_CASE(the_question_is_this_request, AirtelRecording)
{
    const auto request = request_of(with({})->check(payment(), {}));
    BOOST_TEST(request.method == "GET");
    BOOST_TEST(
        request.url == "https://openapi.airtel.africa/standard/v1/payments/7Q2K9ZX4M1B8C3D6E5F0"
    );
    BOOST_TEST(request.body == "");
}

BOOST_FIXTURE_TEST_CASE(the_token_is_asked_for_by_this_request, AirtelRecording)
{
    const auto request = with({})->token_request("api");
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://openapi.airtel.africa/auth/oauth2/token");
    BOOST_TEST(header(request.headers, "content-type") == "application/json");
    BOOST_TEST(
        request.body ==
        R"({"client_id":"airtel-test-client-id","client_secret":"airtel-test-client-secret",)"
        R"("grant_type":"client_credentials"})"
    );
}

BOOST_FIXTURE_TEST_CASE(a_refund_names_airtels_own_id, AirtelRecording)
{
    auto paid = payment();
    paid.gateway_ref = GatewayRef{"CI260603.1234.L06941"};
    const auto request = request_of(with({})->refund(paid, {}));
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://openapi.airtel.africa/standard/v1/payments/refund");
    BOOST_TEST(request.body == R"({"transaction":{"airtel_money_id":"CI260603.1234.L06941"}})");
}

BOOST_FIXTURE_TEST_CASE(a_refund_asks_for_that_id_when_it_is_not_known, AirtelRecording)
{
    const auto gateway = with({});
    BOOST_TEST(request_of(gateway->refund(payment(), {})).method == "GET");
    const auto paid =
        recordings::reply_of(row("replies", "documented: TS with the code of a payment in process")
        );
    const auto request = request_of(gateway->refund(payment(), {&paid, 1}));
    BOOST_TEST(request.body == R"({"transaction":{"airtel_money_id":"CI260603.1234.L06941"}})");
}

BOOST_FIXTURE_TEST_CASE(a_signed_message_carries_its_text_sealed, AirtelRecording)
{
    const auto gateway = with({{"message_signing", "on"}, {"payments_path_version", "v2"}});
    const auto payment = payment_to_open();
    const auto asking = request_of(gateway->open(opening_of(payment), {}));
    BOOST_TEST(asking.method == "GET");
    BOOST_TEST(asking.url == "https://openapi.airtel.africa/v1/rsa/encryption-keys");

    const auto key = key_reply();
    const auto request = request_of(gateway->open(opening_of(payment), {&key, 1}));
    BOOST_TEST(request.url == "https://openapi.airtel.africa/merchant/v2/payments/");
    BOOST_TEST(request.body == opening_request(*with({}), payment).body);
    BOOST_TEST(signed_text(request) == request.body);

    const auto again = request_of(gateway->open(opening_of(payment), {&key, 1}));
    BOOST_TEST(header(again.headers, "x-signature") != header(request.headers, "x-signature"));
}

BOOST_FIXTURE_TEST_CASE(a_refund_is_signed_as_well, AirtelRecording)
{
    auto paid = payment();
    paid.gateway_ref = GatewayRef{"CI260603.1234.L06941"};
    const auto key = key_reply();
    const auto request = request_of(with({{"message_signing", "on"}})->refund(paid, {&key, 1}));
    BOOST_TEST(request.body == R"({"transaction":{"airtel_money_id":"CI260603.1234.L06941"}})");
    BOOST_TEST(signed_text(request) == request.body);
}

BOOST_FIXTURE_TEST_CASE(only_a_success_of_ours_names_airtels_id, AirtelRecording)
{
    struct {
        const char* row;
        const char* id;
    } const cases[] = {
        {"TS with the code of success", "CI260603.1234.L06941"},
        {"TS without any code", ""},
        {"TS of another transaction", ""},
        {"TIP", ""},
    };
    const auto gateway = with({});
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.row)
        {
            const auto reply = recordings::reply_of(row("replies", c.row));
            const auto step = gateway->check(payment(), {&reply, 1});
            const auto& answer = std::get<Expected<Answer, GatewayFault>>(step);
            BOOST_REQUIRE(answer.has_value());
            BOOST_TEST(answer->gateway_ref.get() == c.id);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_kept_names_nobody, AirtelRecording)
{
    const auto& notification = row("notifications", "hash first");
    const auto headers = recordings::headers_of(notification);
    const auto claim = with({})->verify({"POST", headers, "", recordings::body_of(notification)});
    BOOST_REQUIRE(claim.has_value());
    BOOST_TEST(
        claim->record == R"({"transaction":{"id":"7Q2K9ZX4M1B8C3D6E5F0","status_code":"TS",)"
                         R"("airtel_money_id":"CI260603.1234.L06941"}})"
    );

    const auto reply = recordings::reply_of(row("replies", "TS with the code of success"));
    const auto step = with({})->check(payment(), {&reply, 1});
    const auto& answer = std::get<Expected<Answer, GatewayFault>>(step);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(
        answer->record ==
        R"({"data":{"transaction":{"id":"7Q2K9ZX4M1B8C3D6E5F0","status":"TS",)"
        R"("airtel_money_id":"CI260603.1234.L06941"}},)"
        R"("status":{"code":"200","response_code":"DP00800001001","result_code":"ESB000010",)"
        R"("success":true}})"
    );
    BOOST_TEST(answer->detail == "TS DP00800001001");
}

BOOST_FIXTURE_TEST_CASE(an_operator_reads_the_gateways_words, AirtelRecording)
{
    struct {
        const char* row;
        const char* detail;
    } const cases[] = {
        {"something went wrong", "HTTP 200 ESB000001 Something went wrong"},
        {"router's own shape", "HTTP 400 ROUTER112 Invalid currency provided."},
        {"not let in", "HTTP 401"},
        {"HTTP 408", "HTTP 408"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.row)
        {
            const auto reply = recordings::reply_of(row("replies", c.row));
            const auto step = with({})->check(payment(), {&reply, 1});
            const auto& answer = std::get<Expected<Answer, GatewayFault>>(step);
            BOOST_REQUIRE(!answer.has_value());
            BOOST_TEST(answer.error().detail == c.detail);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_airtel_money_can_do)
{
    const auto& can = kind_of_airtel_money().capabilities;
    BOOST_TEST((can.flow == Flow::phone_prompt));
    BOOST_TEST((can.refunds == Refunds::full));
    BOOST_TEST((can.notifications == Proof::signed_message));
    BOOST_TEST(can.check_after.count() == 180, "official advice: not before three minutes");
}

BOOST_AUTO_TEST_SUITE_END()
