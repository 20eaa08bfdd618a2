// Named places where a process can be made to die, or its database to fail: how the tests find out
// what a crash there does. They are always compiled in, so that what is tested is what ships; who
// sets the environment of a process could end it anyway.
//
// Shape    TOLLGATE_FAIL_POINT=NAME[:FIRST[-LAST]][=CODE]
//          The process kills itself (SIGKILL) when it reaches NAME for the FIRST time, counted from
//          1. With =CODE it lives, and the database fails with that error from the FIRST to the
//          LAST time; only the points marked `database` can.
// Errors   std::invalid_argument at the start, for a name that is not in the list
// Threads  any; armed before the first one starts. Unarmed, a point is one relaxed load
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

namespace tollgate {

struct NamedFailPoint {
    std::string_view name;
    bool database = false; ///< can fail as the database does, too
};

/// In the order in which a payment comes by. tests/chaos tries each of them.
inline constexpr std::array fail_points{
    NamedFailPoint{"open.inserted"}, // the gateway has not heard of it
    NamedFailPoint{"open.answered"}, // it has, and what it said is not stored
    NamedFailPoint{"open.recorded"},
    NamedFailPoint{"intake.before_write"},
    NamedFailPoint{"intake.before_commit"},
    NamedFailPoint{"intake.after_commit"}, // durable, not acknowledged
    NamedFailPoint{"notify.before_enqueue"},
    NamedFailPoint{"reconcile.leased"},
    NamedFailPoint{"check.answered"},
    NamedFailPoint{"settle.locked"},
    NamedFailPoint{"settle.evidence_written"},
    NamedFailPoint{"settle.payments_written"},
    NamedFailPoint{"settle.grants_written"},
    NamedFailPoint{"settle.profile_run"},
    NamedFailPoint{"settle.before_commit"},
    NamedFailPoint{"settle.after_commit"},
    NamedFailPoint{"outbox.leased"},
    NamedFailPoint{"outbox.sent"}, // the storefront has it, and the table does not know
    NamedFailPoint{"outbox.recorded"},
    NamedFailPoint{"refund.begun"}, // the gateway has not heard of it
    NamedFailPoint{"refund.answered"},
    NamedFailPoint{"refund.recorded"},
    NamedFailPoint{"database.write", true},
    NamedFailPoint{"database.before_commit", true},
    NamedFailPoint{"database.after_commit", true}, // committed, whatever the error says
};

/// A name of the list; any other does not compile.
class FailPoint {
public:
    consteval FailPoint(const char* name) : index_{index_of(name)} {}

    std::size_t index() const { return index_; }

private:
    static consteval std::size_t index_of(std::string_view name)
    {
        for (std::size_t i = 0; i < fail_points.size(); ++i) {
            if (fail_points[i].name == name) return i;
        }
        throw "there is no such fail point";
    }

    std::size_t index_;
};

/// What TOLLGATE_FAIL_POINT says; empty: no point is armed.
void arm_fail_point(std::string_view text);

/// Of the armed point; fail_points.size() when there is none.
extern std::atomic<std::size_t> armed_fail_point;
int reach_armed_fail_point();

/// Dies here when it is the armed point's turn.
inline void fail_point(FailPoint point)
{
    if (armed_fail_point.load(std::memory_order_relaxed) == point.index()) reach_armed_fail_point();
}

/// The same; or the error, not zero, with which the database is to fail here.
[[nodiscard]] inline int database_fault(FailPoint point)
{
    const bool armed = armed_fail_point.load(std::memory_order_relaxed) == point.index();
    return armed ? reach_armed_fail_point() : 0;
}

} // namespace tollgate
