// A flow of control that stops where it says so and goes on when it is told to. So code that blocks
// (a store call, a gateway's answer) is run as it stands, many of them at once on one thread, and
// in whatever order a scheduler likes.
//
// Threads  a fiber stays on the thread that made it
#pragma once

#include <exception>
#include <functional>
#include <memory>

namespace tollgate::simulator {

class Fiber {
public:
    explicit Fiber(std::function<void()> work);
    /// Ends what it has begun, as kill() does.
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Runs `work` until it pauses or ends. What `work` throws comes out here.
    void resume();
    bool ended() const { return ended_; }
    /// Its process dies: nothing of `work` runs any more but the destructors of what lies on its
    /// stack.
    void kill();

    /// Called by `work`: back to whoever resumed it.
    static void pause();

private:
    struct Killed {};
    struct Stack;
    friend struct Stack;

    static std::unique_ptr<Stack> take_stack();
    void run();

    std::function<void()> work_;
    std::unique_ptr<Stack> stack_;
    std::exception_ptr error_{};
    bool started_ = false;
    bool ended_ = false;
    bool killed_ = false;
};

} // namespace tollgate::simulator
