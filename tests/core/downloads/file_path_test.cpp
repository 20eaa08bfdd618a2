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
        const char* type;
        const char* disposition;
    } const cases[] = {
        {"a.pdf",          "application/pdf",          "filename=\"a.pdf\"; filename*=UTF-8''a.pdf"},
        {"books/b.EPUB",   "application/epub+zip",     "filename=\"b.EPUB\"; filename*=UTF-8''b.EPUB"},
        {"books.pdf/c",    "application/octet-stream", "filename=\"c\"; filename*=UTF-8''c"},
        {"d.exe",          "application/octet-stream", "filename=\"d.exe\"; filename*=UTF-8''d.exe"},
        {"a.pdf.html",     "application/octet-stream", "filename=\"a.pdf.html\"; filename*=UTF-8''a.pdf.html"},
        {"Été 1.mp3",      "audio/mpeg",               "filename=\"_t_ 1.mp3\"; filename*=UTF-8''%C3%89t%C3%A9%201.mp3"},
        {"100%41.zip",     "application/zip",          "filename=\"100_41.zip\"; filename*=UTF-8''100%2541.zip"},
        {"a\"; x=\"b.txt", "text/plain; charset=utf-8", "filename=\"a_; x=_b.txt\"; filename*=UTF-8''a_%3B%20x%3D_b.txt"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.path)
        {
            BOOST_TEST(media_type(c.path) == c.type);
            BOOST_TEST(content_disposition(c.path) == std::string{"attachment; "} + c.disposition);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_name_deceives_nobody_and_fits_everywhere)
{
    // clang-format off
    struct {
        const char* name;
        std::string path;
        const char* shown;
    } const cases[] = {
        {"plain",               "books/a.pdf",                   "a.pdf"},
        {"Arabic",              "كتاب.pdf",                      "كتاب.pdf"},
        {"Chinese",             "书/文件.zip",                   "文件.zip"},
        {"emoji",               "😀.zip",                        "😀.zip"},
        {"Persian, with joiner", "می\u200Cخواهم.pdf",            "می\u200Cخواهم.pdf"},
        {"turned around",       "invoice\u202Efdp.exe",          "invoicefdp.exe"},
        {"isolated",            "\u2066a\u2069.pdf",             "a.pdf"},
        {"no width",            "a\u200B\uFEFF.pdf",             "a.pdf"},
        {"control, C1",         "a\u0085b.pdf",                  "a_b.pdf"},
        {"line separator",      "a\u2028b.pdf",                  "ab.pdf"},
        {"not UTF-8",           "a\xFF\xC3.pdf",                 "a__.pdf"},
        {"cut short",           "a\xE2\x80",                     "a__"},
        {"overlong slash",      "a\xC0\xAF" "b",                 "a__b"},
        {"for no system",       "a<b>:\"|?*.pdf",                "a_b______.pdf"},
        {"dots and blanks last", "a.pdf. .",                     "a.pdf"},
        {"dots alone",          "...",                           "_"},
        {"hidden",              ".profile",                      "_.profile"},
        {"device",              "con.pdf",                       "_con.pdf"},
        {"device, alone",       "LPT1",                          "_LPT1"},
        {"no device",           "console.pdf",                   "console.pdf"},
        {"no device either",    "COM10.pdf",                     "COM10.pdf"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(download_name(c.path) == c.shown);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
