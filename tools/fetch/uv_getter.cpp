#include "tools/fetch/engine_getter.hpp"

#include "transports/uv/transport.hpp"

#include <uv.h>

#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace ferry::tools {
namespace {

class UvThread final : public LoopThread {
public:
    UvThread() {
        check(uv_loop_init(&loop_));
        check(uv_async_init(&loop_, &wake_, [](uv_async_t* handle) { static_cast<UvThread*>(handle->data)->work(); }));
        wake_.data = this;
        transport_.emplace(&loop_);
    }
    ~UvThread() override {
        transport_.reset();
        uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }

    [[nodiscard]] Transport& transport() override { return *transport_; }
    void attach(Facts& facts) override { transport_->attach(facts); }
    void run() override { uv_run(&loop_, UV_RUN_DEFAULT); }
    void stop() override { uv_stop(&loop_); }
    void post(std::function<void()> job) override {
        {
            const std::scoped_lock lock(mutex_);
            jobs_.push_back(std::move(job));
        }
        uv_async_send(&wake_);
    }
    void refresh() override {}

private:
    static void check(int status) {
        if (status != 0) {
            throw std::system_error(uv::to_error(status), "libuv");
        }
    }

    void work() {
        std::vector<std::function<void()>> jobs;
        {
            const std::scoped_lock lock(mutex_);
            jobs.swap(jobs_);
        }
        for (const std::function<void()>& job : jobs) {
            job();
        }
    }

    uv_loop_t loop_{};
    uv_async_t wake_{};
    std::optional<uv::UvTransport> transport_;
    std::mutex mutex_;
    std::vector<std::function<void()>> jobs_;
};

}  // namespace

std::unique_ptr<Getter> make_uv_getter(const Config& config) {
    return make_engine_getter(config, std::make_unique<UvThread>());
}

}  // namespace ferry::tools
