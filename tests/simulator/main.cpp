// tollgate_simulator: the settlement's own code under every order of events that chance brings.
//
//   tollgate_simulator                        a million runs
//   tollgate_simulator --long                 a thousand million, with a line now and then
//   tollgate_simulator --seed N --count M     the runs of the seeds N to N+M-1
//   tollgate_simulator --seed N --replay      every step of one run
//   tollgate_simulator --exhaustive           all interleavings of small scenarios
//
// Ends with 1 when a law was broken. docs/reliability.md says what the laws are.

#include "core/support/log.hpp"
#include "tests/simulator/explorer.hpp"
#include "tests/simulator/runs.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace {

using namespace tollgate::simulator;

constexpr std::uint64_t runs_default = 1'000'000;
constexpr std::uint64_t runs_long = 1'000'000'000;
constexpr std::uint64_t interleavings_made_singly_max = 10'000;

int report_replay(std::uint64_t seed)
{
    const auto violated = replay(seed);
    fmt::print("seed {}: {}\n", seed, violated.value_or("every law held"));
    return violated ? 1 : 0;
}

/// How many of the runs were different ones, as far as the sample tells.
std::uint64_t distinct(Totals& totals)
{
    auto& sampled = totals.sampled;
    if (sampled.empty()) return totals.runs;
    const auto size = sampled.size();
    std::ranges::sort(sampled);
    const auto repeated = std::ranges::unique(sampled).size();
    return totals.runs - totals.runs * repeated / size;
}

int report(const Range& range)
{
    const auto begin = std::chrono::steady_clock::now();
    auto totals = run_all(range);
    const auto took = std::chrono::steady_clock::now() - begin;
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    for (const auto& failure : totals.failures)
        fmt::print("seed {}: {}\n", failure.seed, failure.what);
    fmt::print(
        "simulator: {} interleavings of seeds {} to {}, about {} distinct, {} steps, {} crashes, "
        "{} mishaps of the database and the network, {} s on {} threads: {} failed\n",
        totals.runs,
        range.first_seed,
        range.first_seed + range.count - 1,
        distinct(totals),
        totals.steps,
        totals.crashes,
        totals.mishaps,
        (ms + 500) / 1000,
        range.threads,
        totals.failed
    );
    return totals.failed == 0 ? 0 : 1;
}

/// Where all interleavings can be made one by one, they must be as many.
bool counts_right(const Scenario& scenario, const Explored& explored)
{
    if (explored.interleavings > interleavings_made_singly_max) return true;
    const auto single = explore_without_merging(scenario, interleavings_made_singly_max + 1);
    return single.violated.empty() && single.interleavings == explored.interleavings;
}

int report_exhaustive(std::uint64_t states_max)
{
    bool failed = false;
    for (const auto& [name, scenario] : small_scenarios()) {
        auto explored = explore(scenario, states_max);
        if (explored.violated.empty() && !counts_right(scenario, explored)) {
            explored.violated = "merging equal states counts wrong";
        }
        fmt::print(
            "simulator: {}: {} states, {} interleavings: {}\n",
            name,
            explored.states,
            explored.interleavings,
            explored.violated.empty() ? "every law held" : explored.violated
        );
        std::fflush(stdout);
        failed = failed || !explored.violated.empty();
    }
    return failed ? 1 : 0;
}

} // namespace

int main(int argc, char** argv)
{
    Range range{.count = runs_default, .threads = 2};
    bool replayed = false;
    bool is_long = false;
    CLI::App app{"Drives the settlement through chance orders of events, crashes and failures"};
    app.add_option("--seed", range.first_seed, "the first run's seed")->capture_default_str();
    auto* count = app.add_option("--count", range.count, "how many runs")->capture_default_str();
    app.add_option("--threads", range.threads)->check(CLI::Range(1, 64))->capture_default_str();
    app.add_flag("--replay", replayed, "print every step of one run");
    app.add_flag("--long", is_long, "a thousand million runs, unless --count says otherwise");
    bool exhaustive = false;
    app.add_flag("--exhaustive", exhaustive, "all interleavings of the small scenarios");
    std::uint64_t states_max = 20'000'000;
    app.add_option("--states", states_max, "how many states --exhaustive follows at most")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    tollgate::set_log_level(tollgate::LogLevel::error);
    tell_seed_on_abort();
    if (replayed) return report_replay(range.first_seed);
    if (exhaustive) return report_exhaustive(states_max);
    if (is_long && count->empty()) range.count = runs_long;
    range.progress = is_long;
    return report(range);
}
