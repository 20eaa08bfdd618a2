#include "tests/simulator/fiber.hpp"

#include "core/support/check.hpp"

#include <ucontext.h>

#include <array>
#include <utility>
#include <vector>

namespace tollgate::simulator {
namespace {

constexpr std::size_t stack_bytes = std::size_t{128} * 1024;

} // namespace

/// Stacks are used again and again: each runs the work of one fiber after the other.
struct Fiber::Stack {
    Stack()
    {
        check(getcontext(&inside) == 0, "no context");
        inside.uc_stack.ss_sp = memory.data();
        inside.uc_stack.ss_size = memory.size();
        makecontext(&inside, &Stack::loop, 0);
    }

    static void loop()
    {
        while (true) {
            auto& stack = *current->stack_;
            current->run();
            swapcontext(&stack.inside, &stack.outside);
        }
    }

    static thread_local Fiber* current; ///< the one that runs
    static thread_local std::vector<std::unique_ptr<Stack>> idle;

    std::array<char, stack_bytes> memory;
    ucontext_t inside{};
    ucontext_t outside{};
};

thread_local Fiber* Fiber::Stack::current = nullptr;
thread_local std::vector<std::unique_ptr<Fiber::Stack>> Fiber::Stack::idle;

std::unique_ptr<Fiber::Stack> Fiber::take_stack()
{
    auto& idle = Stack::idle;
    if (idle.empty()) return std::make_unique<Stack>();
    auto stack = std::move(idle.back());
    idle.pop_back();
    return stack;
}

Fiber::Fiber(std::function<void()> work) : work_{std::move(work)} {}

Fiber::~Fiber()
{
    kill();
}

void Fiber::run()
{
    try {
        work_();
    } catch (const Killed&) { // as it was told
    } catch (...) {
        error_ = std::current_exception();
    }
    ended_ = true;
}

void Fiber::resume()
{
    check(!ended_ && Stack::current == nullptr, "a fiber resumed out of turn");
    if (!started_) stack_ = take_stack();
    started_ = true;
    Stack::current = this;
    swapcontext(&stack_->outside, &stack_->inside);
    Stack::current = nullptr;
    if (!ended_) return;
    Stack::idle.push_back(std::move(stack_));
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Fiber::kill()
{
    if (!started_ || ended_) {
        ended_ = true;
        return;
    }
    killed_ = true;
    resume();
}

void Fiber::pause()
{
    auto& fiber = *Stack::current;
    swapcontext(&fiber.stack_->inside, &fiber.stack_->outside);
    if (fiber.killed_) throw Killed{};
}

} // namespace tollgate::simulator
