// Many runs, each of its own seed: run N is the same whenever and wherever it is made, so a range
// of seeds may be cut into pieces, and a run that failed be repeated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::simulator {

struct Failure {
    std::uint64_t seed = 0;
    std::string what;
};

struct Range {
    std::uint64_t first_seed = 1;
    std::uint64_t count = 0;
    unsigned threads = 1;
    bool progress = false; ///< a line now and then, from where to go on
};

struct Totals {
    std::uint64_t runs = 0;
    std::uint64_t steps = 0;
    std::uint64_t crashes = 0;
    std::uint64_t mishaps = 0;
    std::uint64_t failed = 0;
    std::vector<Failure> failures;      ///< the first few
    std::vector<std::uint64_t> sampled; ///< fingerprints of some of the runs
};

/// One in so many runs is sampled.
inline constexpr std::uint64_t sampled_once_in = 256;

Totals run_all(const Range& range);
/// Prints every step of one run; what it violates, if anything.
std::optional<std::string> replay(std::uint64_t seed);
/// An assertion of the code under test ends the process: says in which run.
void tell_seed_on_abort();

} // namespace tollgate::simulator
