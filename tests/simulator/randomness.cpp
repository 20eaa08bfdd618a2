#include "tests/simulator/randomness.hpp"

#include "tests/simulator/choices.hpp"

namespace {

thread_local tollgate::simulator::Random randomness{0};

} // namespace

/// Takes the place of OpenSSL's in this program: a program's own symbols come before a library's.
extern "C" int RAND_bytes(unsigned char* bytes, int count)
{
    for (int i = 0; i < count;) {
        auto word = randomness.next();
        for (int byte = 0; byte < 8 && i < count; ++byte, ++i) {
            bytes[i] = static_cast<unsigned char>(word & 0xffU);
            word >>= 8U;
        }
    }
    return 1;
}

namespace tollgate::simulator {

void seed_randomness(std::uint64_t seed)
{
    randomness = Random{seed};
}

} // namespace tollgate::simulator
