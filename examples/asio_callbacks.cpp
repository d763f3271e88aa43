// Callbacks on Boost.Asio: asio_callbacks URL… fetches one URL after the other. Ctrl-C cancels.
#include <ferry/asio.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

class Fetcher {
public:
    Fetcher(net::io_context& context, std::vector<std::string> urls)
        : client_(context, {.timeout = 5s}), interrupt_(context, SIGINT), urls_(std::move(urls)) {
        interrupt_.async_wait([this](const boost::system::error_code& error, int) {
            if (!error) {
                urls_.clear();
                signal_.emit(net::cancellation_type::terminal);
            }
        });
        next();
    }

private:
    void next() {
        if (at_ >= urls_.size()) {
            // Without these two run() would go on: with the signal for ever, with idle connections until they expire.
            interrupt_.cancel();
            client_.close();
            return;
        }
        client_.try_get(urls_[at_++],
                        net::bind_cancellation_slot(signal_.slot(), [this](ferry::Result<ferry::Response> r) {
                            if (r) {
                                std::cout << r->status_code() << ' ' << r->url().str() << '\n';
                            } else {
                                std::cout << r.error().message << '\n';
                            }
                            next();
                        }));
    }

    ferry::asio::Client client_;
    net::signal_set interrupt_;
    net::cancellation_signal signal_;
    std::vector<std::string> urls_;
    std::size_t at_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    const std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    net::io_context context;
    const Fetcher fetcher(context, {arguments.begin(), arguments.end()});
    context.run();
}
