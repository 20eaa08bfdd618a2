// Where a run's chances come from. Everything that could have gone another way, in the order of
// steps, in what a gateway answers, in what a database does, is one question to Choices; so the
// same answers give the same run on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tollgate::simulator {

/// splitmix64, which is defined by its arithmetic alone.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next()
    {
        state_ += 0x9e3779b97f4a7c15U;
        auto z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

private:
    std::uint64_t state_;
};

class Choices {
public:
    virtual ~Choices() = default;

    /// One of 0 .. count-1; `count` is not 0.
    virtual std::size_t below(std::size_t count) = 0;
    /// True about once in `times`.
    virtual bool once_in(std::size_t times) = 0;
};

/// An order-dependent digest of small numbers; for telling runs and states apart.
class Fingerprint {
public:
    Fingerprint& add(std::uint64_t value)
    {
        value_ = Random{value_ ^ value}.next() + 0x2545f4914f6cdd1dU * value;
        return *this;
    }
    Fingerprint& add(std::string_view text)
    {
        for (const char c : text)
            add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
        return add(text.size());
    }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0;
};

class RandomChoices final : public Choices {
public:
    explicit RandomChoices(std::uint64_t seed) : random_{seed} {}

    std::size_t below(std::size_t count) override
    {
        const auto chosen = random_.next() % count;
        taken_.add(chosen);
        return static_cast<std::size_t>(chosen);
    }
    bool once_in(std::size_t times) override { return below(times) == 0; }
    /// Of all that was chosen so far: what differs here is another run.
    std::uint64_t fingerprint() const { return taken_.value(); }

private:
    Random random_;
    Fingerprint taken_;
};

} // namespace tollgate::simulator
