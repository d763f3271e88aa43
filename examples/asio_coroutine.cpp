// Coroutines on Boost.Asio: asio_coroutine URL… fetches all URLs at once, each with its own limit, and tells how it went.
#include <ferry/asio.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <variant>

namespace net = boost::asio;
using namespace net::experimental::awaitable_operators;
using namespace std::chrono_literals;

namespace {

net::awaitable<void> fetch(ferry::asio::Client& client, std::string url) {
    // A named variable: GCC 12 gets braces inside of a co_await expression wrong. The fluent spelling needs none.
    ferry::Options options{.headers = {{"Accept", "text/*"}}, .timeout = 5s};
    try {
        const ferry::Response r = co_await client.get(url, options);
        std::cout << url << ": " << r.status_code() << ", " << r.content().size() << " bytes\n";
    } catch (const ferry::HttpError& e) {
        std::cout << url << ": " << e.what() << '\n';
    }
}

// The head alone, if it comes in time; else the request is cancelled.
net::awaitable<void> look(ferry::asio::Client& client, std::string url) {
    net::steady_timer timer(client.get_executor(), 2s);
    const auto first =
        co_await (client.request("HEAD", url).send(net::use_awaitable) || timer.async_wait(net::use_awaitable));
    if (const ferry::Response* const r = std::get_if<0>(&first)) {
        std::cout << url << ": HEAD " << r->status_code() << '\n';
    } else {
        std::cout << url << ": no answer to HEAD\n";
    }
}

}  // namespace

int main(int argc, char** argv) {
    net::io_context context;
    ferry::asio::Client client(context, {.limits = {.max_connections = 10}});
    int under_way = 2 * (argc - 1);
    const auto ended = [&](const std::exception_ptr&) {
        if (--under_way == 0) {
            client.close();  // Else run() would go on until the idle connections expire.
        }
    };
    for (int i = 1; i < argc; ++i) {
        net::co_spawn(context, look(client, argv[i]), ended);
        net::co_spawn(context, fetch(client, argv[i]), ended);
    }
    context.run();
}
