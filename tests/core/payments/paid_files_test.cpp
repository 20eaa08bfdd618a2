#include "core/payments/paid_files.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

std::optional<std::vector<PaidFile>> read(std::string_view text)
{
    const auto json = parse_json(text);
    BOOST_REQUIRE(json.has_value());
    return paid_files(*json);
}

} // namespace

BOOST_AUTO_TEST_SUITE(paid_files_test)

BOOST_AUTO_TEST_CASE(a_list_is_read_and_written_alike)
{
    const std::vector<PaidFile> files{
        {"a.pdf"},
        {"é \"2\".zip", 1},
        {"c.mp4", {}, std::chrono::seconds{86'400}},
        {"d.mp3", 1000, std::chrono::seconds{60}},
    };
    const auto text = to_text(paid_files_json(files));
    BOOST_TEST(
        text ==
        R"(["a.pdf",{"path":"é \"2\".zip","uses_max":1},{"path":"c.mp4","expires_after_s":86400},)"
        R"({"path":"d.mp3","uses_max":1000,"expires_after_s":60}])"
    );
    BOOST_TEST((read(text) == files));
    BOOST_TEST((read("[]") == std::vector<PaidFile>{}));
    BOOST_TEST(
        (read(R"([{"path":"a"},"a",{"path":"a","uses_max":2}])") == std::vector{PaidFile{"a"}})
    );
}

BOOST_AUTO_TEST_CASE(what_has_another_shape_is_nothing)
{
    for (const auto* text :
         {"{}",
          R"("a.pdf")",
          "[1]",
          "[null]",
          R"([["a.pdf"]])",
          "[{}]",
          R"([{"path":""}])",
          R"([{"path":1}])",
          R"([{"uses_max":1}])",
          R"([{"path":"a","uses":1}])",
          R"([{"path":"a","uses_max":0}])",
          R"([{"path":"a","uses_max":1001}])",
          R"([{"path":"a","uses_max":-1}])",
          R"([{"path":"a","uses_max":1.5}])",
          R"([{"path":"a","uses_max":"1"}])",
          R"([{"path":"a","uses_max":99999999999999999999}])",
          R"([{"path":"a","expires_after_s":59}])",
          R"([{"path":"a","expires_after_s":315360001}])",
          R"([{"path":"a","expires_after_s":null}])",
          R"(["1","2","3","4","5","6","7","8","9","10","11"])"}) {
        BOOST_TEST(!read(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
