// Who may write when many run at once: number 0 first, then number 1, and so on.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace ferry::tools {

class Turns {
public:
    explicit Turns(std::size_t count) : ended_(count) {}

    /// Returns when all before `index` have ended.
    void wait(std::size_t index) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return turn_ == index; });
    }
    /// `index` writes no more, whether it had its turn or not.
    void end(std::size_t index) {
        const std::scoped_lock lock(mutex_);
        ended_[index] = true;
        while (turn_ < ended_.size() && ended_[turn_]) {
            ++turn_;
        }
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<bool> ended_;
    std::size_t turn_ = 0;
};

}  // namespace ferry::tools
