#include "core/downloads/file_path.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(file_path_test)

BOOST_AUTO_TEST_CASE(a_path_stays_below_its_folder)
{
    // clang-format off
    struct {
        const char* name;
        std::string path;
        bool valid;
    } const cases[] = {
        {"file",               "a.pdf",                 true},
        {"folders",            "books/2026/a.pdf",      true},
        {"spaces and accents", "Livres/Été à Paris.pdf", true},
        {"dots in a name",     "a..b/...pdf",           true},
        {"hidden file",        ".a",                    true},
        {"longest",            std::string(255, 'a'),   true},
        {"empty",              "",                      false},
        {"too long",           std::string(256, 'a'),   false},
        {"absolute",           "/etc/passwd",           false},
        {"parent",             "..",                    false},
        {"parent first",       "../a.pdf",              false},
        {"parent inside",      "a/../../b",             false},
        {"parent last",        "a/..",                  false},
        {"current",            "./a",                   false},
        {"current inside",     "a/./b",                 false},
        {"double slash",       "a//b",                  false},
        {"slash last",         "a/",                    false},
        {"slash",              "/",                     false},
        {"backslash",          "a\\..\\b",              false},
        {"NUL",                std::string{"a\0.pdf", 6}, false},
        {"line end",           "a\r\nx: y",             false},
        {"delete",             "a\x7f",                 false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(is_file_path(c.path) == c.valid);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_the_web_says_of_a_file)
{
    // clang-format off
    struct {
        const char* path;
        const char* name;
        const char* type;
        const char* disposition;
    } const cases[] = {
        {"a.pdf",            "a.pdf",     "application/pdf",
         "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"},
        {"books/b.EPUB",     "b.EPUB",    "application/epub+zip",
         "attachment; filename=\"b.EPUB\"; filename*=UTF-8''b.EPUB"},
        {"books.pdf/c",      "c",         "application/octet-stream",
         "attachment; filename=\"c\"; filename*=UTF-8''c"},
        {"d.exe",            "d.exe",     "application/octet-stream",
         "attachment; filename=\"d.exe\"; filename*=UTF-8''d.exe"},
        {"a.pdf.html",       "a.pdf.html", "application/octet-stream",
         "attachment; filename=\"a.pdf.html\"; filename*=UTF-8''a.pdf.html"},
        {"Été 1.mp3",        "Été 1.mp3", "audio/mpeg",
         "attachment; filename=\"__t__ 1.mp3\"; filename*=UTF-8''%C3%89t%C3%A9%201.mp3"},
        {"a\"; x=\"b.txt",   "a\"; x=\"b.txt", "text/plain; charset=utf-8",
         "attachment; filename=\"a_; x=_b.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22b.txt"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.path)
        {
            BOOST_TEST(file_name(c.path) == c.name);
            BOOST_TEST(media_type(c.path) == c.type);
            BOOST_TEST(content_disposition(c.path) == c.disposition);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
