// The bench of our own loop, with lookups that need no name server.
#pragma once

#include "tests/transport_contract/socket_bench.hpp"
#include "transports/loop/loop.hpp"

#include <ferry/error.hpp>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace ferry::contract {

/// Names of our own: good.test, bad.test, and slow.test that waits for release().
class Names {
public:
    Resolved resolve(const std::string& host, std::uint16_t port) {
        if (host == "slow.test") {
            std::unique_lock lock(mutex_);
            released_.wait(lock, [this] { return open_; });
        }
        if (host == "good.test" || host == "slow.test") {
            return {.endpoints = {*parse_address("127.0.0.1", port)}};
        }
        return {.error = Errc::name_resolution_failed};
    }

    void release() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        released_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable released_;
    bool open_ = false;
};

class LoopBench : public SocketBench {
public:
    explicit LoopBench(loop::PollerKind poller) : poller_(poller) {}
    ~LoopBench() override { names_->release(); }

    void create(Facts& facts) override {
        loop_ = std::make_unique<loop::Loop>(loop::LoopOptions{
            .poller = poller_, .lookup = [names = names_](const std::string& host, std::uint16_t port) {
                return names->resolve(host, port);
            }});
        loop_->attach(facts);
    }
    Transport& transport() override { return *loop_; }
    void destroy() override { loop_.reset(); }
    void run_once(std::optional<Duration> limit) override {
        loop_->refresh();
        loop_->run_once(limit ? std::optional(saturating_add(loop_->now(), *limit)) : std::nullopt);
    }

    std::string good_host() override { return "good.test"; }
    std::string bad_host() override { return "bad.test"; }
    std::string slow_host() override { return "slow.test"; }
    void release_slow_hosts() override { names_->release(); }

    [[nodiscard]] loop::Loop& loop() { return *loop_; }

private:
    loop::PollerKind poller_;
    std::shared_ptr<Names> names_ = std::make_shared<Names>();
    std::unique_ptr<loop::Loop> loop_;
};

/// Another thread runs the loop, and the suite has the lock except in run_once(): all that it asks for is asked for
/// during a wait.
class SharedLoopBench final : public LoopBench {
public:
    explicit SharedLoopBench(loop::PollerKind poller) : LoopBench(poller) {}
    ~SharedLoopBench() override {
        if (thread_.joinable()) {
            SharedLoopBench::destroy();
        }
    }

    void create(Facts& facts) override {
        LoopBench::create(facts);
        stopping_ = false;
        lock_ = std::unique_lock(mutex_);
        thread_ = std::thread([this] { run(); });
    }

    void destroy() override {
        stopping_ = true;
        loop().wake();
        lock_.unlock();
        thread_.join();
        LoopBench::destroy();
    }

    void run_once(std::optional<Duration> limit) override {
        const auto passed = [this, before = rounds_] { return rounds_ != before; };
        if (limit) {
            round_.wait_for(lock_, *limit, passed);
        } else {
            round_.wait(lock_, passed);
        }
        loop().refresh();
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            loop().prepare();
            lock.unlock();
            loop().wait();
            lock.lock();
            if (stopping_) {
                return;
            }
            loop().dispatch();
            ++rounds_;
            round_.notify_all();
        }
    }

    std::mutex mutex_;
    std::unique_lock<std::mutex> lock_;  // The suite's.
    std::condition_variable round_;
    std::uint64_t rounds_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace ferry::contract
