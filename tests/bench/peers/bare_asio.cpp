// What Boost.Asio costs without a client: a fixed request, llhttp with callbacks that store nothing.
#include "tests/bench/peers/program.hpp"

#include <llhttp.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bench;
namespace net = ::boost::asio;
using Error = ::boost::system::error_code;
// The executor's own type: what any_io_executor costs is not to be seen here.
using Socket = net::basic_stream_socket<net::ip::tcp, net::io_context::executor_type>;

class BareAsio {
public:
    explicit BareAsio(const Arguments& arguments) : arguments_(arguments), head_(arguments.head()) {
        llhttp_settings_init(&settings_);
        settings_.on_body = [](llhttp_t* parser, const char*, std::size_t size) {
            static_cast<Connection*>(parser->data)->bytes += size;
            return 0;
        };
        settings_.on_message_complete = [](llhttp_t* parser) {
            auto* const connection = static_cast<Connection*>(parser->data);
            connection->complete = parser->status_code == 200;
            return 0;
        };
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        to_begin_ = requests;
        for (std::size_t i = 0; i < concurrency && to_begin_ > 0; ++i) {
            if (i == connections_.size()) {
                open();
            }
            begin(*connections_[i]);
        }
        context_.restart();
        context_.run();
        if (totals_.requests != requests) {
            stop("bare-asio: a request did not end");
        }
        return totals_;
    }

private:
    using Block = std::unique_ptr<char[]>;
    struct Connection {
        explicit Connection(net::io_context& context) : socket(context) {}

        Socket socket;
        llhttp_t parser{};
        Block buffer{};  // While it is active.
        std::uint64_t bytes = 0;
        bool complete = false;
    };

    void open() {
        auto connection = std::make_unique<Connection>(context_);
        Error error;
        connection->socket.connect({net::ip::make_address(arguments_.host), arguments_.port}, error);
        if (error) {
            stop("bare-asio: cannot connect");
        }
        connection->socket.set_option(net::ip::tcp::no_delay(true));
        llhttp_init(&connection->parser, HTTP_RESPONSE, &settings_);
        connection->parser.data = connection.get();
        connections_.push_back(std::move(connection));
    }

    void begin(Connection& connection) {
        --to_begin_;
        if (!connection.buffer) {
            if (spare_.empty()) {
                connection.buffer.reset(new char[arguments_.bufsize]);
            } else {
                connection.buffer = std::move(spare_.back());
                spare_.pop_back();
            }
        }
        connection.bytes = 0;
        connection.complete = false;
        const auto written = [this, &connection](const Error& error, std::size_t) {
            if (error) {
                stop("bare-asio: cannot send");
            }
            read(connection);
        };
        if (arguments_.sends()) {
            const std::array<net::const_buffer, 2> pieces{net::buffer(head_), net::buffer(body_of(arguments_))};
            net::async_write(connection.socket, pieces, written);
        } else {
            net::async_write(connection.socket, net::buffer(head_), written);
        }
    }

    void read(Connection& connection) {
        connection.socket.async_read_some(
            net::buffer(connection.buffer.get(), arguments_.bufsize),
            [this, &connection](const Error& error, std::size_t size) {
                if (error || llhttp_execute(&connection.parser, connection.buffer.get(), size) != HPE_OK) {
                    stop("bare-asio: cannot read");
                }
                connection.complete ? end(connection) : read(connection);
            });
    }

    void end(Connection& connection) {
        ++totals_.requests;
        totals_.bytes += connection.bytes;
        if (to_begin_ > 0) {
            begin(connection);
        } else {
            spare_.push_back(std::move(connection.buffer));
        }
    }

    const Arguments arguments_;
    const std::string head_;
    llhttp_settings_t settings_{};
    net::io_context context_{1};
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Block> spare_;
    std::size_t to_begin_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<BareAsio>(argc, argv, "bare-asio"); }
