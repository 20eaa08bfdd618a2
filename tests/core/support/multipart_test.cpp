#include "core/support/multipart.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

constexpr auto content_type = "multipart/form-data; boundary=xyz";

std::string part(std::string_view header, std::string_view content)
{
    return "--xyz\r\n" + std::string{header} + "\r\n\r\n" + std::string{content} + "\r\n";
}

std::string named(std::string_view name, std::string_view content)
{
    return part("Content-Disposition: form-data; name=\"" + std::string{name} + '"', content);
}

} // namespace

BOOST_AUTO_TEST_SUITE(multipart_test)

BOOST_AUTO_TEST_CASE(parse_multipart_reads_the_body_strictly)
{
    const std::string end = "--xyz--\r\n";
    const std::string one = named("a", "1");
    const Fields a_1{{"a", "1"}};
    // clang-format off
    struct {
        const char* name;
        std::string body;
        std::optional<Fields> fields;
    } const cases[] = {
        {"one part",         one + end,                                       a_1},
        {"two parts",        one + named("b", "2") + end,      Fields{{"a", "1"}, {"b", "2"}}},
        {"a name twice",     one + named("a", "2") + end,      Fields{{"a", "1"}, {"a", "2"}}},
        {"no parts",         end,                                             Fields{}},
        {"no last line end", one + "--xyz--",                                 a_1},
        {"empty content",    named("a", "") + end,                            Fields{{"a", ""}}},
        {"lines",            named("a", "1\r\n\r\n2\n") + end, Fields{{"a", "1\r\n\r\n2\n"}}},
        {"dashes",           named("a", "x--xyz\r\n-xyz") + end, Fields{{"a", "x--xyz\r\n-xyz"}}},
        {"plus and percent", named("a", "1+1%20") + end,                Fields{{"a", "1+1%20"}}},
        {"escaped name",     named(R"(a\"\\b)", "1") + end,             Fields{{R"(a"\b)", "1"}}},
        {"bare name",        part("Content-Disposition: form-data; name=a", "1") + end,     a_1},
        {"any case",         part("CONTENT-disposition:FORM-DATA ; NAME=\"a\"", "1") + end, a_1},
        {"a file",           part("Content-Disposition: form-data; name=\"a\"; filename=\"x.txt\""
                                  "\r\nContent-Type: text/plain", "1") + end,               a_1},
        {"harmless coding",  part("Content-Transfer-Encoding: 8bit\r\n"
                                  "Content-Disposition: form-data; name=\"a\"", "1") + end, a_1},

        {"empty",                 "",                                                       {}},
        {"no ending",             one,                                                      {}},
        {"cut in the boundary",   one + "--xy",                                             {}},
        {"cut in the ending",     one + "--xyz-",                                           {}},
        {"text before",           "x\r\n" + one + end,                                      {}},
        {"text after",            one + end + "x",                                          {}},
        {"part after the ending", one + end + one + end,                                    {}},
        {"other boundary",        "--abc\r\n\r\n1\r\n--abc--\r\n",                          {}},
        {"longer boundary",       one + "--xyzz\r\n\r\n1\r\n" + end,                        {}},
        {"space after boundary",  "--xyz \r\n\r\n1\r\n" + end,                              {}},
        {"bare line feeds",       "--xyz\nContent-Disposition: form-data; name=a\n\n1\n--xyz--\n",
                                                                                            {}},
        {"no header",             "--xyz\r\n\r\n1\r\n" + end,                               {}},
        {"no empty line",         "--xyz\r\nContent-Disposition: form-data; name=a\r\n" + end, {}},
        {"header without colon",  part("Content-Disposition form-data; name=a", "1") + end, {}},
        {"space before colon",    part("Content-Disposition : form-data; name=a", "1") + end, {}},
        {"folded header",         part("Content-Disposition: form-data;\r\n name=a", "1") + end,
                                                                                            {}},
        {"bare CR in header",     part("Content-Disposition: form-data; name=a\rx: y", "1") + end,
                                                                                            {}},
        {"no disposition",        part("Content-Type: text/plain", "1") + end,              {}},
        {"two dispositions",      part("Content-Disposition: form-data; name=a\r\n"
                                       "Content-Disposition: form-data; name=b", "1") + end, {}},
        {"other disposition",     part("Content-Disposition: attachment; name=a", "1") + end, {}},
        {"no name",               part("Content-Disposition: form-data", "1") + end,        {}},
        {"empty name",            named("", "1") + end,                                     {}},
        {"two names",             part("Content-Disposition: form-data; name=a; name=b", "1") + end,
                                                                                            {}},
        {"unfinished name",       part("Content-Disposition: form-data; name=\"a", "1") + end, {}},
        {"unfinished escape",     part("Content-Disposition: form-data; name=\"a\\", "1") + end,
                                                                                            {}},
        {"text after the name",   part("Content-Disposition: form-data; name=\"a\"b", "1") + end,
                                                                                            {}},
        {"trailing semicolon",    part("Content-Disposition: form-data; name=a;", "1") + end, {}},
        {"parameter, no value",   part("Content-Disposition: form-data; name", "1") + end,  {}},
        {"boundary in content",   named("a", "--xyz") + end,                                {}},
        {"coded content",         part("Content-Disposition: form-data; name=a\r\n"
                                       "Content-Transfer-Encoding: base64", "MQ==") + end,  {}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST((parse_multipart(content_type, c.body) == c.fields));
        }
    }
}

BOOST_AUTO_TEST_CASE(parse_multipart_reads_the_content_type_strictly)
{
    // clang-format off
    struct {
        const char* name;
        std::string content_type;
        bool accepted;
    } const cases[] = {
        {"plain",               "multipart/form-data; boundary=xyz",                true},
        {"quoted",              "multipart/form-data; boundary=\"xyz\"",            true},
        {"any case",            "Multipart/Form-Data;BOUNDARY=xyz",                 true},
        {"more parameters",     "multipart/form-data; charset=utf-8; boundary=xyz", true},
        {"empty",               "",                                                 false},
        {"no boundary",         "multipart/form-data",                              false},
        {"empty boundary",      "multipart/form-data; boundary=",                   false},
        {"empty quoted",        "multipart/form-data; boundary=\"\"",               false},
        {"other boundary",      "multipart/form-data; boundary=XYZ",                false},
        {"two boundaries",      "multipart/form-data; boundary=xyz; boundary=xyz",  false},
        {"other type",          "multipart/mixed; boundary=xyz",                    false},
        {"form",                "application/x-www-form-urlencoded; boundary=xyz",  false},
        {"comma",               "multipart/form-data, boundary=xyz",                false},
        {"space around equals", "multipart/form-data; boundary = xyz",              false},
    };
    // clang-format on

    const auto body = named("a", "1") + "--xyz--\r\n";
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(parse_multipart(c.content_type, body).has_value() == c.accepted);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_boundary_is_what_rfc_2046_allows)
{
    // clang-format off
    struct {
        const char* name;
        std::string boundary;
        bool accepted;
    } const cases[] = {
        {"every character", "AZaz09'()+_,-./:=?",  true},
        {"space inside",    "a b",                 true},
        {"longest",         std::string(70, 'b'),  true},
        {"too long",        std::string(71, 'b'),  false},
        {"space at the end", "a ",                 false},
        {"other character", "a;b",                 false},
        {"not ASCII",       "é",                   false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto type = "multipart/form-data; boundary=\"" + c.boundary + '"';
            BOOST_TEST(parse_multipart(type, "--" + c.boundary + "--").has_value() == c.accepted);
        }
    }
}

BOOST_AUTO_TEST_CASE(parse_multipart_limits_the_number_of_parts)
{
    std::string body;
    for (std::size_t i = 0; i < form_fields_max; ++i)
        body += named("a", "1");
    BOOST_TEST(parse_multipart(content_type, body + "--xyz--").has_value());
    BOOST_TEST(!parse_multipart(content_type, body + named("a", "1") + "--xyz--").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
