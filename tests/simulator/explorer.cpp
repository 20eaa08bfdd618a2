#include "tests/simulator/explorer.hpp"

#include "tests/simulator/randomness.hpp"
#include "tests/simulator/world.hpp"

#include <limits>
#include <unordered_map>

namespace tollgate::simulator {
namespace {

/// Follows a path; beyond its end takes the first of everything, and writes that down.
class PathChoices final : public Choices {
public:
    explicit PathChoices(Path path) : path_{std::move(path)} {}

    std::size_t below(std::size_t count) override
    {
        if (ended_) return 0;
        if (position_ == path_.size()) path_.push_back({0, count});
        const auto& choice = path_[position_++];
        check(choice.count == count, "a run is not the same when it is repeated");
        return choice.taken;
    }
    bool once_in(std::size_t) override { return below(2) == 1; }

    std::size_t position() const { return position_; }
    /// What follows has one order only.
    void end() { ended_ = true; }
    const Path& path() const { return path_; }

private:
    Path path_;
    std::size_t position_ = 0;
    bool ended_ = false;
};

/// The next way to make the last step, which begins at `begin`; false when all were tried.
bool next_way(Path& path, std::size_t begin)
{
    while (path.size() > begin) {
        auto& last = path.back();
        if (++last.taken < last.count) return true;
        path.pop_back();
    }
    return false;
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b)
{
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return a > most - b ? most : a + b;
}

class Explorer {
public:
    struct Limits {
        std::uint64_t states_max;
        bool merging = true;
    };

    Explorer(const Scenario& scenario, Limits limits) : scenario_{scenario}, limits_{limits} {}

    Explored run()
    {
        Explored explored;
        try {
            explored.interleavings = ways_from({});
        } catch (const Violation& violation) {
            explored.violated = violation.what();
            explored.path = path_;
        }
        explored.states = ways_.size();
        explored.ends = ends_;
        return explored;
    }

private:
    struct Step {
        bool ended = false;
        std::uint64_t state = 0; ///< after it
    };

    /// One more step after `path`, whose last choices may belong to it. They are completed.
    Step take_step(Path& path, std::size_t begin)
    {
        seed_randomness(0);
        PathChoices choices{path};
        path_ = path;
        World world{scenario_, choices};
        world.observe();
        while (choices.position() < begin)
            world.step();
        const bool went_on = world.step();
        path = path_ = choices.path();
        if (went_on) return {false, world.fingerprint()};
        choices.end();
        world.calm_down();
        return {true, 0};
    }

    /// How many ways lead on from the state after `path`.
    std::uint64_t ways_from(const Path& path)
    {
        std::uint64_t ways = 0;
        auto way = path;
        do {
            const auto [ended, state] = take_step(way, path.size());
            if (ended) {
                ++ends_;
                ways = sum(ways, 1);
                continue;
            }
            const auto known = ways_.find(state);
            if (limits_.merging && known != ways_.end()) {
                ways = sum(ways, known->second);
                continue;
            }
            const auto followed = limits_.merging ? ways_.size() : ends_;
            if (followed >= limits_.states_max) throw Violation{"too many states"};
            const auto further = ways_from(way);
            ways_.emplace(state, further);
            ways = sum(ways, further);
        } while (next_way(way, path.size()));
        return ways;
    }

    const Scenario& scenario_;
    Limits limits_;
    std::unordered_map<std::uint64_t, std::uint64_t> ways_; ///< by state
    std::uint64_t ends_ = 0;
    Path path_; ///< of the step that was made last
};

} // namespace

Explored explore(const Scenario& scenario, std::uint64_t states_max)
{
    return Explorer{scenario, {states_max, true}}.run();
}

Explored explore_without_merging(const Scenario& scenario, std::uint64_t ends_max)
{
    return Explorer{scenario, {ends_max, false}}.run();
}

} // namespace tollgate::simulator
