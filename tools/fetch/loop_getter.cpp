// The blocking client, on ferry's own loop.
#include "tools/fetch/getter.hpp"

#include "tools/fetch/failure.hpp"

#include <ferry/client.hpp>
#include <ferry/exceptions.hpp>

#include <utility>

namespace ferry::tools {
namespace {

class LoopTransfer final : public Transfer {
public:
    explicit LoopTransfer(StreamingResponse response) : response_(std::move(response)) {}

    [[nodiscard]] const Response& response() const override { return response_.response(); }
    [[nodiscard]] Result<std::optional<Buffer>> read() override { return response_.try_read(); }

private:
    StreamingResponse response_;
};

class LoopGetter final : public Getter {
public:
    explicit LoopGetter(const Config& config) : client_(config) {}

    [[nodiscard]] Result<std::unique_ptr<Transfer>> open(std::string_view method, const Url& url,
                                                         const Options& options) override {
        Result<StreamingResponse> response = client_.try_stream(method, url, options);
        if (!response) {
            return std::move(response).error();
        }
        return std::unique_ptr<Transfer>(std::make_unique<LoopTransfer>(*std::move(response)));
    }

private:
    Client client_;
};

}  // namespace

std::unique_ptr<Getter> make_loop_getter(const Config& config) {
    try {
        return std::make_unique<LoopGetter>(config);
    } catch (const RequestError& failure) {
        throw FetchFailure(exit_code_of(failure.error().code), failure.error().message);
    }
}

}  // namespace ferry::tools
