// ferry on Boost.Asio in coroutines: as many as there are requests at a time.
#include "tests/bench/peers/ferry_face.hpp"

#include <ferry/asio.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace {

using namespace bench;
namespace net = ::boost::asio;

class Coroutines {
public:
    explicit Coroutines(const Arguments& arguments)
        : arguments_(arguments), client_(context_, client_config(arguments)), options_(request_options(arguments)) {}

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        requests_ = requests;
        to_begin_ = requests;
        for (std::size_t i = 0; i < std::min(concurrency, requests); ++i) {
            net::co_spawn(context_, lane(), [](const std::exception_ptr& failure) {
                if (failure) {
                    stop("ferry-asio-coro: a request failed");
                }
            });
        }
        context_.restart();
        context_.run();
        return totals_;
    }

private:
    net::awaitable<void> lane() {
        while (to_begin_ > 0) {
            --to_begin_;
            if (!gathers(arguments_)) {
                ferry::asio::StreamingResponse response = co_await client_.stream("GET", arguments_.url);
                while (const std::optional<ferry::Buffer> piece = co_await response.read()) {
                    totals_.bytes += piece->size();
                }
                end();
            } else if (arguments_.sends()) {
                const ferry::Response response =
                    co_await client_.request(arguments_.method(), arguments_.url, options_);
                take(response);
            } else {
                const ferry::Response response = co_await client_.get(arguments_.url);
                take(response);
            }
        }
    }

    void take(const ferry::Response& response) {
        if (!response.is_success()) {
            stop("ferry-asio-coro: not a success");
        }
        totals_.bytes += response.content().size();
        end();
    }

    void end() {
        if (++totals_.requests == requests_) {
            context_.stop();  // Idle connections keep run() going.
        }
    }

    const Arguments arguments_;
    net::io_context context_{1};
    ferry::asio::Client client_;
    const ferry::Options options_;
    std::size_t requests_ = 0;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<Coroutines>(argc, argv, "ferry-asio-coro"); }
