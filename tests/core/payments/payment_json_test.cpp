#include "core/payments/payment_json.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

constexpr Money price{1500, Currency::XOF};

std::string members(const Payment& payment)
{
    const auto json = payment_json(payment);
    std::string text;
    for (const auto* name : {"amount", "currency", "paid", "refunded", "refund_under_way"})
        text += to_text(*json.find(name)) + ' ';
    return text;
}

Refund refund_of(Money amount)
{
    return {.id = Reference{"R"}, .amount = amount, .total = amount, .gateway_ref = {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(payment_json_test)

// Neither payment_url nor the customer: with the first one could come back as the customer.
BOOST_AUTO_TEST_CASE(a_payment_as_json)
{
    Payment payment;
    payment.id = *parse_id("0190f3c2-7b1e-7c3a-9f00-0123456789ab");
    payment.reference = Reference{"7Q2K9ZX4M1B8C3D6E5F0"};
    payment.order = OrderRef{"2026-1"};
    payment.attempt = 2;
    payment.gateway = GatewayName{"cinetpay"};
    payment.price = price;
    payment.facts = {.paid = Money{2000, Currency::XOF}};
    payment.state = Status::paid;
    payment.payment_url = "https://checkout.cinetpay.com/payment/0123";
    payment.customer.email = "awa@example.com";
    payment.checks = 3;
    payment.created_at = Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4}};
    const std::string until_paid_at =
        R"({"id":"0190f3c2-7b1e-7c3a-9f00-0123456789ab","reference":"7Q2K9ZX4M1B8C3D6E5F0",)"
        R"("order":"2026-1","attempt":2,"gateway":"cinetpay","status":"paid","amount":"1500",)"
        R"("currency":"XOF","attention":"overpaid","paid":"2000","refunded":null,)"
        R"("refund_under_way":null,"checks":3,"created_at":"2026-03-04T00:00:00Z","paid_at":)";
    BOOST_TEST(to_text(payment_json(payment)) == until_paid_at + "null}");
    payment.paid_at = payment.created_at + std::chrono::seconds{61};
    BOOST_TEST(to_text(payment_json(payment)) == until_paid_at + R"("2026-03-04T00:01:01Z"})");
}

BOOST_AUTO_TEST_CASE(money_is_a_text_and_names_a_currency_that_is_not_the_prices)
{
    using enum Currency;
    // clang-format off
    struct {
        const char* name;
        Facts facts;
        std::optional<Refund> refund;
        const char* expected;
    } const cases[] = {
        {"nothing paid",     {}, {},                                      R"("1500" "XOF" null null null )"},
        {"paid",             {.paid = price}, {},                         R"("1500" "XOF" "1500" null null )"},
        {"less",             {.paid = Money{900, XOF}}, {},               R"("1500" "XOF" "900" null null )"},
        {"how much unsaid",  {.paid = Money{0, XOF}}, {},                 R"("1500" "XOF" null null null )"},
        {"another currency", {.paid = Money{1250, EUR}}, {},              R"("1500" "XOF" "12.50 EUR" null null )"},
        {"part back",        {.paid = price, .refunded = Money{500, XOF}}, {}, R"("1500" "XOF" "1500" "500" null )"},
        {"under way",        {.paid = price}, refund_of({500, XOF}),      R"("1500" "XOF" "1500" null "500" )"},
        {"all in another",   {.paid = Money{1250, EUR}, .refunded = Money{250, EUR}}, refund_of({1000, EUR}),
                                                                          R"("1500" "XOF" "12.50 EUR" "2.50 EUR" "10.00 EUR" )"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            Payment payment;
            payment.id = PaymentId{std::string(16, 'x')};
            payment.price = price;
            payment.facts = c.facts;
            payment.refund = c.refund;
            BOOST_TEST(members(payment) == c.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
