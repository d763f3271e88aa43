// The driver between a real engine and a transport that is played by hand.
#include <ferry/driver.hpp>
#include <ferry/url.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t budget = Driver::write_budget;

/// Does what the test says and notes what it was asked for.
class HandTransport final : public Transport {
public:
    struct Sock {
        ConnId id{};
        std::string output{};
        int waits = 0;  // await_writable()
        bool shut = false;
        bool closed = false;
    };

    Facts* facts = nullptr;
    Time time{};
    std::size_t loan = static_cast<std::size_t>(-1);
    /// What becomes of a write, given its size; all of it is accepted if unset.
    std::function<Written(ConnId, std::size_t)> on_write;
    /// What connect() does after taking note.
    std::function<void(ConnId)> on_connect;
    std::function<void(ConnId)> on_probe;

    std::vector<Sock> socks;
    std::vector<std::size_t> writes;  // The size of each.
    std::string lent;                 // By the last write.
    std::vector<std::optional<Time>> arms;
    std::vector<LookupId> lookups;
    int calls = 0;

    [[nodiscard]] Sock& last() { return socks.back(); }
    [[nodiscard]] Sock* find(ConnId id) {
        const auto found = std::find_if(socks.begin(), socks.end(), [&](const Sock& s) { return s.id == id; });
        return found == socks.end() ? nullptr : &*found;
    }

    Time now() override { return time; }
    Capabilities capabilities() const override { return {.local_sockets = true, .probe = true, .half_close = true}; }
    std::size_t max_loan() const override { return loan; }

    void lookup(LookupId id, std::string_view /*host*/, std::uint16_t /*port*/) override {
        ++calls;
        lookups.push_back(id);
    }
    void cancel_lookup(LookupId /*id*/) override { ++calls; }
    void connect(ConnId id, const Endpoint& /*to*/, const std::shared_ptr<const SocketOptions>& /*options*/) override {
        ++calls;
        socks.push_back({.id = id});
        if (on_connect) {
            on_connect(id);
        }
    }
    Written write(ConnId id, std::span<const ConstBuffer> pieces) override {
        ++calls;
        lent.clear();
        for (const ConstBuffer piece : pieces) {
            lent += as_text(piece);
        }
        writes.push_back(lent.size());
        const Written written =
            on_write ? on_write(id, lent.size()) : Written{.state = Written::State::some, .count = lent.size()};
        if (written.state == Written::State::some) {
            find(id)->output += lent.substr(0, written.count);
        }
        return written;
    }
    void await_writable(ConnId id) override {
        ++calls;
        ++find(id)->waits;
    }
    void reading(ConnId /*id*/, bool /*enabled*/) override { ++calls; }
    void probe(ConnId id) override {
        ++calls;
        if (on_probe) {
            on_probe(id);
        }
    }
    void shutdown(ConnId id) override {
        ++calls;
        find(id)->shut = true;
    }
    void close(ConnId id) override {
        ++calls;
        if (Sock* sock = find(id); sock != nullptr && !std::exchange(sock->closed, true)) {
            facts->on_closed(id, {});
        }
    }
    void arm(std::optional<Time> when) override { arms.push_back(when); }
};

class Fixture : public EventHandler {
public:
    Engine engine;
    HandTransport transport;
    Driver driver{engine, transport, *this};
    std::vector<std::string> events;
    std::vector<std::string> bodies;
    std::vector<Error> errors;
    /// Called inside on_event.
    std::function<void(Event&)> inside;

    Fixture() {
        transport.facts = &driver;
        transport.on_connect = [this](ConnId id) { driver.on_connected(id); };
    }

    void on_event(Time /*now*/, Event& event) override {
        const std::string text = to_string(event);
        events.push_back(text.substr(0, text.find(' ')));
        if (inside) {
            inside(event);
        }
        if (const auto* done = std::get_if<event::Done>(&event)) {
            bodies.push_back(engine.take_body(done->id).str());
        } else if (const auto* failed = std::get_if<event::Failed>(&event)) {
            errors.push_back(engine.take_error(failed->id));
        }
    }

    RequestId submit(Request request) { return engine.submit(transport.time, std::move(request)); }
    RequestId submit(std::string_view url) {
        Request request;
        request.url = Url(url);
        return submit(std::move(request));
    }
    /// An upload of `size` bytes.
    RequestId upload(std::size_t size, Request::Body body = Request::Body::buffered) {
        Request request;
        request.method = "POST";
        request.url = Url("http://127.0.0.1/");
        request.body = body;
        request.content = Buffer(std::string(size, 'u'));
        return submit(std::move(request));
    }
    void receive(ConnId id, std::string_view text) { driver.on_received(id, as_bytes(text)); }
    void receive(std::string_view text) { receive(transport.last().id, text); }
};

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a request goes out in one write and its answer comes in") {
    Fixture f;
    f.submit("http://127.0.0.1/path");
    f.driver.turn();
    CHECK(f.transport.writes.size() == 1);
    CHECK(f.transport.last().output.starts_with("GET /path HTTP/1.1\r\n"));
    f.receive(ok);
    CHECK(f.events == Texts{"Head", "Done"});  // Before the turn.
    CHECK(f.bodies == Texts{"ok"});
    f.driver.turn();

    f.submit("http://127.0.0.1/again");
    f.driver.turn();
    CHECK(f.transport.socks.size() == 1);
    CHECK(f.transport.writes.size() == 2);
    CHECK(f.transport.last().waits == 0);
}

TEST_CASE("ops are done at the turn, and not by the facts before it") {
    Fixture f;
    f.submit("http://example.test/");
    CHECK(f.transport.calls == 0);
    f.driver.turn();
    REQUIRE(f.transport.lookups.size() == 1);
    const int before = f.transport.calls;
    f.driver.on_resolved(f.transport.lookups[0], std::array{*parse_address("127.0.0.1", 80)}, {});
    CHECK(f.transport.calls == before);
    f.driver.turn();
    CHECK(f.transport.writes.size() == 1);
}

TEST_CASE("commands from inside an event are done by the turn that is under way or next") {
    Fixture f;
    int inside = 0;
    f.inside = [&](Event& event) {
        if (std::holds_alternative<event::Done>(event)) {
            const int before = f.transport.calls;
            f.submit("http://127.0.0.1:81/");
            f.driver.turn();  // Does nothing.
            inside += f.transport.calls == before ? 1 : 1'000;
        }
    };
    f.submit("http://127.0.0.1/");
    f.driver.turn();

    SECTION("the event of a fact outside a turn") {
        f.receive(ok);
        CHECK(inside == 1);
        f.driver.turn();
        CHECK(f.transport.socks.size() == 2);
    }
    SECTION("the event of a fact that is reported from inside an op") {
        f.receive("HTTP/1.1 200 OK\r\n\r\nok");
        f.transport.on_probe = {};
        f.driver.on_eof(f.transport.last().id);
        CHECK(inside == 1);
        f.driver.turn();  // Closes, which reports on_closed, and connects.
        CHECK(f.transport.socks.size() == 2);
        CHECK(f.transport.socks[0].closed);
    }
}

TEST_CASE("events that a command produced at once are handed on by turn()") {
    Fixture f;
    Request request;
    request.method = "not a token";
    request.url = Url("http://127.0.0.1/");
    f.submit(std::move(request));
    CHECK(f.events.empty());
    f.driver.turn();
    CHECK(f.events == Texts{"Failed"});
    CHECK(f.errors[0].code == Errc::invalid_method);
    CHECK(f.transport.calls == 0);
}

TEST_CASE("a connect that fails inside connect() fails the request in the same turn") {
    Fixture f;
    f.transport.on_connect = [&](ConnId id) {
        f.driver.on_closed(id, std::make_error_code(std::errc::connection_refused));
    };
    f.submit("http://127.0.0.1/");
    f.driver.turn();
    REQUIRE(f.errors.size() == 1);
    CHECK(f.errors[0].code == Errc::connect_failed);
    CHECK(f.transport.writes.empty());
}

TEST_CASE("at most 256 KiB are written in a turn, then writability is waited for") {
    Fixture f;
    const std::size_t size = 2 * budget + 1'000;
    f.upload(size);
    f.driver.turn();
    CHECK(f.transport.last().output.size() == budget);
    CHECK(f.transport.last().waits == 1);
    f.driver.turn();
    CHECK(f.transport.last().output.size() == budget);

    const ConnId id = f.transport.last().id;
    f.driver.on_writable(id);
    CHECK(f.transport.last().output.size() == budget);  // Not before the turn.
    f.driver.turn();
    CHECK(f.transport.last().output.size() == 2 * budget);
    f.driver.on_writable(id);
    f.driver.on_writable(id);  // Once too often.
    f.driver.turn();
    CHECK(f.transport.last().output.size() > size);
    CHECK(f.transport.last().output.ends_with(std::string(1'000, 'u')));
    CHECK(f.transport.last().waits == 2);
}

TEST_CASE("a short write goes on, and a full socket is waited for once") {
    Fixture f;
    f.transport.on_write = [&](ConnId, std::size_t size) {
        return f.transport.writes.size() < 3
                   ? Written{.state = Written::State::some, .count = std::min<std::size_t>(size, 10)}
                   : Written{.state = Written::State::would_block};
    };
    f.upload(1'000, Request::Body::streamed);
    f.driver.turn();
    CHECK(f.transport.writes.size() == 3);
    CHECK(f.transport.last().output.size() == 20);
    CHECK(f.transport.last().waits == 1);

    // More output while it waits: no write.
    f.driver.turn();
    CHECK(f.transport.writes.size() == 3);
    f.transport.on_write = {};
    f.driver.on_writable(f.transport.last().id);
    f.driver.turn();
    CHECK(f.transport.last().output.starts_with("POST / HTTP/1.1\r\n"));
    CHECK(f.transport.last().output.ends_with("\r\n\r\n"));
    CHECK(f.transport.last().waits == 1);
}

TEST_CASE("a write of nothing is a socket that is full, not an endless loop") {
    Fixture f;
    f.transport.on_write = [](ConnId, std::size_t) { return Written{.state = Written::State::some, .count = 0}; };
    f.submit("http://127.0.0.1/");
    f.driver.turn();
    CHECK(f.transport.writes.size() == 1);
    CHECK(f.transport.last().waits == 1);
}

TEST_CASE("loans are no larger than the transport takes") {
    Fixture f;
    f.transport.loan = 1'000;
    f.upload(4'500);
    f.driver.turn();
    CHECK(f.transport.last().output.ends_with(std::string(4'500, 'u')));
    CHECK(f.transport.last().output.size() > 4'500);
    CHECK(*std::max_element(f.transport.writes.begin(), f.transport.writes.end()) == 1'000);
}

TEST_CASE("while a write is pending there is no other") {
    Fixture f;
    f.transport.on_write = [](ConnId, std::size_t) { return Written{.state = Written::State::pending}; };
    const RequestId request = f.upload(0, Request::Body::streamed);
    f.driver.turn();
    REQUIRE(f.transport.writes.size() == 1);
    const ConnId id = f.transport.last().id;
    CHECK(f.engine.write_body(f.transport.time, request, Buffer("more")) == 4);
    f.driver.turn();
    f.driver.on_writable(id);  // Nobody asked.
    f.driver.turn();
    CHECK(f.transport.writes.size() == 1);

    SECTION("its end lets the rest go") {
        f.driver.on_sent(id, 7);
        CHECK(f.transport.writes.size() == 1);
        f.driver.turn();
        REQUIRE(f.transport.writes.size() == 2);
        CHECK(f.transport.lent.ends_with("more\r\n"));
        CHECK(f.transport.last().waits == 0);
        f.driver.on_sent(id, f.transport.writes[1]);
        f.driver.on_sent(id, 1'000);  // Nothing is pending.
        f.driver.turn();
        CHECK(f.transport.writes.size() == 2);
    }
    SECTION("its failure ends writing, not reading") {
        f.driver.on_send_failed(id, std::make_error_code(std::errc::broken_pipe));
        f.driver.turn();
        CHECK(f.transport.writes.size() == 1);
        f.receive(id, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
        f.driver.turn();
        CHECK(f.bodies == Texts{"no!"});
    }
    SECTION("its connection's end ends it") {
        f.driver.on_closed(id, std::make_error_code(std::errc::connection_reset));
        f.driver.turn();
        REQUIRE(f.errors.size() == 1);
        f.driver.on_sent(id, 7);
        f.driver.turn();
        CHECK(f.transport.writes.size() == 1);
    }
}

TEST_CASE("a pending write may end inside write()") {
    Fixture f;
    f.transport.loan = 64 * 1024;
    f.transport.on_write = [&](ConnId id, std::size_t size) {
        f.transport.find(id)->output += f.transport.lent;
        f.driver.on_sent(id, size);
        return Written{.state = Written::State::pending};
    };
    f.upload(200'000);
    f.driver.turn();
    CHECK(f.transport.last().output.ends_with(std::string(200'000, 'u')));
    CHECK(f.transport.writes.size() == 4);
    f.receive(ok);
    f.driver.turn();
    CHECK(f.bodies == Texts{"ok"});
}

TEST_CASE("after a failed write the answer is still taken") {
    Fixture f;
    f.transport.on_write = [](ConnId, std::size_t) {
        return Written{.state = Written::State::failed, .error = std::make_error_code(std::errc::broken_pipe)};
    };
    f.upload(100'000);
    f.driver.turn();
    CHECK(f.transport.writes.size() == 1);
    f.receive("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
    f.driver.turn();
    CHECK(f.bodies == Texts{"no!"});
}

TEST_CASE("a connection may end inside write()") {
    for (const Written::State how : {Written::State::some, Written::State::would_block}) {
        Fixture f;
        f.transport.on_write = [&](ConnId id, std::size_t) {
            f.driver.on_closed(id, std::make_error_code(std::errc::connection_reset));
            return Written{.state = how, .count = how == Written::State::some ? std::size_t{1} : 0};
        };
        f.submit("http://127.0.0.1/");
        f.driver.turn();
        CHECK(f.transport.writes.size() == 1);
        CHECK(f.transport.last().waits == 0);
        CHECK(f.errors.size() == 1);
    }
}

TEST_CASE("facts about an old connection do not touch the new one in its slot") {
    Fixture f;
    f.upload(budget + 1'000);
    f.driver.turn();
    const ConnId old = f.transport.last().id;
    f.driver.on_writable(old);
    f.driver.on_closed(old, std::make_error_code(std::errc::connection_reset));
    f.transport.on_write = [](ConnId, std::size_t) { return Written{.state = Written::State::pending}; };
    f.submit("http://127.0.0.1/");
    f.driver.turn();
    const ConnId id = f.transport.last().id;
    REQUIRE(id.slot == old.slot);
    REQUIRE(id != old);
    const std::size_t before = f.transport.writes.size();

    f.driver.on_writable(old);
    f.driver.on_sent(old, 1);
    f.driver.on_send_failed(old, std::make_error_code(std::errc::broken_pipe));
    f.driver.on_closed(old, {});
    f.driver.turn();
    CHECK(f.transport.writes.size() == before);
    f.driver.on_sent(id, f.transport.writes.back());
    f.receive(id, ok);
    f.driver.turn();
    CHECK(f.bodies == Texts{"ok"});
    f.submit("http://127.0.0.1/");
    f.driver.turn();
    CHECK(f.transport.writes.size() == before + 1);
}

TEST_CASE("the timer is armed when the deadline comes nearer, and else left alone") {
    Fixture f;
    Request request;
    request.url = Url("http://127.0.0.1/");
    request.deadlines = {.connect = 5s, .read = 3s, .write = 5s, .pool = 5s, .total = {}};
    f.submit(std::move(request));
    f.driver.turn();
    CHECK(f.transport.arms == std::vector{std::optional(Time(3s))});

    f.transport.time = Time(1s);
    f.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    f.driver.turn();  // Until 4 s now: the timer may go off early.
    CHECK(f.transport.arms.size() == 1);

    f.transport.time = Time(3s);
    f.driver.on_timer();
    f.driver.turn();
    CHECK(f.events == Texts{"Head"});
    REQUIRE(f.transport.arms.size() == 2);
    CHECK(f.transport.arms[1] == Time(4s));

    f.transport.time = Time(4s);
    f.driver.on_timer();
    f.driver.turn();
    REQUIRE(f.errors.size() == 1);
    CHECK(f.errors[0].code == Errc::read_timeout);
}

TEST_CASE("the timer is stopped when nothing is waited for") {
    Fixture f;
    f.engine = Engine(EngineConfig{.limits = {.max_keepalive = 0}});
    f.submit("http://127.0.0.1/");
    f.driver.turn();
    REQUIRE(f.transport.arms.size() == 1);
    f.receive(ok);
    f.driver.turn();
    f.driver.turn();
    REQUIRE(f.transport.arms.size() == 2);
    CHECK_FALSE(f.transport.arms[1]);
}

TEST_CASE("a half-close waits for what is still to be written") {
    Fixture f;
    f.inside = [&](Event& event) {
        if (const auto* upgraded = std::get_if<event::Upgraded>(&event)) {
            CHECK(f.engine.write_body(f.transport.time, upgraded->id, Buffer(std::string(budget, 'w'))) == budget);
            f.engine.finish_body(f.transport.time, upgraded->id);
        }
    };
    Request request;
    request.url = Url("http://127.0.0.1/");
    request.headers = {{"Connection", "Upgrade"}, {"Upgrade", "echo"}};
    request.collect = false;
    f.submit(std::move(request));
    f.driver.turn();
    const std::size_t head = f.transport.last().output.size();
    f.receive("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    f.driver.turn();
    CHECK(f.transport.last().output.size() == head + budget);
    CHECK(f.transport.last().waits == 1);
    CHECK_FALSE(f.transport.last().shut);
    f.driver.on_writable(f.transport.last().id);
    f.driver.turn();
    CHECK(f.transport.last().shut);
}

TEST_CASE("what a probe finds counts before the request behind it is sent") {
    Fixture f;
    f.submit("http://127.0.0.1/");
    f.driver.turn();
    f.receive(ok);
    f.driver.turn();
    f.transport.on_probe = [&](ConnId id) { f.driver.on_eof(id); };
    f.transport.time = Time(1s);
    f.submit("http://127.0.0.1/");
    f.driver.turn();
    CHECK(f.transport.socks.size() == 2);
    CHECK(f.transport.socks[0].closed);
    CHECK(f.transport.writes.size() == 2);
}

}  // namespace ferry
