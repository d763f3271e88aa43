// A program that uses the client for Boost.Asio: nobody listens on port 1.
#include <ferry/asio.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

namespace {

boost::asio::awaitable<void> fetch(boost::asio::io_context& context, bool& refused) {
    ferry::asio::Client client(context);
    try {
        co_await client.get("http://127.0.0.1:1/");
    } catch (const ferry::ConnectError& error) {
        std::cout << error.what() << '\n';
        refused = true;
    }
}

}  // namespace

int main() {
    boost::asio::io_context context;
    bool refused = false;
    boost::asio::co_spawn(context, fetch(context, refused), boost::asio::detached);
    context.run();
    return refused ? 0 : 1;
}
