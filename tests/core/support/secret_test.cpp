#include "core/support/secret.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <ostream>
#include <type_traits>
#include <utility>

using namespace tollgate;

template <class T>
concept Streamable = requires(std::ostream& out, const T& value)
{
    out << value;
};

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!Streamable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);

BOOST_AUTO_TEST_SUITE(secret_test)

BOOST_AUTO_TEST_CASE(expose_is_the_text)
{
    BOOST_TEST(Secret{"s3cret"}.expose() == "s3cret");
    BOOST_TEST(!Secret{"s3cret"}.empty());
    BOOST_TEST(Secret{}.empty());
    BOOST_TEST(Secret{""}.empty());
}

BOOST_AUTO_TEST_CASE(moving_leaves_nothing_behind)
{
    // A short text lives inside the object, a long one on the heap.
    for (const std::size_t size : {std::size_t{5}, std::size_t{500}}) {
        BOOST_TEST_CONTEXT(size)
        {
            const std::string text(size, 's');
            Secret source{text};
            Secret constructed{std::move(source)};
            BOOST_TEST(source.empty()); // NOLINT(bugprone-use-after-move)
            BOOST_TEST(constructed.expose() == text);

            Secret assigned{"another"};
            assigned = std::move(constructed);
            BOOST_TEST(constructed.empty()); // NOLINT(bugprone-use-after-move)
            BOOST_TEST(assigned.expose() == text);
        }
    }
}

BOOST_AUTO_TEST_CASE(moving_to_itself_keeps_the_text)
{
    Secret secret{"s3cret"};
    Secret& same = secret;
    secret = std::move(same);
    BOOST_TEST(secret.expose() == "s3cret");
}

BOOST_AUTO_TEST_CASE(a_clone_is_a_text_of_its_own)
{
    Secret original{"s3cret"};
    const Secret copy = original.clone();
    original = Secret{"other"};
    BOOST_TEST(copy.expose() == "s3cret");
    BOOST_TEST(original.expose() == "other");
}

BOOST_AUTO_TEST_SUITE_END()
