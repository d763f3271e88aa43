// A libuv loop whose end is checked.
#pragma once

#include <ferry/uv.hpp>

#include "tests/integration/test_origin.hpp"

#include <uv.h>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ferry::test {

/// When it goes, no handle must be left: declare it before what uses it.
class UvLoop {
public:
    UvLoop() { REQUIRE(uv_loop_init(&loop_) == 0); }
    UvLoop(const UvLoop&) = delete;
    UvLoop& operator=(const UvLoop&) = delete;
    ~UvLoop() {
        run();
        CHECK(uv_loop_close(&loop_) == 0);
    }

    [[nodiscard]] uv_loop_t* get() noexcept { return &loop_; }
    /// Until nothing holds the loop any more.
    void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
    void run_until(const std::function<bool()>& done) {
        while (!done()) {
            const bool more = uv_run(&loop_, UV_RUN_ONCE) != 0;
            REQUIRE((more || done()));
        }
    }
    /// Calls `action` from the loop after so many milliseconds.
    void after(std::uint64_t milliseconds, std::function<void()> action) {
        auto* const timer = new Timer{{}, std::move(action)};
        timer->handle.data = timer;
        uv_timer_init(&loop_, &timer->handle);
        uv_timer_start(
            &timer->handle,
            [](uv_timer_t* handle) {
                static_cast<Timer*>(handle->data)->action();
                uv_close(reinterpret_cast<uv_handle_t*>(handle),
                         [](uv_handle_t* closed) { delete static_cast<Timer*>(closed->data); });
            },
            milliseconds, 0);
    }

private:
    struct Timer {
        uv_timer_t handle;
        std::function<void()> action;
    };

    uv_loop_t loop_{};
};

/// What came of a request.
struct Outcome {
    int calls = 0;
    std::optional<Result<Response>> result{};

    [[nodiscard]] uv::ResponseCallback callback() {
        return [this](Result<Response> r) {
            ++calls;
            result.emplace(std::move(r));
        };
    }
    [[nodiscard]] bool is(Errc code) const { return calls == 1 && !*result && result->error().code == code; }
    [[nodiscard]] int status() const { return calls == 1 && *result ? (**result).status_code() : 0; }
    [[nodiscard]] std::string text() const { return calls == 1 && *result ? (**result).text() : std::string(); }
};

}  // namespace ferry::test
