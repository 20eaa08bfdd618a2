#include "tests/simulator/runs.hpp"

#include "tests/simulator/randomness.hpp"
#include "tests/simulator/world.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <mutex>
#include <thread>

namespace tollgate::simulator {
namespace {

constexpr std::uint64_t runs_per_piece = 1'000;
constexpr std::uint64_t runs_per_progress = 10'000'000;
constexpr std::size_t failures_shown_max = 10;

thread_local std::uint64_t seed_of_this_thread = 0;

/// Only what a signal handler may do.
void tell_seed(int)
{
    constexpr std::string_view words = "the code under test aborted in the run of seed ";
    std::array<char, 96> line{};
    auto* end = std::ranges::copy(words, line.data()).out;
    end = std::to_chars(end, line.data() + line.size() - 1, seed_of_this_thread).ptr;
    *end++ = '\n';
    const auto size = static_cast<std::size_t>(end - line.data());
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), size);
}

/// Makes the run of `seed`.
std::optional<std::string> run_one(std::uint64_t seed, Totals& totals, const Trace& trace = {})
{
    seed_of_this_thread = seed;
    seed_randomness(seed);
    RandomChoices choices{seed};
    const auto scenario = random_scenario(choices);
    World world{scenario, choices, trace};
    std::optional<std::string> violated;
    try {
        world.run();
    } catch (const Violation& violation) {
        violated = violation.what();
    }
    const auto& seen = world.seen();
    ++totals.runs;
    totals.steps += seen.steps;
    totals.crashes += seen.crashes;
    totals.mishaps += seen.mishaps;
    const auto fingerprint = choices.fingerprint();
    if (fingerprint % sampled_once_in == 0) totals.sampled.push_back(fingerprint);
    return violated;
}

void add(Totals& to, Totals&& some)
{
    to.runs += some.runs;
    to.steps += some.steps;
    to.crashes += some.crashes;
    to.mishaps += some.mishaps;
    to.failed += some.failed;
    std::ranges::move(some.failures, std::back_inserter(to.failures));
    std::ranges::sort(to.failures, {}, &Failure::seed);
    if (to.failures.size() > failures_shown_max) to.failures.resize(failures_shown_max);
    std::ranges::move(some.sampled, std::back_inserter(to.sampled));
}

Totals run_piece(std::uint64_t first, std::uint64_t end)
{
    Totals totals;
    for (auto seed = first; seed < end; ++seed) {
        auto violated = run_one(seed, totals);
        if (!violated) continue;
        ++totals.failed;
        if (totals.failures.size() < failures_shown_max) {
            totals.failures.push_back({seed, *std::move(violated)});
        }
    }
    return totals;
}

} // namespace

Totals run_all(const Range& range)
{
    const auto end = range.first_seed + range.count;
    std::atomic<std::uint64_t> next = range.first_seed;
    std::mutex mutex;
    Totals totals;
    std::uint64_t told = 0;
    const auto work = [&] {
        while (true) {
            const auto first = next.fetch_add(runs_per_piece);
            if (first >= end) return;
            auto piece = run_piece(first, std::min(first + runs_per_piece, end));
            const std::lock_guard lock{mutex};
            add(totals, std::move(piece));
            if (!range.progress || totals.runs / runs_per_progress == told) continue;
            told = totals.runs / runs_per_progress;
            // Pieces end nearly in order: what may be under way is made once more.
            const auto done = first - std::min(first, (range.threads - 1) * runs_per_piece);
            fmt::print(
                "{} runs, {} failed; all seeds below {} are done\n",
                totals.runs,
                totals.failed,
                done
            );
            std::fflush(stdout);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < range.threads; ++i)
        threads.emplace_back(work);
    work();
    for (auto& thread : threads)
        thread.join();
    return totals;
}

std::optional<std::string> replay(std::uint64_t seed)
{
    Totals totals;
    return run_one(seed, totals, [](const std::string& line) { fmt::print("{}\n", line); });
}

void tell_seed_on_abort()
{
    std::signal(SIGABRT, tell_seed);
}

} // namespace tollgate::simulator
