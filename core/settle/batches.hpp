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
        std::unique_lock lock{mutex_};
        queue_.push_back(&waiter);
        const auto my_turn = [&] { return waiter.done || queue_.front() == &waiter; };
        if (!my_turn()) {
            const Waiting waiting;
            waiter.wake.wait(lock, my_turn);
        }
        if (!waiter.done) lead(lock);
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
    struct Waiter {
        Question question;
        std::optional<Answer> answer{};
        std::exception_ptr error{};
        bool done = false;
        std::condition_variable wake{};
    };
    using Batch = std::span<Waiter* const>;

    void lead(std::unique_lock<std::mutex>& lock)
    {
        const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), questions_max_));
        const std::vector<Waiter*> batch{queue_.begin(), queue_.begin() + count};
        lock.unlock();
        answer_all(batch);
        lock.lock();
        queue_.erase(queue_.begin(), queue_.begin() + count);
        for (auto* waiter : batch) {
            waiter->done = true;
            waiter->wake.notify_one();
        }
        if (!queue_.empty()) queue_.front()->wake.notify_one();
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
