#include "core/downloads/exposure.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(exposure_test)

BOOST_AUTO_TEST_CASE(a_file_may_be_wherever_its_folder_is)
{
    const WebPlaces places{
        .urls = {"https://pay.example", "https://shop.example:8443/boutique/?x"},
        .directory = "/home/awa/public html/files/",
        .prefix = "/protected/"};
    const std::vector<std::string> expected{
        "https://pay.example/protected/a%20b/c.pdf",
        "https://pay.example/a%20b/c.pdf",
        "https://pay.example/files/a%20b/c.pdf",
        "https://pay.example/public%20html/files/a%20b/c.pdf",
        "https://pay.example/awa/public%20html/files/a%20b/c.pdf",
        "https://pay.example/home/awa/public%20html/files/a%20b/c.pdf",
        "https://shop.example:8443/protected/a%20b/c.pdf",
        "https://shop.example:8443/a%20b/c.pdf",
        "https://shop.example:8443/files/a%20b/c.pdf",
        "https://shop.example:8443/public%20html/files/a%20b/c.pdf",
        "https://shop.example:8443/awa/public%20html/files/a%20b/c.pdf",
        "https://shop.example:8443/home/awa/public%20html/files/a%20b/c.pdf",
    };
    BOOST_TEST(raw_addresses(places, "a b/c.pdf") == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_address_is_asked_once)
{
    const WebPlaces places{
        .urls = {"https://shop.example", "https://shop.example/"},
        .directory = "/files",
        .prefix = "/files/"};
    BOOST_TEST(raw_addresses(places, "a.pdf").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_file_is_known_by_its_bytes)
{
    const SampleFile sample{.path = "a.pdf", .bytes = 10, .beginning = "0123456789"};
    const auto shows = [&](int status, std::string body) {
        return shows_sample({.status = status, .headers = {}, .body = std::move(body)}, sample);
    };
    BOOST_TEST(shows(200, "0123456789"));
    BOOST_TEST(shows(206, "0123456789"));
    BOOST_TEST(!shows(200, "0123456789, and more"));
    BOOST_TEST(!shows(206, "012345678"));
    BOOST_TEST(!shows(200, ""));
    BOOST_TEST(!shows(404, "0123456789"));
    const SampleFile longer{.path = "a.mp4", .bytes = 5000, .beginning = std::string(4096, 'x')};
    BOOST_TEST(shows_sample({200, {}, std::string(5000, 'x')}, longer));
    BOOST_TEST(shows_sample({206, {}, std::string(4096, 'x')}, longer));
    BOOST_TEST(!shows_sample({200, {}, std::string(4096, 'x')}, longer));
}

BOOST_AUTO_TEST_CASE(no_folder_has_no_sample)
{
    BOOST_TEST(!sample_file("").has_value());
    BOOST_TEST(!sample_file("/nowhere").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
