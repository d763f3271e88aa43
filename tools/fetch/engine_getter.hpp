// A Getter on any transport: an engine whose loop has a thread of its own. What the loops differ in is a LoopThread.
#pragma once

#include "tools/fetch/getter.hpp"

#include <ferry/config.hpp>
#include <ferry/driver.hpp>

#include <functional>
#include <memory>

namespace ferry::tools {

/// A transport and its loop. All but post() is for one thread at a time.
class LoopThread {
public:
    LoopThread() = default;
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;
    virtual ~LoopThread() = default;

    [[nodiscard]] virtual Transport& transport() = 0;
    virtual void attach(Facts& facts) = 0;
    /// Runs the loop until stop() is called from inside it.
    virtual void run() = 0;
    virtual void stop() = 0;
    /// Has the loop call `job`. From any thread; before run() too.
    virtual void post(std::function<void()> job) = 0;
    /// Makes transport().now() the time of now.
    virtual void refresh() = 0;
};

[[nodiscard]] std::unique_ptr<Getter> make_engine_getter(const Config& config, std::unique_ptr<LoopThread> loop);

}  // namespace ferry::tools
