#include "cli/commands.hpp"
#include "core/downloads/exposure.hpp"
#include "core/net/http_client.hpp"
#include "core/support/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tollgate {
namespace {

constexpr std::size_t reply_bytes_min = std::size_t{256} * 1024;
constexpr std::size_t reply_bytes_max = std::size_t{64} * 1024 * 1024;

struct Finding {
    std::string name; ///< for programs; never changes its meaning
    std::string what;
    std::string why;
    std::string mend;
};

struct Fetched {
    std::string url;
    HttpClient::Result result;
};

std::vector<Fetched> fetch_all(const std::vector<std::string>& urls, const SampleFile& sample)
{
    const auto bytes_max =
        std::clamp(static_cast<std::size_t>(sample.bytes), reply_bytes_min, reply_bytes_max);
    HttpClient client{{.total_timeout = std::chrono::seconds{10}, .reply_bytes_max = bytes_max}};
    std::vector<Fetched> all;
    for (const auto& url : urls) {
        client.start(sample_request(url), [&all, url](HttpClient::Result result) {
            all.push_back({url, std::move(result)});
        });
    }
    while (client.in_flight() > 0)
        client.turn(std::chrono::seconds{1});
    return all;
}

/// The folder's files are worth what they are sold for only while nobody gets them otherwise.
void look_at_raw_files(const Config& config, std::vector<Finding>& findings)
{
    const auto& downloads = config.downloads;
    const auto sample = sample_file(downloads.directory);
    if (!sample) return;
    std::vector<std::string> urls{config.server.public_url};
    if (!config.shop.url.empty()) urls.push_back(config.shop.url);
    const WebPlaces places{urls, downloads.directory, downloads.x_accel_prefix};
    bool answered = false;
    for (const auto& [url, result] : fetch_all(raw_addresses(places, sample->path), *sample)) {
        answered = answered || result.has_value();
        if (!result || !shows_sample(*result, *sample)) continue;
        findings.push_back(
            {.name = "raw_file_public",
             .what = url + " gives the bought file " + sample->path + " to everybody",
             .why = "who knows or guesses the name of a file downloads it without paying",
             .mend = "move downloads.directory out of what the web server serves, or forbid the "
                     "address there (nginx: `internal`; Apache: `Require all denied`); "
                     "docs/downloads.md shows how"}
        );
    }
    if (answered) return;
    findings.push_back(
        {.name = "raw_file_unchecked",
         .what =
             "whether bought files are public could not be seen: no answer from " + urls.front(),
         .why = "a file that everybody can fetch is not sold",
         .mend = "see that the address can be reached from this machine, and run this again"}
    );
}

Json json_of(const Finding& finding)
{
    return Json::object({
        {"name", finding.name},
        {"what", finding.what},
        {"why", finding.why},
        {"mend", finding.mend},
    });
}

void print(const std::vector<Finding>& findings, bool json)
{
    Json::Array all;
    for (const auto& finding : findings) {
        all.push_back(json_of(finding));
        if (json) continue;
        fmt::print("{}: {}\n", finding.name, finding.what);
        fmt::print("  why it matters: {}\n  how to mend it: {}\n", finding.why, finding.mend);
    }
    if (json) {
        fmt::print("{}\n", to_text(Json{std::move(all)}));
    } else if (findings.empty()) {
        fmt::print("nothing is wrong\n");
    }
}

} // namespace

int run_doctor(const Config& config, bool json)
{
    std::vector<Finding> findings;
    look_at_raw_files(config, findings);
    print(findings, json);
    return findings.empty() ? 0 : exit_code_not_done;
}

} // namespace tollgate
