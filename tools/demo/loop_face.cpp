// The blocking client, on ferry's own loop.
#include "tools/demo/face.hpp"

#include <ferry/client.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace ferry::tools {
namespace {

class LoopFace final : public Face {
public:
    explicit LoopFace(const Config& config) : client_(config) {}

    Response request(std::string_view method, const std::string& url, const Options& options) override {
        return client_.request(method, url, options);
    }
    Response stream(std::string_view method, const std::string& url, const Options& options,
                    const Reader& reader) override {
        StreamingResponse response = client_.stream(method, url, options);
        std::chrono::milliseconds rest = reader.rest;
        while (const std::optional<Buffer> piece = response.read()) {
            reader.each(piece->bytes());
            std::this_thread::sleep_for(std::exchange(rest, std::chrono::milliseconds(0)));
        }
        return response.response();
    }
    std::vector<Result<Response>> gather(std::span<const Call> calls) override { return client_.gather(calls); }
    std::size_t repeat(const std::string& url, std::size_t count, std::size_t at_once) override {
        std::size_t done = 0;
        if (at_once == 1) {
            for (std::size_t i = 0; i < count; ++i) {
                done += is_success(client_.try_get(url));
            }
            return done;
        }
        const std::vector<Call> calls(at_once, Call(url));
        for (std::size_t i = 0; i < count; i += at_once) {
            for (const Result<Response>& result :
                 client_.gather(std::span(calls).first(std::min(at_once, count - i)))) {
                done += is_success(result);
            }
        }
        return done;
    }
    [[nodiscard]] Stats stats() const override { return client_.stats(); }
    bool drain() override { return client_.drain(); }

private:
    Client client_;
};

}  // namespace

std::unique_ptr<Face> make_loop_face(const Config& config) { return std::make_unique<LoopFace>(config); }

}  // namespace ferry::tools
