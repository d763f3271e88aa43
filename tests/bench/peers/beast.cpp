// Boost.Beast with callbacks: on raw sockets, without any timeout, or (BEAST_STREAM) on tcp_stream, with one for each
// operation as its documentation shows. Nothing is pooled but what stands here: a buffer and a request a connection.
#include "tests/bench/peers/program.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
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
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bench;
namespace net = ::boost::asio;
namespace beast = ::boost::beast;
namespace http = beast::http;
using Error = ::boost::system::error_code;
using Executor = net::io_context::executor_type;

#ifdef BEAST_STREAM
using Stream = beast::basic_stream<net::ip::tcp, Executor>;
constexpr std::string_view peer_name = "beast-stream";
void limit(Stream& stream) { stream.expires_after(std::chrono::seconds(30)); }
auto& socket_of(Stream& stream) { return stream.socket(); }
#else
using Stream = net::basic_stream_socket<net::ip::tcp, Executor>;
constexpr std::string_view peer_name = "beast-raw";
void limit(Stream&) {}
auto& socket_of(Stream& stream) { return stream; }
#endif

template <class Body>
http::request<Body> make_request(const Arguments& arguments) {
    http::request<Body> request{http::string_to_verb(arguments.method()), arguments.target, 11};
    request.set(http::field::host, arguments.authority());
    request.set(http::field::accept, "*/*");
    request.set(http::field::user_agent, "bench");
    return request;
}

class Beast {
public:
    explicit Beast(const Arguments& arguments)
        : arguments_(arguments), plain_(make_request<http::empty_body>(arguments)) {
        if (arguments.sends()) {
            with_body_ = make_request<http::span_body<const char>>(arguments);
            with_body_->set(http::field::content_type, arguments.content_type());
            with_body_->body() = {body_of(arguments).data(), body_of(arguments).size()};
            with_body_->prepare_payload();
        }
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        to_begin_ = requests;
        for (std::size_t i = 0; i < concurrency && to_begin_ > 0; ++i) {
            --to_begin_;
            if (i == connections_.size()) {
                open();
            } else {
                begin(*connections_[i]);
            }
        }
        context_.restart();
        context_.run();
        if (totals_.requests != requests) {
            stop("beast: a request did not end");
        }
        return totals_;
    }

private:
    struct Connection {
        explicit Connection(net::io_context& context) : stream(context) {}

        Stream stream;
        beast::flat_buffer buffer{};
        std::optional<http::response_parser<http::string_body>> gathered{};
        std::optional<http::response_parser<http::buffer_body>> pieces{};
        std::uint64_t bytes = 0;
    };

    void open() {
        connections_.push_back(std::make_unique<Connection>(context_));
        Connection& connection = *connections_.back();
        if (arguments_.mode == Mode::download) {
            // Beast reads no more at a time than the buffer has room for.
            connection.buffer.reserve(64 * 1024);
        }
        limit(connection.stream);
        connection.stream.async_connect({net::ip::make_address(arguments_.host), arguments_.port},
                                        [this, &connection](const Error& error) {
                                            check(error);
                                            socket_of(connection.stream).set_option(net::ip::tcp::no_delay(true));
                                            begin(connection);
                                        });
    }

    void begin(Connection& connection) {
        limit(connection.stream);
        const auto written = [this, &connection](const Error& error, std::size_t) {
            check(error);
            limit(connection.stream);
            if (arguments_.mode == Mode::download && !arguments_.collect) {
                read_head(connection);
            } else {
                read_all(connection);
            }
        };
        if (with_body_) {
            http::async_write(connection.stream, *with_body_, written);
        } else {
            http::async_write(connection.stream, plain_, written);
        }
    }

    void read_all(Connection& connection) {
        auto& parser = connection.gathered.emplace();
        parser.body_limit(::boost::none);
        http::async_read(connection.stream, connection.buffer, parser,
                         [this, &connection](const Error& error, std::size_t) {
                             check(error);
                             const auto& response = connection.gathered->get();
                             if (response.result() != http::status::ok) {
                                 stop("beast: not a 200");
                             }
                             end(connection, response.body().size());
                         });
    }

    void read_head(Connection& connection) {
        auto& parser = connection.pieces.emplace();
        parser.body_limit(::boost::none);
        connection.bytes = 0;
        http::async_read_header(connection.stream, connection.buffer, parser,
                                [this, &connection](const Error& error, std::size_t) {
                                    check(error);
                                    read_piece(connection);
                                });
    }

    void read_piece(Connection& connection) {
        auto& body = connection.pieces->get().body();
        body.data = piece_.data();
        body.size = piece_.size();
        limit(connection.stream);
        http::async_read(connection.stream, connection.buffer, *connection.pieces,
                         [this, &connection](const Error& error, std::size_t) {
                             if (error != http::error::need_buffer) {
                                 check(error);
                             }
                             connection.bytes += piece_.size() - connection.pieces->get().body().size;
                             if (connection.pieces->is_done()) {
                                 end(connection, connection.bytes);
                             } else {
                                 read_piece(connection);
                             }
                         });
    }

    void end(Connection& connection, std::uint64_t bytes) {
        ++totals_.requests;
        totals_.bytes += bytes;
        if (to_begin_ > 0) {
            --to_begin_;
            begin(connection);
        } else if (arguments_.mode == Mode::idle) {
            connection.gathered.reset();
        }
    }

    static void check(const Error& error) {
        if (error) {
            stop("beast: " + error.message());
        }
    }

    const Arguments arguments_;
    http::request<http::empty_body> plain_;
    std::optional<http::request<http::span_body<const char>>> with_body_;
    std::vector<char> piece_ = std::vector<char>(arguments_.mode == Mode::download ? arguments_.bufsize : 1);
    net::io_context context_{1};
    std::vector<std::unique_ptr<Connection>> connections_;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<Beast>(argc, argv, peer_name); }
