#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(hmac_test)

// RFC 4231, section 4; test case 5 is about cutting the result and is left out.
BOOST_AUTO_TEST_CASE(codes_are_those_of_rfc_4231)
{
    std::string counting;
    for (int byte = 1; byte <= 25; ++byte)
        counting += static_cast<char>(byte);
    // clang-format off
    struct {
        const char* name;
        std::string key;
        std::string message;
        const char* sha256;
        const char* sha512;
    } const cases[] = {
        {"test case 1", std::string(20, '\x0b'), "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
        {"test case 2", "Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
        {"test case 3", std::string(20, '\xaa'), std::string(50, '\xdd'),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
         "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
        {"test case 4", counting, std::string(50, '\xcd'),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
         "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
         "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
        {"test case 6", std::string(131, '\xaa'),
         "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
        {"test case 7", std::string(131, '\xaa'),
         "This is a test using a larger than block-size key and a larger than block-size data. "
         "The key needs to be hashed before being used by the HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
         "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
         "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(to_hex(hmac_sha256(c.key, c.message)) == c.sha256);
            BOOST_TEST(to_hex(hmac_sha512(c.key, c.message)) == c.sha512);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_message_leaves_no_trace_in_the_next)
{
    const auto first = hmac_sha256("key", "message");
    BOOST_TEST((hmac_sha256("another key", "message") != first));
    BOOST_TEST((hmac_sha256("key", "another message") != first));
    BOOST_TEST((hmac_sha256("key", "") != first));
    BOOST_TEST((hmac_sha256("key", "message") == first));
}

BOOST_AUTO_TEST_CASE(threads_do_not_disturb_each_other)
{
    constexpr std::size_t thread_count = 4;
    std::vector<int> differences(thread_count, 0);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < thread_count; ++i) {
        threads.emplace_back([i, &differences] {
            const std::string key(i + 1, 'k');
            const auto first = hmac_sha256(key, "message");
            for (int round = 0; round < 500; ++round) {
                if (hmac_sha256(key, "message") != first) ++differences[i];
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    for (const int count : differences)
        BOOST_TEST(count == 0);
}

BOOST_AUTO_TEST_SUITE_END()
