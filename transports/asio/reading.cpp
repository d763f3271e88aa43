// When and into what the connections of an AsioTransport read.
#include "transports/asio/transport.hpp"

#include "core/engine/burst.hpp"
#include "transports/loop/socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace ferry::asio {

namespace net = ::boost::asio;
using loop::system_error;

void AsioTransport::reading(ConnId id, bool enabled) {
    if (Connection* connection = find(id)) {
        connection->reading = enabled;
        want_read(*connection);
    } else if (Place* const place = place_of(id)) {
        place->reading = enabled;
    }
}

void AsioTransport::probe(ConnId id) {
    if (const Connection* const connection = find(id); connection != nullptr && connection->may_read()) {
        read_now(id);
    }
}

void AsioTransport::want_read(Connection& connection) {
    if (!connection.wants_read() || std::exchange(connection.awaiting, true)) {
        return;
    }
    to_read_.push_back(connection.id);
    if (to_read_.size() == 1) {
        expect();
        net::post(executor_, [this] {
            const Visit visit(*this);
            begin_reads();
        });
    }
}

void AsioTransport::begin_reads() {
    std::swap(to_read_, reading_now_);
    for (const ConnId id : reading_now_) {
        if (Connection* connection = find(id)) {
            begin_read(*connection);
        }
    }
    reading_now_.clear();
}

void AsioTransport::begin_read(Connection& connection) {
    if (!connection.wants_read()) {
        connection.awaiting = false;
        return;
    }
    ++connection.pending;
    if (!connection.sent) {
        connection.socket->async_wait(
            Socket::wait_read,
            handler(connection, [](AsioTransport& self, ConnId id, const boost::system::error_code& /*error*/) {
                self.on_read(id, nullptr, {}, 0);
            }));
        return;
    }
    ReadBuffer buffer = buffers_.empty() ? std::make_unique<std::byte[]>(read_size) : std::move(buffers_.back());
    if (!buffers_.empty()) {
        buffers_.pop_back();
    }
    most_buffers_out_ = std::max(most_buffers_out_, ++buffers_out_);
    const auto memory = net::buffer(buffer.get(), read_size);
    connection.socket->async_read_some(
        memory,
        handler(connection, [buffer = std::move(buffer)](
                                AsioTransport& self, ConnId id, const boost::system::error_code& error,
                                std::size_t size) mutable { self.on_read(id, std::move(buffer), error, size); }));
}

// Without a buffer: there may be something to read.
void AsioTransport::on_read(ConnId id, ReadBuffer buffer, std::error_code error, std::size_t size) {
    if (Connection* connection = resume(id)) {
        connection->awaiting = false;
        bool more = buffer == nullptr && connection->wants_read();
        if (size > 0) {
            more = received(id, {buffer.get(), size}, size == read_size);
        } else if (buffer != nullptr) {
            read_failed(id, error);
        }
        for (int i = 0; i < reads_per_round && more; ++i) {
            more = read_now(id);
        }
        if (connection = find(id); connection != nullptr) {
            want_read(*connection);
        }
    }
    if (buffer != nullptr) {
        if (buffers_.size() < max_spare_buffers) {
            buffers_.push_back(std::move(buffer));
        }
        if (--buffers_out_ == 0 && most_buffers_out_ > burst) [[unlikely]] {
            end_burst();
        }
    }
    turn();
}

void AsioTransport::end_burst() {
    give_back(buffers_);
    to_read_.shrink_to_fit();
    reading_now_.shrink_to_fit();
    most_buffers_out_ = 0;
}

bool AsioTransport::received(ConnId id, std::span<const std::byte> bytes, bool full) {
    find(id)->sent = false;
    facts_->on_received(id, bytes);
    const Connection* const connection = find(id);
    return full && connection != nullptr && connection->wants_read();
}

bool AsioTransport::read_now(ConnId id) {
    const std::span<std::byte> buffer = facts_->read_buffer(id);
    boost::system::error_code error;
    const std::size_t size = find(id)->socket->read_some(net::buffer(buffer.data(), buffer.size()), error);
    if (size > 0) {
        return received(id, buffer.first(size), size == buffer.size());
    }
    if (error != net::error::would_block) {
        read_failed(id, error);
    }
    return false;
}

void AsioTransport::read_failed(ConnId id, std::error_code error) {
    Connection& connection = *find(id);
    if (error != net::error::make_error_code(net::error::eof)) {
        finish(id, error);
    } else if (connection.broken != 0) {
        finish(id, system_error(connection.broken));
    } else {
        connection.ended = true;
        facts_->on_eof(id);
    }
}

}  // namespace ferry::asio
