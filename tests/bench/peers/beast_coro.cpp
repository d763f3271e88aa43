// Boost.Beast in coroutines, on tcp_stream with a timeout for each operation, as its documentation shows.
#include "tests/bench/peers/program.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace bench;
namespace net = ::boost::asio;
namespace beast = ::boost::beast;
namespace http = beast::http;
using Error = ::boost::system::error_code;
using Executor = net::io_context::executor_type;
using Stream = beast::basic_stream<net::ip::tcp, Executor>;
template <class T>
using Task = net::awaitable<T, Executor>;

constexpr auto patience = std::chrono::seconds(30);

class BeastCoroutines {
public:
    explicit BeastCoroutines(const Arguments& arguments) : arguments_(arguments) {
        if (arguments.sends()) {
            with_body_ = make_request<http::span_body<const char>>();
            with_body_->set(http::field::content_type, arguments.content_type());
            with_body_->body() = {body_of(arguments).data(), body_of(arguments).size()};
            with_body_->prepare_payload();
        }
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        to_begin_ = requests;
        for (std::size_t i = 0; i < std::min(concurrency, requests); ++i) {
            if (i == connections_.size()) {
                connections_.push_back(std::make_unique<Connection>(context_));
                if (arguments_.mode == Mode::download) {
                    // Beast reads no more at a time than the buffer has room for.
                    connections_.back()->buffer.reserve(64 * 1024);
                }
            }
            net::co_spawn(context_, lane(*connections_[i]), [](const std::exception_ptr& failure) {
                if (failure) {
                    stop("beast-coro: a request failed");
                }
            });
        }
        context_.restart();
        context_.run();
        if (totals_.requests != requests) {
            stop("beast-coro: a request did not end");
        }
        return totals_;
    }

private:
    struct Connection {
        explicit Connection(net::io_context& context) : stream(context) {}

        Stream stream;
        beast::flat_buffer buffer{};
        bool open = false;
    };

    template <class Body>
    http::request<Body> make_request() const {
        http::request<Body> request{http::string_to_verb(arguments_.method()), arguments_.target, 11};
        request.set(http::field::host, arguments_.authority());
        request.set(http::field::accept, "*/*");
        request.set(http::field::user_agent, "bench");
        return request;
    }

    Task<void> lane(Connection& connection) {
        if (!std::exchange(connection.open, true)) {
            const net::ip::tcp::endpoint to(net::ip::make_address(arguments_.host), arguments_.port);
            connection.stream.expires_after(patience);
            co_await connection.stream.async_connect(to, net::deferred);
            connection.stream.socket().set_option(net::ip::tcp::no_delay(true));
        }
        while (to_begin_ > 0) {
            --to_begin_;
            connection.stream.expires_after(patience);
            if (with_body_) {
                co_await http::async_write(connection.stream, *with_body_, net::deferred);
            } else {
                co_await http::async_write(connection.stream, plain_, net::deferred);
            }
            connection.stream.expires_after(patience);
            if (arguments_.mode == Mode::download && !arguments_.collect) {
                totals_.bytes += co_await drop(connection);
            } else {
                totals_.bytes += co_await gather(connection);
            }
            ++totals_.requests;
        }
    }

    static Task<std::uint64_t> gather(Connection& connection) {
        http::response_parser<http::string_body> parser;
        parser.body_limit(::boost::none);
        co_await http::async_read(connection.stream, connection.buffer, parser, net::deferred);
        if (parser.get().result() != http::status::ok) {
            stop("beast-coro: not a 200");
        }
        co_return parser.get().body().size();
    }

    Task<std::uint64_t> drop(Connection& connection) {
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(::boost::none);
        co_await http::async_read_header(connection.stream, connection.buffer, parser, net::deferred);
        std::uint64_t bytes = 0;
        while (!parser.is_done()) {
            auto& body = parser.get().body();
            body.data = piece_.data();
            body.size = piece_.size();
            connection.stream.expires_after(patience);
            const auto [error, size] =
                co_await http::async_read(connection.stream, connection.buffer, parser, net::as_tuple(net::deferred));
            if (error && error != http::error::need_buffer) {
                stop("beast-coro: " + error.message());
            }
            bytes += piece_.size() - body.size;
        }
        co_return bytes;
    }

    const Arguments arguments_;
    http::request<http::empty_body> plain_ = make_request<http::empty_body>();
    std::optional<http::request<http::span_body<const char>>> with_body_;
    std::vector<char> piece_ = std::vector<char>(arguments_.mode == Mode::download ? arguments_.bufsize : 1);
    net::io_context context_{1};
    std::vector<std::unique_ptr<Connection>> connections_;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<BeastCoroutines>(argc, argv, "beast-coro"); }
