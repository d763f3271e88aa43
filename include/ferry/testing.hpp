// A network that exists only in memory, with a clock of its own: tests of HTTP clients without sockets, threads or sleep.
//
//     ferry::testing::Session session;
//     session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.body = "hello"}; });
//     const Exchange& e = session.wait(session.get("http://api.test/"));
//     assert(e.status() == 200 && e.body == "hello");
//
// Everything is deterministic: the same program with the same seed gives the same timeline, to the nanosecond.
// Network is the network and the Transport over it; Session puts an Engine on top and keeps the books.
// docs/testing.md shows what one can do with them.
#pragma once

#include <ferry/driver.hpp>
#include <ferry/engine.hpp>
#include <ferry/message.hpp>
#include <ferry/request.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ferry::testing {

class Network;

// ── How a network behaves ────────────────────────────────────────────────────────────────────────────────────────

/// What holds for a network as a whole.
struct NetworkConfig {
    enum class Writes : std::uint8_t {
        ready,       ///< As with epoll: a write says at once how much was accepted.
        completion,  ///< As with io_uring: memory is lent until the end is reported. The loan is checked.
    };
    enum class Reads : std::uint8_t {
        mixed,          ///< One of the others for each read, picked by the seed.
        engine_memory,  ///< Into Facts::read_buffer(), which is scribbled over first.
        own_memory,     ///< From memory that is overwritten and freed right after the fact.
    };
    std::uint64_t seed = 0;  ///< All randomness comes from here.
    bool shuffle = false;    ///< What is due at one instant happens in an order that the seed picks.
    bool batch = false;      ///< All that is due at one instant is reported before Facts::turn().
    Writes writes = Writes::ready;
    Reads reads = Reads::mixed;
    Duration timer_unit{1};  ///< The timer goes off at multiples of this, rounded up.
    Capabilities capabilities{.local_sockets = true, .probe = true, .half_close = true};
    bool timeline = true;  ///< Keep the log that timeline() gives; off for many thousand runs.
};

/// How what has arrived is cut into reads.
struct Split {
    enum class Kind : std::uint8_t { whole, every, random };
    Kind kind = Kind::whole;
    std::size_t size = 0;

    static Split whole() { return {}; }                                                     ///< All that is there.
    static Split every(std::size_t bytes) { return {.kind = Kind::every, .size = bytes}; }  ///< At most so many.
    static Split random() { return {.kind = Kind::random, .size = 0}; }  ///< A number that the seed picks.
};

/// How a stream of bytes ends.
enum class End : std::uint8_t {
    fin,    ///< In order: the reader sees the end of the stream.
    reset,  ///< The connection breaks: reading gives what had arrived, then fails; writing fails.
};

/// A stream that ends by itself, whatever is sent.
struct Cut {
    std::uint64_t after = 0;  ///< Bytes that get through.
    End end = End::reset;
};

/// The way to one address. Changes hold for connections made from then on.
struct Link {
    static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

    Duration latency{};                       ///< One way.
    Duration jitter{};                        ///< Up to this much more for each piece; the seed picks. Order is kept.
    std::optional<Duration> connect_delay{};  ///< Until a connect is answered; else there and back.
    std::uint64_t bandwidth = 0;              ///< Bytes a second, each way; 0: no bound.
    std::size_t send_buffer = 256 * 1024;     ///< Bytes accepted from the client that the server has not read.
    std::size_t max_write = unlimited;        ///< Bytes that one write accepts.
    Duration write_pause{};                   ///< For so long after each write, the next would block.
    Duration write_delay{};                   ///< Until a completion write is reported.
    Duration notice{};  ///< Until the client's loop sees what has arrived; a probe sees it at once.
    std::optional<Duration> close_delay = Duration::zero();  ///< Until a close is answered; nothing: inside the call.
    Split split{};                                           ///< Of what the client reads.
    std::optional<Cut> cut_up{};                             ///< Ends the stream from the client to the server.
    std::optional<Cut> cut_down{};                           ///< Ends the stream from the server to the client.
};

/// What the name table says about a host.
struct Lookup {
    std::vector<std::string> addresses{};  ///< "10.0.0.1", "2001:db8::1". None, and no error: there is no such host.
    Duration delay{};
    bool answers = true;  ///< False: the lookup never ends.
    std::error_code error{};
};

// ── Servers ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// The server's end of one connection.
class Socket {
public:
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    virtual ~Socket() = default;

    /// These travel in the order of the calls; after finish() or reset() all but reset() do nothing.
    virtual void send(std::string_view bytes) = 0;
    virtual void finish() = 0;  ///< The stream to the client ends; theirs goes on.
    virtual void reset() = 0;   ///< The connection breaks, both ways.

    /// Off: what the client sends piles up until its writes would block.
    virtual void reading(bool enabled) = 0;
    /// From when this has travelled to the client, its writes fail; what was sent to it stays readable.
    virtual void break_writes() = 0;
    /// Runs `action` later, unless the connection has gone.
    virtual void after(Duration delay, std::function<void()> action) = 0;

    /// Which connection to this address it is: 0, 1, 2 …
    [[nodiscard]] virtual std::size_t number() const = 0;
    [[nodiscard]] virtual Network& network() = 0;
};

/// What a server does with one connection.
class Peer {
public:
    Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    virtual ~Peer() = default;

    virtual void on_open(Socket& socket) = 0;
    virtual void on_received(Socket& socket, std::string_view bytes) = 0;
    /// The client ended its half, or closed.
    virtual void on_eof(Socket& socket) = 0;
    /// The connection broke. Nothing follows.
    virtual void on_reset(Socket&) {}
};

/// What listens at an address.
class Listener {
public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    virtual ~Listener() = default;

    [[nodiscard]] virtual std::unique_ptr<Peer> accept(Socket& socket) = 0;
};

/// A server that plays what is written here, step by step; bytes that are not HTTP are welcome.
///
///     Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").wait(2s).reset()
class Script {
public:
    Script& expect(std::string bytes);        ///< Waits for exactly these; anything else is a violation.
    Script& expect_head();                    ///< Waits for a blank line.
    Script& expect_bytes(std::size_t count);  ///< Waits for so many, whatever they are.
    Script& expect_eof();                     ///< Waits until the client has ended its half; bytes are a violation.
    Script& send(std::string bytes);
    Script& wait(Duration delay);
    Script& fin();                  ///< Socket::finish().
    Script& reset();                ///< Socket::reset().
    Script& reading(bool enabled);  ///< Socket::reading().
    Script& break_writes();         ///< Socket::break_writes().
    Script& call(std::function<void()> action);
    Script& repeat();  ///< Begins again.

    struct Step {
        enum class Type : std::uint8_t {
            expect,
            expect_head,
            expect_bytes,
            expect_eof,
            send,
            wait,
            fin,
            reset,
            reading,
            break_writes,
            call,
            repeat
        };
        Type type = Type::send;
        std::string bytes{};
        std::size_t count = 0;
        Duration delay{};
        bool enabled = false;
        std::function<void()> action{};
    };
    [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }

private:
    Script& add(Step step);

    std::vector<Step> steps_;
};

/// The origin that plays scripts: the nth connection gets the nth one, later ones the last.
class ScriptOrigin final : public Listener {
public:
    explicit ScriptOrigin(std::vector<Script> scripts);
    ~ScriptOrigin() override;

    [[nodiscard]] std::unique_ptr<Peer> accept(Socket& socket) override;

    /// All bytes that connection `number` has received.
    [[nodiscard]] const std::string& received(std::size_t number) const;
    /// How many connections have played their script to its end.
    [[nodiscard]] std::size_t finished() const noexcept;

private:
    struct Records;
    std::vector<Script> scripts_;
    std::shared_ptr<Records> records_;
};

/// What an HttpOrigin answers.
struct Reply {
    enum class Framing : std::uint8_t {
        length,   ///< Content-Length.
        chunked,  ///< Transfer-Encoding: chunked, one chunk a piece.
        close,    ///< The end of the connection is the end of the body.
        given,    ///< As `headers` say; they must fit the body. For a server that lies there is Script.
    };
    enum class After : std::uint8_t {
        keep,   ///< Keep the connection, if request and response allow it.
        close,  ///< Say "Connection: close" and end it.
        fin,    ///< End it without having said so.
        reset,  ///< Break it.
    };
    struct Interim {
        int status = 100;
        Headers headers{};
        Duration delay{};  ///< Before it is sent.
    };

    int status = 200;
    std::string reason{};  ///< Empty: the usual phrase.
    Headers headers{};     ///< Besides those of the framing.
    std::string body{};
    Framing framing = Framing::length;
    Headers trailers{};                ///< With chunked.
    bool http_1_0 = false;             ///< The status line says HTTP/1.0.
    std::vector<Interim> interim{};    ///< 1xx responses before it.
    Duration delay{};                  ///< Before the head.
    std::size_t piece = 0;             ///< The body is sent in pieces of so many bytes; 0: at once.
    Duration between{};                ///< Before each piece.
    std::optional<std::size_t> cut{};  ///< Only so many bytes of the body are sent, then `after` (keep means fin).
    After after = After::keep;
    Duration linger{};                 ///< Before `after` happens; if it is fin or reset, unless a request has come.
    std::string extra{};               ///< Raw bytes behind the message.
    std::optional<Script> takeover{};  ///< After a 101, or a 2xx to CONNECT: plays on with the raw bytes.
};

/// A request as an HttpOrigin saw it.
struct Seen {
    RequestHead head{};
    std::string body{};  ///< What has come of it.
    Headers trailers{};
    bool complete = false;
    std::size_t connection = 0;  ///< Socket::number().
    Duration at{};               ///< When its head was complete, since the network began.
};

/// An HTTP/1.1 server that speaks correctly, unless the Reply says otherwise.
class HttpOrigin final : public Listener {
public:
    using Handler = std::function<Reply(const RequestHead& head, std::string_view body)>;
    using HeadHandler = std::function<std::optional<Reply>(const RequestHead& head)>;

    explicit HttpOrigin(Handler handler);
    ~HttpOrigin() override;

    [[nodiscard]] std::unique_ptr<Peer> accept(Socket& socket) override;

    /// Asked when a head has come: a Reply is sent then, whether or not the body has come; nothing: ask the handler
    /// when it has.
    void at_head(HeadHandler handler);
    /// Whether "Expect: 100-continue" is answered with 100 before the body has come. On.
    void send_continue(bool enabled);

    /// All requests in the order in which their heads came.
    [[nodiscard]] const std::vector<Seen>& requests() const noexcept;

private:
    friend class HttpPeer;
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

// ── The network ──────────────────────────────────────────────────────────────────────────────────────────────────

/// Something that is about to be told to the client. Facts are what a fault can hit.
struct Fact {
    enum class Type : std::uint8_t { resolved, connected, received, eof, writable, sent, send_failed, closed, timer };
    Type type = Type::timer;
    std::uint64_t index = 0;  ///< Counted from 0 over the life of the network.
    ConnId connection{};
    LookupId lookup{};
};

/// What happens in place of a fact.
enum class Fault : std::uint8_t {
    none,     ///< The fact.
    eof,      ///< The stream from the server ends here; a lookup fails.
    reset,    ///< The connection breaks; a lookup fails.
    silence,  ///< Nothing, and nothing any more of this connection or lookup.
    close,    ///< The connection is gone, both ways, and nobody says why; a lookup fails.
};

/// The virtual network, and the Transport over it. Between its calls nothing happens.
///
/// Places are written "host", "host:port", "10.0.0.1:80", "[::1]:80" or "/path/of/a/socket"; the port is 80 if it is not
/// given. A host that the name table does not know gets an address of its own.
class Network final : public Transport {
public:
    Network();
    explicit Network(NetworkConfig config);
    ~Network() override;

    /// Where facts are reported to: a Driver. Before the first step.
    void attach(Facts& facts);

    // ── What is out there ────────────────────────────────────────────────────────────────────────────────────────

    void name(std::string_view host, std::initializer_list<std::string_view> addresses);
    void name(std::string_view host, Lookup lookup);
    void listen(std::string_view place, std::shared_ptr<Listener> origin);
    HttpOrigin& serve(std::string_view place, HttpOrigin::Handler handler);
    ScriptOrigin& play(std::string_view place, Script script);
    ScriptOrigin& play(std::string_view place, std::vector<Script> scripts);
    void refuse(std::string_view place);      ///< Connects are answered with connection_refused.
    void black_hole(std::string_view place);  ///< Connects are never answered.
    /// The way to a place, for connections to come. Without a place: to all that have none of their own.
    void link(std::string_view place, const Link& link);
    void link(const Link& link);

    // ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] Time now() override;
    /// Since the network began.
    [[nodiscard]] Duration elapsed() const noexcept;
    /// Runs `action` at a time since the network began, or now if that is past.
    void at(Duration when, std::function<void()> action);
    void after(Duration delay, std::function<void()> action);

    /// Does the next thing, moving the clock to it; false if there is none. What happens at one instant happens in the
    /// order in which it was asked for, the timer last.
    bool step();
    /// Steps until nothing is left to happen.
    void run();
    /// Steps until `condition` holds; false if nothing was left to happen before.
    bool run_until(const std::function<bool()>& condition);
    /// Steps over all that happens up to then, and moves the clock there.
    void run_until(Duration when);
    /// The application blocks its loop: the clock moves on, the others go on with what they do, and the client is told
    /// nothing, not even the time, until the next step. What at() and after() are given waits as well.
    void sleep(Duration duration);
    /// When it slept, so far.
    struct Sleep {
        Duration begin{};
        Duration end{};
    };
    [[nodiscard]] const std::vector<Sleep>& sleeps() const noexcept;
    /// Called after each step, besides those that were given before.
    void after_step(std::function<void()> action);

    // ── Faults ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Asked before each fact.
    void on_fact(std::function<Fault(const Fact&)> tap);
    [[nodiscard]] std::uint64_t facts() const noexcept;
    /// Called with all bytes that pass between the client and the network: when a write has accepted them, or before they
    /// are reported as received.
    enum class Direction : std::uint8_t { sent, received };
    void on_traffic(std::function<void(ConnId, Direction, std::string_view bytes)> tap);

    /// Called with each host that is looked up, and each place that is connected to; then the id is null.
    void on_dial(std::function<void(LookupId, std::string_view what)> tap);

    // ── Looking in ───────────────────────────────────────────────────────────────────────────────────────────────

    /// What was broken: by the engine or driver towards the transport, by a client towards a script. Should be empty.
    [[nodiscard]] const std::vector<std::string>& violations() const noexcept;
    void violation(std::string sentence);
    /// Everything that happened, a line each, with virtual times.
    [[nodiscard]] std::string timeline() const;
    /// Puts a line of one's own into it.
    void note(std::string_view kind, std::string_view text);

    /// Connects to a place that were asked for, and those that were accepted.
    [[nodiscard]] std::size_t attempts(std::string_view place) const;
    [[nodiscard]] std::size_t accepted(std::string_view place) const;
    [[nodiscard]] std::size_t lookups(std::string_view host) const;
    /// What the name table says of a host.
    [[nodiscard]] std::vector<std::string> addresses(std::string_view host) const;
    /// Connections that are opening or open, now and at most so far; those that are to be closed do not count.
    [[nodiscard]] std::size_t open() const noexcept;
    [[nodiscard]] std::size_t most_open() const noexcept;
    /// Connections that the client has asked to close, and not been told that they are.
    [[nodiscard]] std::size_t closing() const noexcept;
    /// Bytes of a connection that the client has read.
    [[nodiscard]] std::uint64_t received(ConnId id) const;
    /// Whether a probe of the connection would find something: bytes, or its end.
    [[nodiscard]] bool unread(ConnId id) const;
    /// Open connections on which the client has switched reading off.
    [[nodiscard]] std::size_t held_back() const;
    [[nodiscard]] std::optional<Time> timer() const noexcept;

    // ── Transport ────────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] Capabilities capabilities() const override;
    [[nodiscard]] std::size_t max_loan() const override;
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
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// ── The session ──────────────────────────────────────────────────────────────────────────────────────────────────

/// One request and all that became of it. Times are since the session began.
struct Exchange {
    enum class State : std::uint8_t { open, done, failed };

    RequestId id{};
    std::string name{};    ///< "GET http://api.test/".
    std::string target{};  ///< Request::target.
    State state = State::open;
    bool collected = true;  ///< Request::collect.
    bool streamed = false;  ///< Its body is written piece by piece.
    Deadlines deadlines{};
    std::optional<Duration> expect_continue{};          ///< Request::expect_continue.
    std::uint64_t connect_retries = 0;                  ///< Request::connect_retries.
    std::shared_ptr<const RetryPolicy> retry_policy{};  ///< Request::retry_policy.
    std::vector<ResponseHead> informational{};
    std::optional<ResponseHead> head{};
    std::string body{};      ///< Collected, or put together from event::Body.
    std::size_t pieces = 0;  ///< Of event::Body.
    Headers trailers{};
    std::optional<Error> error{};
    std::size_t outstanding = 0;  ///< Bytes of event::Body that are not consumed yet.
    std::size_t window = 0;       ///< Request::window.
    std::size_t credit = 0;       ///< Of the last event::Writable, less what was written since.
    std::size_t rewinds = 0;      ///< Of event::Rewind.
    std::size_t written = 0;      ///< Bytes that write_body() took; of an upgraded stream those since then.
    bool discarded = false;       ///< Session::discard() has ended it.
    bool upgraded = false;
    bool peer_done = false;
    Timings timings{};
    Duration submitted_at{};
    std::optional<Duration> head_at{};
    std::optional<Duration> last_body_at{};
    std::optional<Duration> ended_at{};

    [[nodiscard]] bool is_done() const noexcept { return state == State::done; }
    [[nodiscard]] int status() const noexcept { return head ? head->status : 0; }
    /// The error's code; nothing if there is none.
    [[nodiscard]] std::optional<Errc> errc() const noexcept;
    /// Everything but how the body was cut up, on one line: equal for runs that differ only in splits.
    [[nodiscard]] std::string summary() const;
};

/// A request with nothing but a method and a URL. Throws InvalidUrl.
[[nodiscard]] Request make_request(std::string_view method, std::string_view url);
/// The same with a buffered body.
[[nodiscard]] Request make_request(std::string_view method, std::string_view url, std::string_view body);

/// An Engine over a Network, with a book of all requests. After each step the engine is audited; what does not agree is
/// a violation, and so is an event that must not come.
class Session final : private EventHandler {
public:
    Session();
    explicit Session(EngineConfig config);
    Session(EngineConfig config, NetworkConfig network);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override;

    [[nodiscard]] Network& network() noexcept;
    [[nodiscard]] Engine& engine() noexcept;

    // ── Commands: legal at any time, also from inside at(), handlers and watch() ────────────────────────────────

    RequestId get(std::string_view url);
    RequestId post(std::string_view url, std::string_view body);
    RequestId submit(Request request);
    void cancel(RequestId id);
    void discard(RequestId id);
    /// Body bytes of this request are consumed only when consume() says so; else as soon as they are delivered.
    void hold(RequestId id);
    void consume(RequestId id, std::size_t n);
    std::size_t write_body(RequestId id, std::string_view data);
    void finish_body(RequestId id);
    void finish_body(RequestId id, Headers trailers);
    /// Writes these pieces as credit comes, then finishes the body. At event::Rewind it begins again.
    void feed(RequestId id, std::vector<std::string> pieces);
    void feed(RequestId id, std::vector<std::string> pieces, Headers trailers);
    void drain();
    void drain(Duration limit);
    /// Runs `action` at a time since the session began, or after now.
    void at(Duration when, std::function<void()> action);
    void after(Duration delay, std::function<void()> action);
    /// Called with each event after it has been entered into the book.
    void watch(std::function<void(Event&)> handler);

    // ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] Duration elapsed() const noexcept;
    bool step();
    /// Until nothing is left to happen: idle connections have expired then.
    void run();
    bool run_until(const std::function<bool()>& condition);
    void run_until(Duration when);
    void run_for(Duration duration);
    /// The application blocks its loop, as in Network::sleep().
    void sleep(Duration duration);
    /// Until the request has ended, or nothing is left to happen.
    const Exchange& wait(RequestId id);
    /// Until all requests have.
    void wait_all();
    /// Drains, runs to the end, and checks that nothing is left: requests, connections, lookups, timers.
    void finish();

    // ── The book ─────────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] const Exchange& operator[](RequestId id) const;
    /// In the order of submission.
    [[nodiscard]] std::vector<const Exchange*> exchanges() const;
    /// Those of the network and of the session.
    [[nodiscard]] const std::vector<std::string>& violations() const noexcept;
    /// Violations, the engine's dump and the timeline: what to print when a test fails.
    [[nodiscard]] std::string report() const;
    /// The summaries of all exchanges.
    [[nodiscard]] std::string summary() const;

private:
    void on_event(Time now, Event& event) override;

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::testing
