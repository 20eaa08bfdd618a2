#include "core/support/log.hpp"
#include "core/support/secret.hpp"
#include "core/support/text.hpp"

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <type_traits>

using namespace tollgate;
using namespace std::string_view_literals;

static_assert(!std::is_constructible_v<LogField, std::string_view, const Secret&>);
static_assert(!std::is_constructible_v<LogField, std::string_view, Secret>);

namespace {

/// What `act` writes to standard error; it must fit into a pipe.
template <class Act>
std::string standard_error_of(Act act)
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    const int standard_error = ::dup(STDERR_FILENO);
    BOOST_REQUIRE(::dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    ::close(ends[1]);
    act();
    BOOST_REQUIRE(::dup2(standard_error, STDERR_FILENO) == STDERR_FILENO);
    ::close(standard_error);

    std::string text;
    std::array<char, 512> buffer{};
    for (ssize_t size = 0; (size = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_test)

BOOST_AUTO_TEST_CASE(log_line_quotes_what_is_not_plain)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view value;
        const char* written;
    } const cases[] = {
        {"word",            "paid"sv,                "paid"},
        {"every bare kind", "AZaz09_./:@+-"sv,       "AZaz09_./:@+-"},
        {"empty",           ""sv,                    R"("")"},
        {"space",           "a b"sv,                 R"("a b")"},
        {"equals sign",     "a=b"sv,                 R"("a=b")"},
        {"quote",           "a\"b"sv,                R"("a\"b")"},
        {"backslash",       "a\\b"sv,                R"("a\\b")"},
        {"forged line",     "x\nlevel=error"sv,      R"("x\nlevel=error")"},
        {"carriage return", "x\ry\tz"sv,             R"("x\ry\tz")"},
        {"NUL",             "a\0b"sv,                R"("a\x00b")"},
        {"terminal colour", "\x1b[31m"sv,            R"("\x1b[31m")"},
        {"DEL",             "\x7f"sv,                R"("\x7f")"},
        {"C1 control",      "\xC2\x9B"sv,            R"("\xc2\x9b")"},
        {"UTF-8",           "é"sv,                   R"("\xc3\xa9")"},
        {"no UTF-8",        "\xFF"sv,                R"("\xff")"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto line = log_line("order.seen", {{"order", c.value}});
            BOOST_TEST(line == "event=order.seen order=" + std::string{c.written});
        }
    }
}

BOOST_AUTO_TEST_CASE(log_line_writes_fields_in_order)
{
    const auto line = log_line(
        "a.b",
        {{"text", "x"}, {"int", -1}, {"size", std::size_t{2}}, {"big", std::int64_t{1} << 40}}
    );
    BOOST_TEST(line == "event=a.b text=x int=-1 size=2 big=1099511627776");
    BOOST_TEST(log_line("a.b", {}) == "event=a.b");
}

BOOST_AUTO_TEST_CASE(log_line_cuts_long_values)
{
    const std::string longest(log_value_bytes_max, 'x');
    BOOST_TEST(log_line("e", {{"v", longest}}) == "event=e v=" + longest);
    BOOST_TEST(log_line("e", {{"v", longest + "y"}}) == "event=e v=" + longest);
}

BOOST_AUTO_TEST_CASE(log_writes_one_line_with_time_and_level)
{
    const auto text = standard_error_of([] { log_warning("disk.slow", {{"what", "a\nb"}}); });
    std::string shape = text;
    std::ranges::replace_if(shape, is_digit, '0');
    BOOST_TEST(
        shape == "time=0000-00-00T00:00:00.000000Z level=warning event=disk.slow what=\"a\\nb\"\n"
    );
}

BOOST_AUTO_TEST_CASE(log_drops_what_is_below_the_level)
{
    const auto everything = [] {
        log_debug("d", {});
        log_info("i", {});
        log_warning("w", {});
        log_error("e", {});
    };
    const auto lines_at = [&](LogLevel level) {
        set_log_level(level);
        const auto text = standard_error_of(everything);
        set_log_level(LogLevel::info);
        return std::ranges::count(text, '\n');
    };
    BOOST_TEST(std::ranges::count(standard_error_of(everything), '\n') == 3);
    BOOST_TEST(lines_at(LogLevel::debug) == 4);
    BOOST_TEST(lines_at(LogLevel::warning) == 2);
    BOOST_TEST(lines_at(LogLevel::error) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
