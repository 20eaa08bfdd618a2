// Many threads, one question at a time: threads queue what they ask, the first becomes leader, asks
// for all that have queued (the writer queue of LevelDB), and wakes the others with their answers.
// A lone thread waits for nobody.
//
// Errors   what the work throws reaches whoever asked; of a batch that fails each is asked alone,
//          so that a bad one does not spoil the others, unless the database is away
// Threads  any
#pragma once

#include "core/settle/store.hpp"
#include "core/support/waiting.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tollgate {

template <class Question, class Answer>
class Batches {
public:
    /// Answers in the order of the questions, of which there are 1 to `questions_max`.
    using Work = std::function<std::vector<Answer>(std::span<const Question>)>;

    Batches(std::size_t questions_max, Work work)
        : questions_max_{questions_max}, work_{std::move(work)}
    {
    }

    Answer ask(Question question)
    {
        Waiter waiter{.question = std::move(question)};
        {
            const std::lock_guard lock{mutex_};
            waiter.leads = queue_.empty();
            queue_.push_back(&waiter);
        }
        wait(waiter);
        if (waiter.leads) lead();
        if (waiter.error) std::rethrow_exception(waiter.error);
        return std::move(*waiter.answer);
    }

    /// Questions that have no answer yet.
    std::size_t waiting() const
    {
        const std::lock_guard lock{mutex_};
        return queue_.size();
    }

private:
    // Each has a lock of his own, so that those who are woken do not stand in line for one.
    struct Waiter {
        Question question;
        std::optional<Answer> answer{};
        std::exception_ptr error{};
        bool leads = false; ///< guarded by mutex, as done
        bool done = false;
        std::mutex mutex{};
        std::condition_variable wake{};
    };
    using Batch = std::span<Waiter* const>;

    static void wait(Waiter& waiter)
    {
        std::unique_lock lock{waiter.mutex};
        if (waiter.leads) return;
        const Waiting waiting;
        waiter.wake.wait(lock, [&] { return waiter.done || waiter.leads; });
    }

    /// The waiter may be gone as soon as its lock is free again.
    static void tell(Waiter& waiter, bool Waiter::*what)
    {
        const std::lock_guard lock{waiter.mutex};
        waiter.*what = true;
        waiter.wake.notify_one();
    }

    void lead()
    {
        const auto batch = first_of_queue();
        answer_all(batch);
        if (auto* next = end_lead(batch.size())) tell(*next, &Waiter::leads);
        for (auto* waiter : std::span{batch}.subspan(1)) // the first is the leader
            tell(*waiter, &Waiter::done);
    }

    std::vector<Waiter*> first_of_queue()
    {
        const std::lock_guard lock{mutex_};
        const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), questions_max_));
        return {queue_.begin(), queue_.begin() + count};
    }

    /// Who leads next, if anybody waits.
    Waiter* end_lead(std::size_t answered)
    {
        const std::lock_guard lock{mutex_};
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(answered));
        return queue_.empty() ? nullptr : queue_.front();
    }

    void answer_all(Batch batch)
    {
        try {
            std::vector<Question> questions;
            questions.reserve(batch.size());
            for (const auto* waiter : batch)
                questions.push_back(waiter->question);
            auto answers = work_(questions);
            for (std::size_t i = 0; i < batch.size(); ++i)
                batch[i]->answer = std::move(answers.at(i));
        } catch (const StoreUnavailable&) {
            fail(batch);
        } catch (...) { // whatever it is, nobody may be left waiting
            if (batch.size() == 1) {
                fail(batch);
                return;
            }
            for (std::size_t i = 0; i < batch.size(); ++i)
                answer_all(batch.subspan(i, 1));
        }
    }

    static void fail(Batch batch)
    {
        for (auto* waiter : batch)
            waiter->error = std::current_exception();
    }

    std::size_t questions_max_;
    Work work_;
    std::deque<Waiter*> queue_; ///< its front is the leader
    mutable std::mutex mutex_;
};

} // namespace tollgate
