// Lets whoever runs a thread know that it waits for others, so that another may work meanwhile.
//
// Threads  each has its own observer, or none
#pragma once

namespace tollgate {

class WaitObserver {
public:
    virtual ~WaitObserver() = default;
    virtual void waits() = 0;
    virtual void goes_on() = 0;
};

/// Of this thread; set by whoever runs it.
inline thread_local WaitObserver* wait_observer = nullptr;

/// While this lives, its thread waits.
class Waiting {
public:
    Waiting()
    {
        if (wait_observer != nullptr) wait_observer->waits();
    }
    ~Waiting()
    {
        if (wait_observer != nullptr) wait_observer->goes_on();
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
};

} // namespace tollgate
