// Boost.Asio as a transport: sockets, one timer, and lookups on helper threads, over any executor.
//
// Connects are begun by one handler for all that are wanted: what a connection lives with is then made apart from what
// its first request needs for a moment, and leaves no holes behind.
//
// Writes go to the socket at once, and what it does not take waits for writability: nothing that is lent is ever
// pending. Reads are begun by one handler for all connections, posted behind what the program does with the last
// answer: a read that is begun earlier comes too early, and costs a system call for nothing. A connection that has sent
// something then reads into a buffer of its own; one that has not since bytes last came waits without a buffer, and
// reads into the engine's when there is something.
//
// Everything but the constructor belongs to the executor: a strand, or a context that one thread runs.
#pragma once

#include <ferry/driver.hpp>

#include "transports/asio/operation_memory.hpp"
#include "transports/loop/resolver.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ferry::asio {

class AsioTransport final : public Transport {
public:
    using Executor = ::boost::asio::any_io_executor;

    /// What a connection that awaits an answer reads into; longer answers go on in the engine's buffer.
    static constexpr std::size_t read_size = std::size_t{4} * 1024;
    /// A socket is read from so often in a row, as long as the reads fill the buffer; then it is the next one's turn.
    static constexpr int reads_per_round = 4;
    /// The most pieces that one write passes to the system; the rest is written by the next.
    static constexpr std::size_t max_pieces = 16;
    /// As many buffers are kept for reads to come.
    static constexpr std::size_t max_spare_buffers = 64;

    explicit AsioTransport(Executor executor, ResolveFunction lookup = system_lookup);
    AsioTransport(const AsioTransport&) = delete;
    AsioTransport& operator=(const AsioTransport&) = delete;
    /// Closes all sockets and reports nothing.
    ~AsioTransport() override = default;

    /// Whom to report to. A share of `self` is kept until every handler has come back, or abandon(). `after` is called as the
    /// last thing of every handler: user code may run there. Once, before anything else.
    void attach(Facts& facts, std::weak_ptr<AsioTransport> self, std::function<void()> after = {}) {
        facts_ = &facts;
        self_ = std::move(self);
        after_ = std::move(after);
    }
    /// Lets go of all that belongs to the execution context, which is about to end; nothing is reported any more. Handlers
    /// must not be called after this, and may be destroyed at any time.
    void abandon() noexcept;

    /// Reads the clock. Call it before commands from outside a handler.
    void refresh() {
        now_ = Time(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
    }

    [[nodiscard]] Time now() override { return now_; }
    [[nodiscard]] Capabilities capabilities() const override {
        return {.local_sockets = true, .probe = true, .half_close = true};
    }
    void lookup(LookupId id, std::string_view host, std::uint16_t port) override;
    void cancel_lookup(LookupId id) override;
    void connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) override;
    [[nodiscard]] Written write(ConnId id, std::span<const ConstBuffer> pieces) override;
    void await_writable(ConnId id) override;
    void reading(ConnId id, bool enabled) override;
    void probe(ConnId id) override;
    void shutdown(ConnId id) override;
    void close(ConnId id) override;
    void arm(std::optional<Time> when) override;

private:
    /// For TCP and Unix domain sockets alike.
    using Socket = ::boost::asio::basic_stream_socket<::boost::asio::generic::stream_protocol, Executor>;
    using ReadBuffer = std::unique_ptr<std::byte[]>;

    struct Connection {
        explicit Connection(ConnId conn) : id(conn) {}

        const ConnId id;
        int holders = 0;  // Its place, and pending operations: the memory of one is in it.
        int pending = 0;  // Handlers that will come back.
        bool connected = false;
        bool closing = false;  // close() was called: it is answered when nothing is pending.
        bool reading = true;
        bool ended = false;            // The peer's half is.
        bool awaiting = false;         // A read is pending, or will be begun.
        bool sent = false;             // Something, since bytes last came: an answer is due.
        int broken = 0;                // A write found a reset, this one: the end that reads see is not an orderly one.
        std::optional<Socket> socket;  // Until its end.
        OperationMemory memory;

        [[nodiscard]] bool may_read() const noexcept { return connected && !ended && !closing; }
        [[nodiscard]] bool wants_read() const noexcept { return may_read() && reading; }
    };
    /// Keeps a connection. Counted without atomics: what happens off the executor, Asio's moves of handlers, does not count.
    class Hold {
    public:
        Hold() noexcept = default;
        explicit Hold(Connection* connection) noexcept : connection_(connection) { ++connection_->holders; }
        Hold(Hold&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
        Hold& operator=(Hold&& other) noexcept {
            std::swap(connection_, other.connection_);
            return *this;
        }
        ~Hold() {
            if (connection_ != nullptr && --connection_->holders == 0) {
                delete connection_;
            }
        }

        [[nodiscard]] Connection* get() const noexcept { return connection_; }
        [[nodiscard]] Connection* operator->() const noexcept { return connection_; }

    private:
        Connection* connection_ = nullptr;
    };
    struct Place {                     // by ConnId::slot
        Hold connection;               // None before the connect is begun.
        std::uint32_t generation = 0;  // 0: after the connection's end.
        bool reading = true;           // What the connection begins with.
    };
    struct Wanted {
        ConnId id;
        Endpoint to;
        std::shared_ptr<const SocketOptions> options;
    };
    /// A handler that has come back, while it runs. Those that it begins find the share of the last: as long as something is
    /// always pending, none is taken or given back.
    class Visit {
    public:
        explicit Visit(AsioTransport& transport) noexcept : transport_(transport) {}
        Visit(const Visit&) = delete;
        Visit& operator=(const Visit&) = delete;
        ~Visit() {
            if (--transport_.out_ == 0) {
                const std::shared_ptr<AsioTransport> last = std::move(transport_.own_);
            }
        }

    private:
        AsioTransport& transport_;
    };
    /// Keeps the connection that it comes back to, and lends Asio its memory.
    template <class Action>
    struct Handler {
        using allocator_type = OperationAllocator<void>;
        [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type(connection->memory); }

        template <class... Args>
        void operator()(const Args&... args) {
            const Visit visit(*self);
            action(*self, connection->id, args...);
        }

        AsioTransport* self;
        Hold connection;
        Action action;
    };

    [[nodiscard]] Place* place_of(ConnId id) noexcept;
    [[nodiscard]] Connection* find(ConnId id) noexcept;
    /// A handler will come back, or be destroyed uncalled after abandon(). It makes a Visit.
    void expect() {
        if (out_++ == 0) {
            own_ = self_.lock();
        }
    }
    /// Has `action` called with this, the id and what the operation ends with.
    template <class Action>
    [[nodiscard]] Handler<Action> handler(Connection& connection, Action action) {
        expect();
        return {this, Hold(&connection), std::move(action)};
    }
    /// The connection a handler comes back to, if it is to go on; answers close() after the last one.
    [[nodiscard]] Connection* resume(ConnId id);
    /// Does what every handler ends with.
    void turn();

    void begin_connects();
    void begin_connect(const Wanted& wanted);
    void finish_connect(ConnId id, std::error_code error);
    void want_read(Connection& connection);
    void begin_reads();
    void begin_read(Connection& connection);
    void on_read(ConnId id, ReadBuffer buffer, std::error_code error, std::size_t size);
    void end_burst();
    /// True if the read filled its buffer and more is wanted.
    bool received(ConnId id, std::span<const std::byte> bytes, bool full);
    /// One look without waiting. True if it filled the buffer and more is wanted.
    bool read_now(ConnId id);
    void read_failed(ConnId id, std::error_code error);
    /// The connection's end, at once.
    void finish(ConnId id, std::error_code why);
    void on_timer();
    void take_answers();

    Executor executor_;       // None after abandon().
    Facts* facts_ = nullptr;  // Null before attach() and after abandon().
    std::weak_ptr<AsioTransport> self_;
    std::shared_ptr<AsioTransport> own_;  // While handlers are out.
    std::size_t out_ = 0;
    std::function<void()> after_;
    std::vector<Place> places_;
    std::vector<Wanted> to_connect_;
    std::vector<ConnId> to_read_;
    std::vector<ConnId> reading_now_;
    std::vector<ReadBuffer> buffers_;
    std::size_t buffers_out_ = 0;
    std::size_t most_buffers_out_ = 0;  // Since the last burst.
    std::optional<::boost::asio::steady_timer> timer_;
    std::optional<Time> due_;
    Time now_{};
    std::vector<LookupId> lookups_;
    std::vector<loop::Resolver::Answer> answers_;
    Executor lookup_work_;  // While there are lookups, whose threads the context does not know.
    std::optional<loop::Resolver> resolver_;
};

}  // namespace ferry::asio
