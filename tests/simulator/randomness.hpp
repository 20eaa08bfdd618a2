// The system's randomness, replaced: what core/crypto makes of it (ids, references, owners of
// leases) is made by its own code, but from a run's seed, so a run is the same when it is repeated.
//
// Threads  each has its own
#pragma once

#include <cstdint>

namespace tollgate::simulator {

/// What OpenSSL's RAND_bytes() gives this thread from now on.
void seed_randomness(std::uint64_t seed);

} // namespace tollgate::simulator
