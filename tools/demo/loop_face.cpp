// The blocking client, on ferry's own loop.
#include "tools/demo/face.hpp"

#include <ferry/client.hpp>

#include <algorithm>

namespace ferry::tools {
namespace {

class LoopFace final : public Face {
public:
    explicit LoopFace(const Config& config) : client_(config) {}

    Response request(std::string_view method, const std::string& url, const Options& options) override {
        return client_.request(method, url, options);
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

private:
    Client client_;
};

}  // namespace

std::unique_ptr<Face> make_loop_face(const Config& config) { return std::make_unique<LoopFace>(config); }

}  // namespace ferry::tools
