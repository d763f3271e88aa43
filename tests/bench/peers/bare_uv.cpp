// What libuv costs without a client: a fixed request, llhttp with callbacks that store nothing.
#include "tests/bench/peers/program.hpp"

#include <llhttp.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bench;

class BareUv {
public:
    explicit BareUv(const Arguments& arguments)
        : arguments_(arguments), head_(arguments.head()), buffer_(new char[arguments.bufsize]) {
        uv_loop_init(&loop_);
        llhttp_settings_init(&settings_);
        settings_.on_body = [](llhttp_t* parser, const char*, std::size_t size) {
            static_cast<Connection*>(parser->data)->bytes += size;
            return 0;
        };
        settings_.on_message_complete = [](llhttp_t* parser) {
            static_cast<Connection*>(parser->data)->complete = parser->status_code == 200;
            return 0;
        };
    }
    BareUv(const BareUv&) = delete;
    BareUv& operator=(const BareUv&) = delete;
    ~BareUv() {
        for (const auto& connection : connections_) {
            uv_close(reinterpret_cast<uv_handle_t*>(&connection->tcp), nullptr);
        }
        uv_run(&loop_, UV_RUN_DEFAULT);
        uv_loop_close(&loop_);
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
        left_ = requests;
        uv_run(&loop_, UV_RUN_DEFAULT);
        return totals_;
    }

private:
    struct Connection {
        BareUv* self = nullptr;
        uv_tcp_t tcp{};
        uv_connect_t connect{};
        uv_write_t write{};
        llhttp_t parser{};
        std::uint64_t bytes = 0;
        bool complete = false;
    };

    void open() {
        auto owned = std::make_unique<Connection>();
        Connection& connection = *owned;
        connections_.push_back(std::move(owned));
        connection.self = this;
        llhttp_init(&connection.parser, HTTP_RESPONSE, &settings_);
        connection.parser.data = &connection;
        uv_tcp_init(&loop_, &connection.tcp);
        uv_tcp_nodelay(&connection.tcp, 1);
        connection.tcp.data = &connection;
        connection.connect.data = &connection;
        connection.write.data = &connection;
        sockaddr_in address{};
        uv_ip4_addr(arguments_.host.c_str(), arguments_.port, &address);
        uv_tcp_connect(&connection.connect, &connection.tcp, reinterpret_cast<const sockaddr*>(&address),
                       [](uv_connect_t* request, int status) {
                           if (status != 0) {
                               stop("bare-uv: cannot connect");
                           }
                           auto& self = *static_cast<Connection*>(request->data);
                           uv_read_start(reinterpret_cast<uv_stream_t*>(&self.tcp), allocate, read);
                           self.self->begin(self);
                       });
    }

    void begin(Connection& connection) {
        connection.bytes = 0;
        connection.complete = false;
        std::array<uv_buf_t, 2> pieces{piece(head_), {}};
        unsigned count = 1;
        if (arguments_.sends()) {
            pieces[count++] = piece(body_of(arguments_));
        }
        auto* const stream = reinterpret_cast<uv_stream_t*>(&connection.tcp);
        const int sent = uv_try_write(stream, pieces.data(), count);
        std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
        for (uv_buf_t& each : pieces) {
            const std::size_t skipped = std::min(done, each.len);
            each.base += skipped;
            each.len -= skipped;
            done -= skipped;
        }
        const unsigned first = pieces[0].len == 0 ? 1 : 0;
        if (first < count && pieces[first].len > 0) {
            uv_write(&connection.write, stream, &pieces[first], count - first, [](uv_write_t*, int status) {
                if (status != 0) {
                    stop("bare-uv: cannot send");
                }
            });
        }
    }

    static uv_buf_t piece(const std::string& text) {
        return {.base = const_cast<char*>(text.data()), .len = text.size()};
    }

    static void allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        const BareUv& self = *static_cast<Connection*>(handle->data)->self;
        *buffer = {.base = self.buffer_.get(), .len = self.arguments_.bufsize};
    }

    static void read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
        auto& connection = *static_cast<Connection*>(stream->data);
        if (size < 0 || llhttp_execute(&connection.parser, buffer->base, static_cast<std::size_t>(size)) != HPE_OK) {
            stop("bare-uv: cannot read");
        }
        if (connection.complete) {
            connection.self->end(connection);
        }
    }

    void end(Connection& connection) {
        ++totals_.requests;
        totals_.bytes += connection.bytes;
        if (to_begin_ > 0) {
            --to_begin_;
            begin(connection);
        }
        if (--left_ == 0) {
            uv_stop(&loop_);
        }
    }

    const Arguments arguments_;
    const std::string head_;
    std::unique_ptr<char[]> buffer_;
    uv_loop_t loop_{};
    llhttp_settings_t settings_{};
    std::vector<std::unique_ptr<Connection>> connections_;
    std::size_t to_begin_ = 0;
    std::size_t left_ = 0;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    return run<BareUv>(argc, argv, "bare-uv");
}
