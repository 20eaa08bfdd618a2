#include "fcgi/payment_json.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

constexpr Money price{1500, Currency::XOF};

std::string members(const Payment& payment)
{
    const auto json = payment_json(payment, "https://pay.example/return/x?t=1");
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
