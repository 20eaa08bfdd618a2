// All interleavings of a small scenario, instead of some: depth first, and equal states are
// followed once. That is sound because what can happen is a function of the state: the code under
// test reads nothing but the tables, its memory and what it was told, and all that is in the
// fingerprint.
//
// Range    a fingerprint has 64 bits: of ten million states, two different ones are taken for equal
//          with a probability of 3 in a million
#pragma once

#include "tests/simulator/scenario.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::simulator {

/// A choice that was made: which of how many.
struct Choice {
    std::size_t taken = 0;
    std::size_t count = 0;
};
using Path = std::vector<Choice>;

struct Explored {
    std::uint64_t states = 0;
    std::uint64_t ends = 0;          ///< states in which nothing more happens
    std::uint64_t interleavings = 0; ///< ways from the beginning to an end; at most all of 64 bits
    std::string violated;            ///< empty when every law held
    Path path;                       ///< to what violated it
};

/// Follows at most `states_max` states.
Explored explore(const Scenario& scenario, std::uint64_t states_max);
/// Every interleaving by itself, to see that merging counts right; at most `ends_max` of them.
Explored explore_without_merging(const Scenario& scenario, std::uint64_t ends_max);

} // namespace tollgate::simulator
