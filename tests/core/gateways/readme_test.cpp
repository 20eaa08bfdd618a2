// README.md and docs/gateways/ say what the gateways' own data says.
#include "core/gateways/overview.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <vector>

using namespace tollgate;

namespace {

constexpr std::string_view heading =
    "| gateway | way to pay | notifications | re-check | refund | currencies | page |";

std::string contents(const std::string& path)
{
    std::ifstream file{TOLLGATE_SOURCE_DIR "/" + path};
    BOOST_REQUIRE_MESSAGE(file.good(), path << " can be read");
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The rows of the table of gateways in README.md.
std::vector<std::string> rows_of_readme()
{
    std::ifstream file{TOLLGATE_SOURCE_DIR "/README.md"};
    std::vector<std::string> rows;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line == heading) inside = true;
        if (!line.starts_with('|')) inside = false;
        if (inside) rows.push_back(line);
    }
    BOOST_REQUIRE_MESSAGE(rows.size() >= 2, "README.md has the heading " << heading);
    rows.erase(rows.begin(), rows.begin() + 2); // the heading and its underline
    return rows;
}

std::string row_of(const GatewayKind& kind)
{
    const std::string name{kind.spec.name};
    const auto words = overview(kind.capabilities);
    std::string row = "| `" + name + "` |";
    for (const auto& cell :
         {words.flow, words.notifications, words.check, words.refund, words.currencies})
        row += " " + cell + " |";
    return row + " [" + std::string{kind.title} + "](docs/gateways/" + name + ".md) |";
}

} // namespace

BOOST_AUTO_TEST_SUITE(readme_test)

BOOST_AUTO_TEST_CASE(what_a_gateway_can_do_in_words)
{
    constexpr std::array francs{Currency::XOF, Currency::XAF};
    // clang-format off
    struct {
        Capabilities can;
        const char* words;
    } const cases[] = {
        {{.flow = Flow::hosted_page, .currencies = francs, .notifications = Proof::signed_message, .refunds = Refunds::partial},
         "hosted page, signed, yes, partial, XOF XAF"},
        {{.flow = Flow::phone_prompt, .currencies = {}, .notifications = Proof::shared_secret, .refunds = Refunds::full},
         "phone prompt, shared secret, yes, full, every"},
        {{.flow = Flow::phone_prompt, .currencies = {}, .notifications = Proof::none},
         "phone prompt, unsigned, yes, none, every"},
        {{.flow = Flow::on_delivery, .currencies = {}, .notifies = false, .can_check = false},
         "on delivery, none, no, none, every"},
    };
    // clang-format on
    for (const auto& c : cases) {
        const auto [flow, notifications, check, refund, currencies] = overview(c.can);
        BOOST_TEST(
            flow + ", " + notifications + ", " + check + ", " + refund + ", " + currencies ==
            c.words
        );
    }
}

BOOST_AUTO_TEST_CASE(the_readme_has_a_row_for_every_gateway_and_no_other)
{
    auto rows = rows_of_readme();
    for (const auto* kind : gateway_kinds()) {
        const auto row = row_of(*kind);
        BOOST_TEST(std::erase(rows, row) == 1U, "README.md needs the row " << row);
    }
    for (const auto& row : rows)
        BOOST_TEST(false, "README.md has a row too many: " << row);
}

BOOST_AUTO_TEST_CASE(the_page_of_a_gateway_names_its_settings_and_their_variables)
{
    for (const auto* kind : gateway_kinds()) {
        const std::string name{kind->spec.name};
        const auto page = contents("docs/gateways/" + name + ".md");
        BOOST_TEST(page.starts_with("# " + std::string{kind->title}), name);
        for (const auto& setting : kind->spec.settings) {
            const auto variable = upper(name + "_" + std::string{setting.name});
            const auto row = "| `" + std::string{setting.name} + "` | `" + variable + "` |";
            BOOST_TEST(
                page.find(row) != std::string::npos,
                "docs/gateways/" << name << ".md needs a row that begins with " << row
            );
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
