// ferry's blocking face: one request after the other, or gather() for several at a time from one thread.
#include "tests/bench/peers/ferry_face.hpp"

#include <ferry/client.hpp>

namespace {

using namespace bench;

class Blocking {
public:
    explicit Blocking(const Arguments& arguments)
        : arguments_(arguments), client_(client_config(arguments)), options_(request_options(arguments)) {
        const ferry::Call call =
            arguments.sends() ? ferry::Call(arguments.method(), arguments.url, options_) : ferry::Call(arguments.url);
        if (arguments.concurrency > 1 || arguments.mode == Mode::idle) {
            calls_.assign(batch(), call);
        }
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        Totals totals;
        while (totals.requests < requests) {
            if (concurrency == 1) {
                totals.bytes += one();
                ++totals.requests;
                continue;
            }
            const std::size_t count = std::min(calls_.size(), requests - totals.requests);
            for (const auto& response : client_.gather(std::span(calls_).first(count))) {
                totals.bytes += check(response);
                ++totals.requests;
            }
        }
        return totals;
    }

private:
    // A user who has many requests has a list of them that is longer than the number of connections; but for a fresh
    // client's, and where each is to have its own.
    [[nodiscard]] std::size_t batch() const {
        return arguments_.mode == Mode::fresh  ? arguments_.concurrency
               : arguments_.mode == Mode::idle ? arguments_.requests
                                               : arguments_.concurrency * 10;
    }

    std::uint64_t one() {
        if (!gathers(arguments_)) {
            ferry::StreamingResponse response = client_.stream("GET", arguments_.url);
            std::uint64_t bytes = 0;
            while (const auto piece = response.read()) {
                bytes += piece->size();
            }
            return bytes;
        }
        return arguments_.sends() ? check(client_.try_request(arguments_.method(), arguments_.url, options_))
                                  : check(client_.try_get(arguments_.url));
    }

    const Arguments arguments_;
    ferry::Client client_;
    const ferry::Options options_;
    std::vector<ferry::Call> calls_;
};

}  // namespace

int main(int argc, char** argv) { return run<Blocking>(argc, argv, "ferry-blocking"); }
