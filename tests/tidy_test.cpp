// The rules of the house that a compiler does not check.

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path root{TOLLGATE_SOURCE_DIR};

constexpr std::size_t line_length_max = 100;
constexpr std::size_t file_lines_max = 600;
constexpr std::size_t adapter_lines_max = 400;
constexpr std::size_t test_lines_max = 800; // tables are long and easy to read

struct SourceFile {
    std::string path; ///< relative to the root
    std::vector<std::string> lines;
};

std::vector<std::string> lines_of(const fs::path& path)
{
    std::ifstream file{path};
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

std::vector<SourceFile> sources(std::initializer_list<const char*> folders)
{
    std::vector<SourceFile> files;
    for (const auto* folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator{root / folder}) {
            const auto ending = entry.path().extension();
            if (ending != ".cpp" && ending != ".hpp" && ending != ".def") continue;
            files.push_back({fs::relative(entry.path(), root).string(), lines_of(entry.path())});
        }
    }
    return files;
}

/// Without a comment at its end; "//" inside a string, as in a URL, stays.
std::string_view code_of(std::string_view line)
{
    bool quoted = false;
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        if (line[i] == '"' && (i == 0 || line[i - 1] != '\\')) quoted = !quoted;
        if (!quoted && line[i] == '/' && line[i + 1] == '/') return line.substr(0, i);
    }
    return line;
}

bool starts_with_any(std::string_view path, const std::vector<std::string>& prefixes)
{
    return std::ranges::any_of(prefixes, [&](const auto& prefix) {
        return path.starts_with(prefix);
    });
}

std::string place(const SourceFile& file, std::size_t index)
{
    return file.path + ":" + std::to_string(index + 1) + ": ";
}

} // namespace

BOOST_AUTO_TEST_SUITE(tidy_test)

BOOST_AUTO_TEST_CASE(some_words_stand_only_where_they_belong)
{
    struct {
        std::string_view text;
        std::vector<std::string> allowed;
        const char* reason;
    } const rules[] = {
        {"<cppconn/", {"sql/"}, "MySQL has one door"},
        {"<curl/", {"core/net/"}, "HTTP has one door"},
        {"<openssl/", {"core/crypto/"}, "OpenSSL has one door"},
        {"<fcgiapp", {"fcgi/"}, "FastCGI has one door"},
        {"<nlohmann/", {"core/support/json.cpp"}, "JSON has one door"},
        {"<toml++/", {"core/config/"}, "TOML has one door"},
        {"http_client.hpp",
         {"core/net/", "core/settle/", "core/outbox/", "cli/doctor.cpp", "sandbox/"},
         "adapters do no I/O"},
        {"double ", {}, "amounts are integers, durations are std::chrono"},
        {"float ", {}, "amounts are integers, durations are std::chrono"},
        {"getenv(", {"core/config/"}, "settings are read once, at start"},
        {"system_clock::now", {"core/support/clock.cpp"}, "time is passed in"},
        {"system_clock()",
         {"core/support/", "fcgi/app.cpp", "cli/", "sandbox/"},
         "time is passed in"},
        {"SELECT *", {}, "name the columns"},
        {"GET_LOCK", {}, "a cluster has no such lock"},
        {"using namespace", {"core/settle/schedule.cpp"}, "only for literals, and in tests"},
        {"sleep_for", {"sql/connection.cpp"}, "wait for something, not for a time"},
        {"rand(", {}, "core/crypto/random.hpp"},
        {"strcmp(", {}, "signatures are compared in constant time, texts with =="},
    };
    for (const auto& file : sources({"core", "sql", "fcgi", "cli", "sandbox"})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            for (const auto& rule : rules) {
                if (starts_with_any(file.path, rule.allowed)) continue;
                const bool found = code_of(file.lines[i]).find(rule.text) != std::string_view::npos;
                BOOST_TEST(!found, place(file, i) << rule.text << ": " << rule.reason);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(includes_point_downwards_only)
{
    struct {
        const char* folder;
        std::vector<std::string> allowed;
    } const rules[] = {
        {"core/support/", {"core/support/"}},
        {"core/money/", {"core/support/", "core/money/"}},
        {"core/crypto/", {"core/support/", "core/crypto/"}},
        {"core/config/", {"core/support/", "core/crypto/", "core/config/"}},
        {"core/net/", {"core/support/", "core/net/"}},
        {"core/payments/", {"core/support/", "core/money/", "core/crypto/", "core/payments/"}},
        {"core/gateways/",
         {"core/support/",
          "core/money/",
          "core/crypto/",
          "core/config/",
          "core/net/",
          "core/payments/",
          "core/gateways/"}},
        {"core/downloads/",
         {"core/support/", "core/crypto/", "core/net/", "core/payments/", "core/downloads/"}},
        {"core/checkout/",
         {"core/support/", "core/money/", "core/crypto/", "core/payments/", "core/checkout/"}},
        {"core/settle/",
         {"core/support/",
          "core/money/",
          "core/crypto/",
          "core/config/",
          "core/net/",
          "core/payments/",
          "core/gateways/",
          "core/downloads/",
          "core/settle/"}},
        {"core/outbox/", {"core/"}},
        {"sql/", {"core/", "sql/"}},
        {"fcgi/", {"core/", "sql/", "fcgi/"}},
        {"cli/", {"core/", "sql/", "cli/", "fcgi/pages/theme.hpp"}},
        {"sandbox/", {"core/", "fcgi/", "sandbox/"}},
    };
    constexpr std::string_view include = "#include \"";
    for (const auto& file : sources({"core", "sql", "fcgi", "cli", "sandbox"})) {
        const auto rule = std::ranges::find_if(rules, [&](const auto& one) {
            return file.path.starts_with(one.folder);
        });
        BOOST_REQUIRE_MESSAGE(rule != std::end(rules), file.path << " lies in no known room");
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string_view line = file.lines[i];
            if (!line.starts_with(include)) continue;
            const auto header = line.substr(include.size());
            BOOST_TEST(starts_with_any(header, rule->allowed), place(file, i) << line);
        }
    }
}

BOOST_AUTO_TEST_CASE(files_and_lines_stay_readable)
{
    for (const auto& file : sources({"core", "sql", "fcgi", "cli", "sandbox", "tests"})) {
        const bool adapter = file.path.starts_with("core/gateways/");
        const bool test = file.path.starts_with("tests/");
        const auto lines_max = adapter ? adapter_lines_max : test ? test_lines_max : file_lines_max;
        BOOST_TEST(file.lines.size() <= lines_max, file.path << " has grown into two rooms");
        bool table = false; // named rows, one per line, are easier to read than to wrap
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const auto& line = file.lines[i];
            if (line.find("clang-format o") != std::string::npos) table = line.ends_with("off");
            const auto characters = std::ranges::count_if(line, [](unsigned char c) {
                return (c & 0xc0U) != 0x80U; // not a continuation byte of UTF-8
            });
            BOOST_TEST(
                (table || static_cast<std::size_t>(characters) <= line_length_max),
                place(file, i) << "too long"
            );
            BOOST_TEST((line.empty() || line.back() != ' '), place(file, i) << "space at the end");
            BOOST_TEST(
                (line.find("TO"
                           "DO") == std::string::npos),
                place(file, i) << "open an issue"
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(headers_begin_with_what_they_are_for)
{
    for (const auto& file : sources({"core", "sql", "fcgi", "cli"})) {
        if (!file.path.ends_with(".hpp")) continue;
        BOOST_REQUIRE(!file.lines.empty());
        BOOST_TEST(file.lines.front().starts_with("// "), file.path);
        const bool once = std::ranges::find(file.lines, "#pragma once") != file.lines.end();
        BOOST_TEST(once, file.path);
    }
}

BOOST_AUTO_TEST_CASE(every_suite_is_named_after_its_file)
{
    for (const auto& file : sources({"tests"})) {
        if (!file.path.ends_with("_test.cpp")) continue;
        const auto name = fs::path{file.path}.stem().string();
        const std::vector<std::string> suite{
            "BOOST_AUTO_TEST_SUITE(" + name + ")", "BOOST_AUTO_TEST_SUITE(" + name + ", "};
        const bool named = std::ranges::any_of(file.lines, [&](const auto& line) {
            return starts_with_any(line, suite);
        });
        BOOST_TEST(named, file.path);
    }
}

BOOST_AUTO_TEST_CASE(every_index_names_the_query_that_needs_it)
{
    for (const auto& entry : fs::directory_iterator{root / "sql/migrations"}) {
        for (const auto& line : lines_of(entry.path())) {
            const bool index = line.starts_with("    KEY ") || line.starts_with("    UNIQUE KEY ");
            BOOST_TEST((!index || line.find("COMMENT '") != std::string::npos), line);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
