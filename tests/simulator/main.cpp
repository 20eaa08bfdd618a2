// tollgate_simulator: the settlement's own code under every order of events that chance brings.

#include "core/support/log.hpp"
#include "tests/simulator/randomness.hpp"
#include "tests/simulator/scenario.hpp"
#include "tests/simulator/world.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>

using namespace tollgate;
using namespace tollgate::simulator;

int main(int argc, char** argv)
{
    std::uint64_t seed = 1, count = 1000; bool replay = false;
    CLI::App app{"simulator"};
    app.add_option("--seed", seed); app.add_option("--count", count); app.add_flag("--replay", replay);
    CLI11_PARSE(app, argc, argv);
    set_log_level(LogLevel::error);
    std::map<std::string, int> failures;
    std::size_t steps = 0, un = 0;
    for (std::uint64_t s = seed; s < seed + count; ++s) {
        seed_randomness(s);
        RandomChoices choices{s};
        const auto scenario = random_scenario(choices);
        World world{scenario, choices, replay ? Trace{[](const std::string& line) { fmt::print("{}\n", line); }} : Trace{}};
        try {
            world.run();
        } catch (const Violation& v) {
            if (failures[v.what()]++ < 3) fmt::print("seed {}: {}\n", s, v.what());
        }
        steps += world.steps(); un += world.unremembered() > 0;
    }
    for (const auto& [what, n] : failures) fmt::print("{} x {}\n", n, what);
    fmt::print("{} steps, {} unremembered\n", steps, un);
}
