// ferry on Boost.Asio with callbacks.
#include "tests/bench/peers/ferry_face.hpp"

#include <ferry/asio.hpp>

#include <boost/asio/io_context.hpp>

namespace {

using namespace bench;

class Callbacks {
public:
    explicit Callbacks(const Arguments& arguments)
        : arguments_(arguments), client_(context_, client_config(arguments)), options_(request_options(arguments)) {}

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        to_begin_ = requests;
        for (std::size_t i = 0; i < concurrency && to_begin_ > 0; ++i) {
            begin();
        }
        // Idle connections keep run() going.
        while (totals_.requests < requests) {
            context_.run_one();
        }
        return totals_;
    }

private:
    void begin() {
        --to_begin_;
        const auto done = [this](const ferry::Result<ferry::Response>& response) {
            totals_.bytes += check(response);
            ++totals_.requests;
            if (to_begin_ > 0) {
                begin();
            }
        };
        if (arguments_.sends()) {
            client_.try_request(arguments_.method(), arguments_.url, options_, done);
        } else {
            client_.try_get(arguments_.url, done);
        }
    }

    const Arguments arguments_;
    ::boost::asio::io_context context_{1};
    ferry::asio::Client client_;
    const ferry::Options options_;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<Callbacks>(argc, argv, "ferry-asio"); }
