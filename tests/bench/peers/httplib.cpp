// cpp-httplib: blocking, so a thread and a client for each request at a time; connections are kept alive.
#include "tests/bench/peers/program.hpp"

#include <httplib.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace bench;

class Httplib {
public:
    explicit Httplib(const Arguments& arguments) : arguments_(arguments) {}

    Totals perform(std::size_t requests, std::size_t concurrency) {
        const std::size_t lanes = std::min(requests, concurrency);
        while (clients_.size() < lanes) {
            auto client = std::make_unique<httplib::Client>(arguments_.host, arguments_.port);
            client->set_keep_alive(true);
            client->set_tcp_nodelay(true);
            clients_.push_back(std::move(client));
        }
        std::atomic<std::size_t> begun = 0;
        std::atomic<std::uint64_t> bytes = 0;
        const auto lane = [&](httplib::Client& client) {
            std::uint64_t sum = 0;
            while (begun.fetch_add(1, std::memory_order_relaxed) < requests) {
                sum += request(client);
            }
            bytes += sum;
        };
        if (lanes == 1) {
            lane(*clients_[0]);
        } else {
            std::vector<std::thread> threads;
            for (std::size_t i = 0; i < lanes; ++i) {
                threads.emplace_back(lane, std::ref(*clients_[i]));
            }
            for (std::thread& thread : threads) {
                thread.join();
            }
        }
        return {.requests = requests, .bytes = bytes};
    }

private:
    std::uint64_t request(httplib::Client& client) const {
        if (arguments_.mode == Mode::download && !arguments_.collect) {
            std::uint64_t bytes = 0;
            check(client.Get(arguments_.target, [&bytes](const char*, std::size_t size) {
                bytes += size;
                return true;
            }));
            return bytes;
        }
        const std::string type(arguments_.content_type());
        if (arguments_.mode == Mode::post) {
            const std::string& body = body_of(arguments_);
            return check(client.Post(arguments_.target, body.data(), body.size(), type)).body.size();
        }
        if (arguments_.mode == Mode::upload) {
            const std::string& body = body_of(arguments_);
            const auto provide = [&body](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                return sink.write(body.data() + offset, length);
            };
            return check(client.Put(arguments_.target, body.size(), provide, type)).body.size();
        }
        return check(client.Get(arguments_.target)).body.size();
    }

    static httplib::Response check(httplib::Result result) {
        if (!result || result->status != 200) {
            stop("httplib: " + (result ? std::string("not a 200") : httplib::to_string(result.error())));
        }
        return std::move(*result);
    }

    const Arguments arguments_;
    std::vector<std::unique_ptr<httplib::Client>> clients_;
};

}  // namespace

int main(int argc, char** argv) { return run<Httplib>(argc, argv, "httplib"); }
