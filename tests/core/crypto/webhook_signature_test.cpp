#include "core/crypto/encoding.hpp"
#include "core/crypto/webhook_signature.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

// The vector that the libraries of Standard Webhooks share (libraries/*/…test…, "sign").
constexpr auto published_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view published_payload = R"({"test": 2432232314})";
constexpr Instant published_time{std::chrono::seconds{1614265330}};
constexpr auto published_signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const WebhookMessage published{"msg_p5jXN8AQM9LWM0D4loKWxJek", published_time, published_payload};

std::string secret_of(std::size_t bytes)
{
    return "whsec_" + to_base64(std::string(bytes, 'k'));
}

} // namespace

BOOST_AUTO_TEST_SUITE(webhook_signature_test)

BOOST_AUTO_TEST_CASE(the_published_vector)
{
    const auto key = webhook_key(published_secret);
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST(webhook_timestamp(published.sent_at) == "1614265330");
    BOOST_TEST(webhook_signature(*key, published) == published_signature);
}

BOOST_AUTO_TEST_CASE(every_part_is_signed)
{
    const auto key = *webhook_key(published_secret);
    auto other = published;
    other.id = "msg_p5jXN8AQM9LWM0D4loKWxJeK";
    BOOST_TEST(webhook_signature(key, other) != published_signature);
    other = published;
    other.sent_at += std::chrono::seconds{1};
    BOOST_TEST(webhook_signature(key, other) != published_signature);
    other = published;
    other.payload = R"({"test":2432232314})";
    BOOST_TEST(webhook_signature(key, other) != published_signature);
    BOOST_TEST(webhook_signature(*webhook_key(secret_of(24)), published) != published_signature);
}

BOOST_AUTO_TEST_CASE(a_fraction_of_a_second_is_cut)
{
    const auto key = *webhook_key(published_secret);
    auto later = published;
    later.sent_at += std::chrono::microseconds{999'999};
    BOOST_TEST(webhook_signature(key, later) == published_signature);
}

BOOST_AUTO_TEST_CASE(a_secret_is_what_the_specification_says)
{
    // clang-format off
    struct {
        const char* name;
        std::string secret;
        bool good;
    } const cases[] = {
        {"published",       published_secret,                             true},
        {"shortest",        secret_of(24),                                true},
        {"padded",          secret_of(32),                                true},
        {"longest",         secret_of(64),                                true},
        {"too short",       secret_of(23),                                false},
        {"too long",        secret_of(65),                                false},
        {"no prefix",       "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",           false},
        {"another prefix",  "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",      false},
        {"not base64",      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",     false},
        {"white space",     std::string{published_secret} + "\n",         false},
        {"prefix alone",    "whsec_",                                     false},
        {"nothing",         "",                                           false},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(webhook_key(c.secret).has_value() == c.good);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
