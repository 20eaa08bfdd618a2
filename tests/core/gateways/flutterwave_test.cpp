#include "core/gateways/flutterwave.hpp"
#include "core/gateways/registry.hpp"
#include "core/payments/payment.hpp"
#include "tests/core/gateways/recordings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <memory>

using namespace tollgate;

namespace {

constexpr auto ours = "7Q2K9ZX4M1B8C3D6E5F0";
constexpr auto bearer = "Bearer FLWSECK_TEST-00000000000000000000000000000000-X";

/// Where a row says whom and what it is about, and what must not be kept of it.
constexpr std::array private_texts{
    "Kone",
    "example.com",
    "2250700",
    "0700000",
    "192.0.2",
    "553188",
    "3188",
    "flw-t1nf",
    "09/32",
    "JOHN",
    "FLWSECK",
    "flw-test-secret-hash",
};

struct FlutterwaveRecording {
    Json json = recordings::load("flutterwave");
    std::unique_ptr<const Gateway> gateway =
        kind_of_flutterwave().make(recordings::settings_of(json, "flutterwave"));

    const Json& row(std::string_view list, std::string_view name) const
    {
        const auto& rows = recordings::rows_of(json, list);
        const auto found =
            std::ranges::find_if(rows, [&](const Json& one) { return one.text("name") == name; });
        BOOST_REQUIRE_MESSAGE(found != rows.end(), name);
        return *found;
    }

    HttpReply reply(std::string_view name) const
    {
        return recordings::reply_of(row("replies", name));
    }

    PaymentRef payment(std::string gateway_ref = {}) const
    {
        auto payment = recordings::payment_of(json, json);
        payment.gateway_ref = GatewayRef{std::move(gateway_ref)};
        return payment;
    }

    PaymentRef with_refund(std::string gateway_ref, std::string refund_ref = {}) const
    {
        auto known = payment(std::move(gateway_ref));
        const Money part{500, Currency::XOF};
        known.refund = Refund{Reference{"R1B2C3D4E5F6G7H8J9K0"}, part, part, std::move(refund_ref)};
        return known;
    }

    Answer check(const PaymentRef& payment, const std::vector<HttpReply>& replies) const
    {
        const auto step = gateway->check(payment, replies);
        const auto* answer = std::get_if<Expected<Answer, GatewayFault>>(&step);
        BOOST_REQUIRE(answer != nullptr && answer->has_value());
        return **answer;
    }
};

std::string kept_of(const Gateway& gateway, const Json& notification)
{
    const auto headers = recordings::headers_of(notification);
    const auto body = recordings::body_of(notification);
    const auto claim = gateway.verify({"POST", headers, "", body});
    BOOST_REQUIRE(claim.has_value());
    return claim->record;
}

void must_be_private(const std::string& record)
{
    for (const auto* text : private_texts)
        BOOST_TEST(record.find(text) == std::string::npos, text << " in " << record);
}

void must_ask(const HttpRequest& request, std::string_view url)
{
    BOOST_TEST(request.method == "GET");
    BOOST_TEST(request.url == url);
    BOOST_TEST(header(request.headers, "authorization") == bearer);
    BOOST_TEST(request.body.empty());
}

Payment payment_to_open()
{
    Payment payment;
    payment.reference = Reference{ours};
    payment.price = Money{1500, Currency::XOF};
    payment.customer.email = "buyer@example.com";
    return payment;
}

std::string opening_body(const Gateway& gateway, const Payment& payment)
{
    const Opening opening{
        .payment = payment,
        .notify_url = "https://shop.example/notify/flutterwave",
        .return_url = "https://shop.example/return/flutterwave?t=abc",
        .language = "fr",
    };
    const auto step = gateway.open(opening, {});
    const auto& request = recordings::call_of(step).request;
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://api.flutterwave.com/v3/payments");
    BOOST_TEST(header(request.headers, "content-type") == "application/json");
    BOOST_TEST(header(request.headers, "authorization") == bearer);
    BOOST_TEST(recordings::call_of(step).access.empty());
    return request.body;
}

} // namespace

BOOST_AUTO_TEST_SUITE(flutterwave_test)

BOOST_FIXTURE_TEST_CASE(the_opening_is_this_request, FlutterwaveRecording)
{
    auto payment = payment_to_open();
    payment.description = "Commande 42";
    payment.customer = {
        .name = "Awa",
        .surname = "Kone",
        .email = "buyer@example.com",
        .phone = "+225 07 00 00 00 00",
        .address = "Rue 1",
        .city = "Abidjan",
        .country = "CI",
        .state = "CI",
        .zip = "00225",
    };
    BOOST_TEST(
        opening_body(*gateway, payment) ==
        R"({"tx_ref":"7Q2K9ZX4M1B8C3D6E5F0","amount":1500,"currency":"XOF",)"
        R"("redirect_url":"https://shop.example/return/flutterwave?t=abc",)"
        R"("customer":{"email":"buyer@example.com","name":"Awa Kone",)"
        R"("phonenumber":"2250700000000"},"meta":{"reference":"7Q2K9ZX4M1B8C3D6E5F0"},)"
        R"("configuration":{"session_duration":30},"customizations":{"title":"Commande 42"}})"
    );
}

BOOST_FIXTURE_TEST_CASE(the_smallest_opening, FlutterwaveRecording)
{
    BOOST_TEST(
        opening_body(*gateway, payment_to_open()) ==
        R"({"tx_ref":"7Q2K9ZX4M1B8C3D6E5F0","amount":1500,"currency":"XOF",)"
        R"("redirect_url":"https://shop.example/return/flutterwave?t=abc",)"
        R"("customer":{"email":"buyer@example.com"},"meta":{"reference":"7Q2K9ZX4M1B8C3D6E5F0"},)"
        R"("configuration":{"session_duration":30}})"
    );
}

BOOST_FIXTURE_TEST_CASE(amounts_are_major_units, FlutterwaveRecording)
{
    // clang-format off
    struct {
        Money price;
        const char* written;
    } const cases[] = {
        {{1500, Currency::XOF},   R"("amount":1500,"currency":"XOF")"},
        {{20000, Currency::RWF},  R"("amount":20000,"currency":"RWF")"},
        {{20000, Currency::UGX},  R"("amount":20000,"currency":"UGX")"},
        {{1205, Currency::USD},   R"("amount":12.05,"currency":"USD")"},
        {{150000, Currency::NGN}, R"("amount":1500.00,"currency":"NGN")"},
        {{5, Currency::EUR},      R"("amount":0.05,"currency":"EUR")"},
    };
    // clang-format on

    for (const auto& c : cases) {
        auto payment = payment_to_open();
        payment.price = c.price;
        BOOST_TEST(opening_body(*gateway, payment).find(c.written) != std::string::npos, c.written);
    }
}

BOOST_FIXTURE_TEST_CASE(names_and_phone_numbers_are_written_as_far_as_known, FlutterwaveRecording)
{
    // clang-format off
    struct {
        const char* name;
        const char* surname;
        const char* phone;
        const char* written;
    } const cases[] = {
        {"Awa", "",     "",                R"(,"name":"Awa"})"},
        {"",    "Kone", "",                R"(,"name":"Kone"})"},
        {"",    "",     "002250700000000", R"(,"phonenumber":"2250700000000"})"},
        {"",    "",     "08012345678",     R"(,"phonenumber":"08012345678"})"},
    };
    // clang-format on

    for (const auto& c : cases) {
        auto payment = payment_to_open();
        payment.customer.name = c.name;
        payment.customer.surname = c.surname;
        payment.customer.phone = c.phone;
        const auto customer = std::string{R"("customer":{"email":"buyer@example.com")"} + c.written;
        BOOST_TEST(opening_body(*gateway, payment).find(customer) != std::string::npos, customer);
    }
}

BOOST_FIXTURE_TEST_CASE(settings_travel_with_the_opening, FlutterwaveRecording)
{
    auto settings = recordings::settings_of(json, "flutterwave");
    settings.values.insert_or_assign("session_minutes", Secret{"60"});
    settings.values.insert_or_assign("payment_options", Secret{"card,mobilemoneyfranco"});
    const auto other = kind_of_flutterwave().make(settings);
    const auto body = opening_body(*other, payment_to_open());
    BOOST_TEST(body.find(R"("configuration":{"session_duration":60})") != std::string::npos);
    BOOST_TEST(body.ends_with(R"(,"payment_options":"card,mobilemoneyfranco"})"));
}

BOOST_FIXTURE_TEST_CASE(it_is_asked_by_our_reference, FlutterwaveRecording)
{
    constexpr auto url = "https://api.flutterwave.com/v3/transactions/verify_by_reference?tx_ref="
                         "7Q2K9ZX4M1B8C3D6E5F0";
    const auto unknown = gateway->check(payment(), {});
    must_ask(recordings::call_of(unknown).request, url);
    const auto known = gateway->check(payment("4975363"), {});
    must_ask(recordings::call_of(known).request, url);
}

BOOST_FIXTURE_TEST_CASE(
    it_is_asked_by_number_when_the_reference_finds_nothing, FlutterwaveRecording
)
{
    const std::vector nothing{reply("nobody has tried, HTTP 400")};
    const auto second = gateway->check(payment("4975363"), nothing);
    must_ask(
        recordings::call_of(second).request,
        "https://api.flutterwave.com/v3/transactions/4975363/verify"
    );
    BOOST_TEST((check(payment(), nothing).facts == Facts{}));
}

BOOST_FIXTURE_TEST_CASE(only_a_successful_transaction_gives_its_number, FlutterwaveRecording)
{
    // clang-format off
    struct {
        const char* reply;
        std::string number;
    } const cases[] = {
        {"successful, documented",     "4975363"},
        {"less than the price",        "4975363"},
        {"failed",                     ""},
        {"pending",                    ""},
        {"cancelled",                  ""},
        {"another payment's",          ""},
        {"nobody has tried, HTTP 400", ""},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST(check(payment(), {reply(c.reply)}).gateway_ref.get() == c.number, c.reply);
    }
}

BOOST_FIXTURE_TEST_CASE(a_success_after_a_failure_is_paid, FlutterwaveRecording)
{
    const auto failed = check(payment(), {reply("failed")}).facts;
    const auto paid = check(payment(), {reply("successful, documented")}).facts;
    BOOST_TEST((status(failed, payment().price) == Status::failed));
    BOOST_TEST((status(join(failed, paid), payment().price) == Status::paid));
    BOOST_TEST((join(failed, paid) == join(paid, failed)));
}

BOOST_FIXTURE_TEST_CASE(the_refund_is_this_request, FlutterwaveRecording)
{
    const auto known = with_refund("4975363");
    const auto step = gateway->refund(known, {});
    const auto& request = recordings::call_of(step).request;
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.url == "https://api.flutterwave.com/v3/transactions/4975363/refund");
    BOOST_TEST(header(request.headers, "authorization") == bearer);
    BOOST_TEST(header(request.headers, "content-type") == "application/json");
    BOOST_TEST(request.body == R"({"amount":500,"comments":"R1B2C3D4E5F6G7H8J9K0"})");
}

BOOST_FIXTURE_TEST_CASE(a_refund_asks_for_the_number_that_it_does_not_know, FlutterwaveRecording)
{
    const auto unknown = with_refund("");
    const auto first = gateway->refund(unknown, {});
    must_ask(
        recordings::call_of(first).request,
        "https://api.flutterwave.com/v3/transactions/verify_by_reference?tx_ref="
        "7Q2K9ZX4M1B8C3D6E5F0"
    );
    const std::vector found{reply("successful, documented")};
    const auto second = gateway->refund(unknown, found);
    const auto& request = recordings::call_of(second).request;
    BOOST_TEST(request.url == "https://api.flutterwave.com/v3/transactions/4975363/refund");
}

BOOST_FIXTURE_TEST_CASE(a_refund_under_way_is_asked_about_last, FlutterwaveRecording)
{
    const auto known = with_refund("4975363", "75923");
    std::vector replies{reply("successful, documented")};
    const auto step = gateway->check(known, replies);
    must_ask(recordings::call_of(step).request, "https://api.flutterwave.com/v3/refunds/75923");

    const auto& asked = row("refunds", "asked: under way");
    const auto answer = check(known, recordings::replies_of(asked));
    BOOST_TEST((answer.refund == RefundOutcome::under_way));
    BOOST_TEST(answer.detail == "successful success, refund processing");
    const auto record = parse_json(answer.record);
    BOOST_REQUIRE(record.has_value() && record->array() != nullptr);
    BOOST_TEST(record->array()->size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_refund_says_its_own_name_and_the_transactions, FlutterwaveRecording)
{
    const auto& documented = row("refunds", "the number is asked for first");
    const auto step = gateway->refund(with_refund(""), recordings::replies_of(documented));
    const auto& answer = std::get<Expected<Answer, GatewayFault>>(step);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->refund_ref == "75923");
    BOOST_TEST(answer->gateway_ref.get() == "4975363");
    BOOST_TEST(answer->detail == "refund completed");
    BOOST_TEST(answer->record.find(R"("amount_refunded":500)") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_operator_hears_the_gateways_words, FlutterwaveRecording)
{
    const std::vector refused{reply("key refused")};
    const auto step = gateway->check(payment(), refused);
    const auto& result = std::get<Expected<Answer, GatewayFault>>(step);
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().detail == "HTTP 401 Invalid authorization key");
    BOOST_TEST(check(payment(), {reply("failed")}).detail == "failed Insufficient funds");
}

BOOST_FIXTURE_TEST_CASE(nothing_private_is_kept_of_a_message, FlutterwaveRecording)
{
    for (const auto* name : {"v3, nested, documented", "v3, flat", "v4, succeeded"}) {
        BOOST_TEST_CONTEXT(name)
        {
            const auto record = kept_of(*gateway, row("notifications", name));
            must_be_private(record);
            BOOST_TEST(record.find(ours) != std::string::npos);
            BOOST_TEST(record.find("1500") != std::string::npos);
            BOOST_TEST(record.find("succe") != std::string::npos);
        }
    }
    BOOST_TEST(
        kept_of(*gateway, row("notifications", "a refund")).find("8784082") != std::string::npos
    );
}

BOOST_FIXTURE_TEST_CASE(nothing_private_is_kept_of_an_answer, FlutterwaveRecording)
{
    const auto of_card = check(payment(), {reply("successful, a card")}).record;
    must_be_private(of_card);
    BOOST_TEST(
        of_card.find(R"("card":{"last_4digits":"2950","issuer":"CREDIT")") != std::string::npos
    );
    BOOST_TEST(of_card.find(R"("phone_number":"*********0000")") != std::string::npos);

    auto transfer = reply("successful, documented");
    const std::string meta = R"("meta":{"order":"7Q2K9ZX4M1B8C3D6E5F0"})";
    const auto at = transfer.body.find(meta);
    BOOST_REQUIRE(at != std::string::npos);
    transfer.body.replace(
        at,
        meta.size(),
        R"("meta":{"originatoraccountnumber":"1234567890","originatorname":"JOHN DOE"})"
    );
    const auto of_transfer = check(payment(), {transfer}).record;
    must_be_private(of_transfer);
    BOOST_TEST(of_transfer.find("7890") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(exactly_200_is_an_acknowledgement, FlutterwaveRecording)
{
    using enum Acknowledgement::Kind;
    BOOST_TEST(gateway->acknowledge({.kind = recorded}).status == 200);
    BOOST_TEST(gateway->acknowledge({.kind = alive}).status == 200);
    BOOST_TEST(gateway->acknowledge({.kind = unproven}).status == 401);
    BOOST_TEST(gateway->acknowledge({.kind = unreadable}).status == 400);
}

BOOST_FIXTURE_TEST_CASE(a_returning_browser_names_a_payment, FlutterwaveRecording)
{
    // clang-format off
    struct {
        const char* name;
        Fields fields;
        std::string reference;
    } const cases[] = {
        {"card",                {{"status", "successful"}, {"tx_ref", ours}, {"transaction_id", "4975363"}}, ours},
        {"cancelled",           {{"status", "cancelled"}, {"tx_ref", ours}},                                 ours},
        {"after our own token", {{"t", "abc"}, {"status", "completed"}, {"tx_ref", ours}},                   ours},
        {"another shop's",      {{"tx_ref", "WOOC_42_1772600767"}},                                          ""},
        {"lower case",          {{"tx_ref", "7q2k9zx4m1b8c3d6e5f0"}},                                        ""},
        {"only its number",     {{"transaction_id", "4975363"}},                                             ""},
        {"nothing",             {},                                                                          ""},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(gateway->returned(c.fields).value_or(Reference{}).get() == c.reference);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_hash_has_no_default)
{
    for (const auto& setting : kind_of_flutterwave().spec.settings) {
        if (setting.kind != SettingKind::secret) continue;
        BOOST_TEST(setting.required);
        BOOST_TEST(setting.fallback.empty());
        BOOST_TEST(setting.sandbox_fallback.empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
