// The libuv client, with a loop of its own that runs while a call waits.
#include "tools/demo/face.hpp"

#include <ferry/uv.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace ferry::tools {
namespace {

class UvFace final : public Face {
public:
    explicit UvFace(const Config& config) {
        uv_loop_init(&loop_);
        client_.emplace(&loop_, config);
    }
    UvFace(const UvFace&) = delete;
    UvFace& operator=(const UvFace&) = delete;
    ~UvFace() override {
        client_.reset();
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
    }

    Response request(std::string_view method, const std::string& url, const Options& options) override {
        std::optional<Result<Response>> result;
        client_->request(method, url, options, [&result](Result<Response> r) { result.emplace(std::move(r)); });
        uv_run(&loop_, UV_RUN_DEFAULT);
        return std::move(*result).value();
    }
    Response stream(std::string_view method, const std::string& url, const Options& options,
                    const Reader& reader) override {
        std::optional<Result<Response>> result;
        uv_timer_t timer{};
        uv_timer_init(&loop_, &timer);
        uv::RequestHandle handle;
        timer.data = &handle;
        bool rested = reader.rest.count() == 0;
        handle = client_->stream(
            method, url, options,
            {.on_body =
                 [&](ConstBuffer bytes) {
                     reader.each(bytes);
                     if (!std::exchange(rested, true)) {
                         handle.pause();
                         uv_timer_start(
                             &timer, [](uv_timer_t* t) { static_cast<uv::RequestHandle*>(t->data)->resume(); },
                             static_cast<std::uint64_t>(reader.rest.count()), 0);
                     }
                 },
             .on_done = [&](Result<Response> r) { result.emplace(std::move(r)); }});
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
        uv_run(&loop_, UV_RUN_DEFAULT);
        return std::move(*result).value();
    }
    std::vector<Result<Response>> gather(std::span<const Call> calls) override {
        std::vector<std::optional<Result<Response>>> results(calls.size());
        for (std::size_t i = 0; i < calls.size(); ++i) {
            client_->request(calls[i].method, calls[i].url, calls[i].options,
                             [&result = results[i]](Result<Response> r) { result.emplace(std::move(r)); });
        }
        uv_run(&loop_, UV_RUN_DEFAULT);
        std::vector<Result<Response>> all;
        all.reserve(results.size());
        for (std::optional<Result<Response>>& result : results) {
            all.push_back(*std::move(result));
        }
        return all;
    }
    std::size_t repeat(const std::string& url, std::size_t count, std::size_t at_once) override {
        Chain chain{*client_, url, count};
        for (std::size_t i = 0; i < std::min(at_once, count); ++i) {
            chain.begin();
        }
        uv_run(&loop_, UV_RUN_DEFAULT);
        return chain.done;
    }
    [[nodiscard]] Stats stats() const override { return client_->stats(); }
    bool drain() override {
        bool drained = false;
        client_->drain([&](bool all) { drained = all; });
        uv_run(&loop_, UV_RUN_DEFAULT);
        return drained;
    }

private:
    struct Chain {
        uv::Client& client;
        const std::string& url;
        const std::size_t count;
        std::size_t begun = 0;
        std::size_t done = 0;

        void begin() {
            ++begun;
            client.get(url, [this](const Result<Response>& result) {
                done += is_success(result);
                if (begun < count) {
                    begin();
                }
            });
        }
    };

    uv_loop_t loop_{};
    std::optional<uv::Client> client_;
};

}  // namespace

std::unique_ptr<Face> make_uv_face(const Config& config) { return std::make_unique<UvFace>(config); }

}  // namespace ferry::tools
