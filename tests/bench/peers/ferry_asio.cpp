// ferry on Boost.Asio with callbacks.
#include "tests/bench/peers/ferry_face.hpp"

#include <ferry/asio.hpp>

#include <boost/asio/io_context.hpp>

#include <optional>
#include <utility>

namespace {

using namespace bench;

class Callbacks {
public:
    explicit Callbacks(const Arguments& arguments)
        : arguments_(arguments), client_(context_, client_config(arguments)), options_(request_options(arguments)) {}

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        requests_ = requests;
        to_begin_ = requests;
        for (std::size_t i = 0; i < concurrency && to_begin_ > 0; ++i) {
            begin();
        }
        context_.restart();
        context_.run();
        return totals_;
    }

private:
    void begin() {
        --to_begin_;
        const auto done = [this](const ferry::Result<ferry::Response>& response) {
            totals_.bytes += check(response);
            end();
        };
        if (!gathers(arguments_)) {
            client_.try_stream("GET", arguments_.url, [this](ferry::Result<ferry::asio::StreamingResponse> response) {
                if (!response) {
                    stop(response.error());
                }
                response_.emplace(*std::move(response));
                read();
            });
        } else if (arguments_.sends()) {
            client_.try_request(arguments_.method(), arguments_.url, options_, done);
        } else {
            client_.try_get(arguments_.url, done);
        }
    }

    void read() {
        response_->try_read([this](const ferry::Result<std::optional<ferry::Buffer>>& piece) {
            if (!piece) {
                stop(piece.error());
            }
            if (*piece) {
                totals_.bytes += (*piece)->size();
                read();
                return;
            }
            response_.reset();
            end();
        });
    }

    void end() {
        ++totals_.requests;
        if (to_begin_ > 0) {
            begin();
        } else if (totals_.requests == requests_) {
            context_.stop();  // Idle connections keep run() going.
        }
    }

    const Arguments arguments_;
    ::boost::asio::io_context context_{1};
    ferry::asio::Client client_;
    const ferry::Options options_;
    std::optional<ferry::asio::StreamingResponse> response_;  // Downloads come one at a time.
    std::size_t requests_ = 0;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<Callbacks>(argc, argv, "ferry-asio"); }
