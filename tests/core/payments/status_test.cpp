#include "core/payments/status.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>
#include <string>

using namespace tollgate;

namespace {

using enum Currency;
using enum Status;

constexpr Money price{1500, XOF};

constexpr std::array every_status{
    pending,
    processing,
    expired,
    cancelled,
    failed,
    review,
    paid,
    disputed,
    partially_refunded,
    refunded,
};

} // namespace

BOOST_AUTO_TEST_SUITE(status_test)

BOOST_AUTO_TEST_CASE(status_follows_from_the_facts)
{
    constexpr auto none = Attention::none;
    constexpr auto underpaid = Attention::underpaid;
    constexpr auto overpaid = Attention::overpaid;
    constexpr auto other_currency = Attention::other_currency;
    constexpr auto contradiction = Attention::contradiction;
    constexpr Money less{1495, XOF};
    constexpr Money more{1505, XOF};
    constexpr Money unsaid{0, XOF};
    constexpr Money foreign{1500, XAF};
    constexpr Money part{500, XOF};
    // clang-format off
    struct {
        const char* name;
        Facts facts;
        Status status;
        Attention attention;
    } const cases[] = {
        {"nothing said",            {},                                              pending,    none},
        {"processing",              {.processing = true},                            processing, none},
        {"expired",                 {.processing = true, .failure = Failure::expired},   expired,   none},
        {"cancelled",               {.processing = true, .failure = Failure::cancelled}, cancelled, none},
        {"failed",                  {.processing = true, .failure = Failure::failed},    failed,    none},
        {"paid in full",            {.paid = price},                                 paid,       none},
        {"paid and processing",     {.processing = true, .paid = price},             paid,       none},
        {"paid and failed",         {.failure = Failure::failed, .paid = price},     paid,       none},
        {"paid too much",           {.paid = more},                                  paid,       overpaid},
        {"paid too little",         {.paid = less},                                  review,     underpaid},
        {"paid, amount unsaid",     {.paid = unsaid},                                review,     underpaid},
        {"too little and failed",   {.failure = Failure::failed, .paid = less},      review,     underpaid},
        {"other currency",          {.paid = foreign},                               review,     other_currency},
        {"conflict",                {.paid = price, .conflict = true},               review,     contradiction},
        {"conflict and failed",     {.failure = Failure::failed, .conflict = true},  review,     contradiction},
        {"disputed",                {.paid = price, .disputed = true},               disputed,   Attention::disputed},
        {"disputed, too little",    {.paid = less, .disputed = true},                disputed,   Attention::disputed},
        {"disputed, never paid",    {.disputed = true},                              disputed,   Attention::disputed},
        {"part given back",         {.paid = price, .refunded = part},      partially_refunded,  none},
        {"part, disputed",          {.paid = price, .refunded = part, .disputed = true},
                                                                            disputed,            Attention::disputed},
        {"the excess given back",   {.paid = more, .refunded = Money{5, XOF}},
                                                                            partially_refunded,  overpaid},
        {"nothing given back",      {.paid = price, .refunded = unsaid},             paid,       none},
        {"all given back",          {.paid = price, .refunded = price},              refunded,   none},
        {"all, disputed",           {.paid = price, .refunded = price, .disputed = true}, refunded, none},
        {"all, amount paid unsaid", {.paid = unsaid, .refunded = price},             refunded,   underpaid},
        {"the price of too much",   {.paid = more, .refunded = price},               refunded,   overpaid},
        {"all of too little",       {.paid = less, .refunded = less},                refunded,   underpaid},
        {"all of a foreign amount", {.paid = foreign, .refunded = foreign},          refunded,   other_currency},
        // Nothing of these may ever be delivered.
        {"part of too little",      {.paid = less, .refunded = part},                review,     underpaid},
        {"part of an unsaid",       {.paid = unsaid, .refunded = part},              review,     underpaid},
        {"part of nothing",         {.refunded = part},                              review,     contradiction},
        {"part in conflict",        {.paid = price, .refunded = part, .conflict = true}, review, contradiction},
        {"refund of other money",   {.paid = price, .refunded = Money{9000, XAF}},   review,     other_currency},
        {"little of other money",   {.paid = price, .refunded = Money{1, XAF}},      review,     other_currency},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(code(status(c.facts, price)) == code(c.status));
            BOOST_TEST(code(attention(c.facts, price)) == code(c.attention));
        }
    }
}

// Whatever was said: what nobody but a person can end is on his list.
BOOST_AUTO_TEST_CASE(reviews_and_disputes_always_want_attention)
{
    const std::array<std::optional<Money>, 6> amounts{
        std::nullopt,
        Money{0, XOF},
        Money{500, XOF},
        price,
        Money{1505, XOF},
        Money{1500, XAF},
    };
    std::size_t seen = 0;
    for (const auto& paid_money : amounts) {
        for (const auto& refunded_money : amounts) {
            for (int flags = 0; flags < 8; ++flags) {
                const Facts facts{
                    .processing = (flags & 4) != 0,
                    .paid = paid_money,
                    .refunded = refunded_money,
                    .disputed = (flags & 1) != 0,
                    .conflict = (flags & 2) != 0};
                const auto state = status(facts, price);
                if (state != review && state != disputed) continue;
                ++seen;
                BOOST_TEST((attention(facts, price) != Attention::none));
            }
        }
    }
    BOOST_TEST(seen > 100U);
}

BOOST_AUTO_TEST_CASE(codes_go_there_and_back)
{
    std::set<std::string_view> words;
    for (const auto one : every_attention) {
        BOOST_TEST((parse_attention(code(one)) == one));
        words.insert(code(one));
    }
    BOOST_TEST(words.size() == every_attention.size());
    BOOST_TEST(code(Attention::none).empty());
    BOOST_TEST(!parse_attention("UNDERPAID"));
    std::set<std::string_view> codes;
    for (const auto one : every_status) {
        BOOST_TEST((parse_status(code(one)) == one));
        codes.insert(code(one));
    }
    BOOST_TEST(codes.size() == every_status.size());
    for (const auto one : {Failure::none, Failure::expired, Failure::cancelled, Failure::failed}) {
        BOOST_TEST((parse_failure(code(one)) == one));
    }
    for (const auto* text : {"", "PAID", "paid ", "success", "none"})
        BOOST_TEST(!parse_status(text));
    for (const auto* text : {"", "FAILED", "paid"})
        BOOST_TEST(!parse_failure(text));
}

BOOST_AUTO_TEST_CASE(codes_stand_in_databases_and_never_change)
{
    // clang-format off
    struct {
        Status status;
        const char* code;
        bool open;
        bool unpaid_end;
        bool delivered;
    } const cases[] = {
        // status            code                  open   unpaid_end delivered
        {pending,            "pending",            true,  false,     false},
        {processing,         "processing",         true,  false,     false},
        {expired,            "expired",            false, true,      false},
        {cancelled,          "cancelled",          false, true,      false},
        {failed,             "failed",             false, true,      false},
        {review,             "review",             false, false,     false},
        {paid,               "paid",               false, false,     true},
        {disputed,           "disputed",           false, false,     false},
        {partially_refunded, "partially_refunded", false, false,     true},
        {refunded,           "refunded",           false, false,     false},
    };
    // clang-format on

    BOOST_TEST(std::size(cases) == every_status.size());
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.code)
        {
            BOOST_TEST(code(c.status) == c.code);
            BOOST_TEST(is_open(c.status) == c.open);
            BOOST_TEST(is_unpaid_end(c.status) == c.unpaid_end);
            BOOST_TEST(is_delivered(c.status) == c.delivered);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
