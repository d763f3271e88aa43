// The blocking client, on ferry's own loop.
#include "tools/demo/face.hpp"

#include <ferry/client.hpp>

namespace ferry::tools {
namespace {

class LoopFace final : public Face {
public:
    explicit LoopFace(const Config& config) : client_(config) {}

    Response request(std::string_view method, const std::string& url, const Options& options) override {
        return client_.request(method, url, options);
    }
    std::vector<Result<Response>> gather(std::span<const Call> calls) override { return client_.gather(calls); }
    [[nodiscard]] Stats stats() const override { return client_.stats(); }

private:
    Client client_;
};

}  // namespace

std::unique_ptr<Face> make_loop_face(const Config& config) { return std::make_unique<LoopFace>(config); }

}  // namespace ferry::tools
