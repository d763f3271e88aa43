// The bench of the libuv transport, with a loop of its own that outlives the transport.
#pragma once

#include "tests/transport_contract/loop_bench.hpp"
#include "tests/transport_contract/socket_bench.hpp"
#include "transports/uv/transport.hpp"

#include <uv.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace ferry::contract {

class UvBench final : public SocketBench {
public:
    UvBench() {
        expect_zero(uv_loop_init(&loop_), "uv_loop_init");
        limit_ = std::make_unique<uv_timer_t>();
        uv_timer_init(&loop_, limit_.get());
        uv_unref(reinterpret_cast<uv_handle_t*>(limit_.get()));
        // A loop keeps a descriptor in reserve from its first stream on: not to be counted by resources().
        uv_tcp_t first{};
        expect_zero(uv_tcp_init(&loop_, &first), "uv_tcp_init");
        uv_close(reinterpret_cast<uv_handle_t*>(&first), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
    }
    ~UvBench() override {
        names_->release();
        transport_.reset();
        uv_close(reinterpret_cast<uv_handle_t*>(limit_.get()), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
        if (uv_loop_close(&loop_) != 0) {
            std::terminate();  // A handle was left behind.
        }
    }

    void create(Facts& facts) override {
        transport_ = std::make_unique<uv::UvTransport>(
            &loop_,
            [names = names_](const std::string& host, std::uint16_t port) { return names->resolve(host, port); });
        transport_->attach(facts);
    }
    Transport& transport() override { return *transport_; }
    void destroy() override {
        transport_.reset();
        uv_run(&loop_, UV_RUN_DEFAULT);  // Ends: nothing holds the loop any more.
    }
    void run_once(std::optional<Duration> limit) override {
        if (limit && *limit <= Duration::zero()) {
            uv_run(&loop_, UV_RUN_NOWAIT);
        } else {
            if (limit) {
                uv_update_time(&loop_);
                const auto wait =
                    std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(*limit, std::chrono::hours(1)));
                const auto milliseconds = static_cast<std::uint64_t>(wait.count());
                // Again and again: it may go off before the wait has begun.
                uv_timer_start(limit_.get(), [](uv_timer_t*) {}, milliseconds, milliseconds);
            }
            uv_run(&loop_, UV_RUN_ONCE);
            uv_timer_stop(limit_.get());
        }
        // What is due at once belongs to the round: libuv has the turn after on_writable in its next iteration.
        while (uv_backend_timeout(&loop_) == 0) {
            uv_run(&loop_, UV_RUN_NOWAIT);
        }
    }

    std::string good_host() override { return "good.test"; }
    std::string bad_host() override { return "bad.test"; }
    std::string slow_host() override { return "slow.test"; }
    void release_slow_hosts() override { names_->release(); }

private:
    static void expect_zero(int status, const char* what) {
        if (status != 0) {
            throw std::system_error(uv::to_error(status), what);
        }
    }

    uv_loop_t loop_{};
    std::unique_ptr<uv_timer_t> limit_;
    std::shared_ptr<Names> names_ = std::make_shared<Names>();
    std::unique_ptr<uv::UvTransport> transport_;
};

}  // namespace ferry::contract
