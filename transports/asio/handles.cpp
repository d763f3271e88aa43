// What ferry/asio.hpp calls for streams.
#include <ferry/asio.hpp>
#include <ferry/exceptions.hpp>

#include "transports/asio/stream.hpp"

#include <utility>

namespace ferry::asio::detail {

namespace net = ::boost::asio;

SharedStream make_stream(const Shared& client, const Prepared& prepared) {
    const Result<Request>& request = prepared.request();  // If it cannot be sent, the error knows the rest.
    return std::make_shared<StreamState>(client, request ? request->method : std::string(),
                                         request ? request->url.str() : std::string(), prepared.most());
}

void start_open(const SharedStream& stream, Handler<TryStreamSignature> handler, Prepared prepared) {
    stream->open(std::move(prepared.request()), std::move(handler));
}

void start_read(const SharedStream& stream, Handler<TryReadSignature> handler) { stream->read(std::move(handler)); }

void start_read_all(const SharedStream& stream, Handler<TryReadAllSignature> handler) {
    stream->read_all(std::move(handler));
}

void start_write(const SharedStream& stream, Handler<TryWriteSignature> handler, Buffer bytes) {
    stream->write(std::move(bytes), std::move(handler));
}

void start_read_some(const SharedStream& stream, Handler<IoSignature> handler, net::mutable_buffer memory) {
    stream->read_some(memory, std::move(handler));
}

void start_write_some(const SharedStream& stream, Handler<IoSignature> handler, net::const_buffer bytes) {
    stream->write_some(bytes, std::move(handler));
}

net::any_io_executor executor_of(const SharedStream& stream) { return stream->client()->executor(); }

std::exception_ptr exception_of(const SharedStream& stream, Error error) {
    return stream->exception_of(std::move(error));
}

StreamHandle& StreamHandle::operator=(StreamHandle&& other) noexcept {
    if (this != &other) {
        close();
        stream_ = std::move(other.stream_);
    }
    return *this;
}

const Response& StreamHandle::response() const noexcept { return stream_->response(); }

void StreamHandle::close() noexcept {
    if (stream_ != nullptr) {
        stream_->close();
    }
}

}  // namespace ferry::asio::detail

namespace ferry::asio {

bool StreamingResponse::is_upgraded() const noexcept { return stream_->is_upgraded(); }

Duplex StreamingResponse::into_duplex() && {
    if (!is_upgraded()) {
        throw StreamConsumed("the response did not switch protocols: there is no raw stream behind it");
    }
    return Duplex(std::move(stream_));
}

void Duplex::finish() noexcept { stream_->finish(); }

}  // namespace ferry::asio
