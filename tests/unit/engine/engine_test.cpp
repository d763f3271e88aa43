// The engine by hand: facts in, ops and events out, no transport at all.
#include <ferry/engine.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;

namespace {

constexpr Time start{};

Request get(std::string_view url) {
    Request request;
    request.url = Url(url);
    return request;
}

std::vector<std::string> texts(std::span<const Op> ops) {
    std::vector<std::string> out;
    for (const Op& op : ops) {
        out.push_back(to_string(op));
    }
    return out;
}

std::vector<std::string> texts(std::span<Event> events) {
    std::vector<std::string> out;
    for (const Event& event : events) {
        out.push_back(to_string(event));
    }
    return out;
}

std::string written(Engine& engine, ConnId id) {
    std::array<ConstBuffer, 8> pieces;
    std::string out;
    while (const std::size_t count = engine.gather(id, pieces)) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            out += as_text(pieces[i]);
            size += pieces[i].size();
        }
        engine.on_sent(start, id, size);
    }
    return out;
}

void receive(Engine& engine, ConnId id, std::string_view bytes, Time now = start) {
    engine.on_received(now, id, as_bytes(bytes));
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a GET passes through the engine, and the next one reuses its connection") {
    Engine engine;
    const RequestId first = engine.submit(start, get("http://127.0.0.1:8080/a"));
    REQUIRE(texts(engine.take_ops()) == Texts{"Connect #0.1 127.0.0.1:8080"});
    REQUIRE(engine.deadline() == start + 5s);
    const ConnId conn{0, 1};
    engine.on_connected(start, conn);
    REQUIRE(texts(engine.take_ops()) == Texts{"Send #0.1"});
    REQUIRE(written(engine, conn) == "GET /a HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
    receive(engine, conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    REQUIRE(texts(engine.take_events()) == Texts{"Head #0.1"});
    const ResponseHead head = engine.take_head(first);
    REQUIRE(head.status == 200);
    REQUIRE(head.reason == "OK");
    receive(engine, conn, "lo");
    REQUIRE(texts(engine.take_events()) == Texts{"Done #0.1"});
    REQUIRE(engine.take_body(first).view() == "hello");
    REQUIRE(engine.audit().empty());
    REQUIRE(engine.take_events().empty());
    REQUIRE(engine.stats().idle == 1);

    const RequestId second = engine.submit(start, get("http://127.0.0.1:8080/b"));
    REQUIRE(second != first);
    REQUIRE(texts(engine.take_ops()) == Texts{"Send #0.1"});
    REQUIRE(written(engine, conn) == "GET /b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
    receive(engine, conn, "HTTP/1.1 204 No Content\r\n\r\n");
    REQUIRE(texts(engine.take_events()) == Texts{"Head #0.2", "Done #0.2"});
    REQUIRE(engine.stats().connections_reused == 1);
    REQUIRE(engine.audit().empty());

    SECTION("until it has been idle for keepalive_expiry") {
        REQUIRE(engine.deadline().has_value());
        engine.on_time(start + 5s);
        REQUIRE(texts(engine.take_ops()) == Texts{"Close #0.1"});
        engine.on_closed(start + 5s, conn);
        REQUIRE(engine.audit().empty());
        REQUIRE_FALSE(engine.deadline().has_value());
    }
}

TEST_CASE("a request that cannot be sent fails with the next events, and nothing is sent") {
    Engine engine;
    Request request = get("http://127.0.0.1/");
    request.method = "GE T";
    const RequestId id = engine.submit(start, std::move(request));
    REQUIRE(texts(engine.take_events()) == Texts{"Failed #0.1"});
    const Error error = engine.take_error(id);
    REQUIRE(error.code == Errc::invalid_method);
    REQUIRE(error.message.find("GE T") != std::string::npos);
    REQUIRE(error.safe_to_retry);
    REQUIRE(engine.take_ops().empty());
    REQUIRE(engine.take_events().empty());
    REQUIRE(engine.audit().empty());
}

TEST_CASE("a request can be looked at until its end has been handled, and its URL be taken at the end") {
    Engine engine;
    const Request asked = get("http://127.0.0.1/a");
    const RequestId id = engine.submit(start, asked);
    REQUIRE(asked.headers.empty());
    REQUIRE(engine.request(id).method == "GET");
    REQUIRE(engine.request(id).url == asked.url);
    REQUIRE(engine.request(id).headers["host"] == "127.0.0.1");
    engine.cancel(start, id);
    REQUIRE(texts(engine.take_events()) == Texts{"Failed #0.1"});
    REQUIRE(engine.take_url(id) == asked.url);
    REQUIRE(engine.take_url(id) == Url());
    REQUIRE(engine.request(id).url == Url());
    REQUIRE(engine.dump().find("request #0.1 ended, GET ") != std::string::npos);
    REQUIRE(engine.take_events().empty());
    REQUIRE(engine.request(id).url == Url());
    REQUIRE(engine.request(id).headers.empty());
    REQUIRE(engine.take_url(id) == Url());
}

TEST_CASE("a read timeout comes at its instant, closes the connection, and says what it waited for") {
    Engine engine;
    Request request = get("http://127.0.0.1/slow");
    request.deadlines.read = 300ms;
    const RequestId id = engine.submit(start, std::move(request));
    const ConnId conn{0, 1};
    engine.on_connected(start, conn);
    (void)engine.take_ops();
    (void)written(engine, conn);
    engine.on_time(start + 299ms);
    REQUIRE(engine.take_events().empty());
    REQUIRE(engine.deadline() == start + 300ms);
    engine.on_time(start + 300ms);
    REQUIRE(texts(engine.take_events()) == Texts{"Failed #0.1"});
    const Error error = engine.take_error(id);
    REQUIRE(error.code == Errc::read_timeout);
    REQUIRE(error.message == "no bytes for 300 ms while reading the head of the response to GET http://127.0.0.1/slow");
    REQUIRE(error.request_bytes_sent > 0);
    REQUIRE(texts(engine.take_ops()) == Texts{"Close #0.1"});
    engine.on_closed(start + 300ms, conn);
    REQUIRE(engine.audit().empty());
}

TEST_CASE("a request's deadlines are its own, whatever the one before it in its place had") {
    Engine engine;
    Request quick = get("http://127.0.0.1/a");
    quick.deadlines.read = 300ms;
    quick.deadlines.total = 400ms;
    (void)engine.submit(start, std::move(quick));
    const ConnId conn = std::get<op::Connect>(engine.take_ops()[0]).id;
    engine.on_connected(start, conn);
    (void)engine.take_ops();
    (void)written(engine, conn);
    receive(engine, conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(texts(engine.take_events()).size() == 2);
    REQUIRE(engine.take_events().empty());

    Request slow = get("http://127.0.0.1/b");
    slow.deadlines.read = 2s;
    const RequestId id = engine.submit(start + 1ms, std::move(slow));
    (void)engine.take_ops();
    (void)written(engine, conn);
    for (Time now = start; now < start + 2s; now += 100ms) {  // what the first one had come and go
        engine.on_time(now);
        REQUIRE(engine.take_events().empty());
        REQUIRE(engine.deadline().value() > now);
    }
    engine.on_time(start + 2s + 1ms);
    REQUIRE(texts(engine.take_events()) == Texts{"Failed #0.2"});
    REQUIRE(engine.take_error(id).code == Errc::read_timeout);
}

TEST_CASE("a cancel between a connection and its first byte gives the connection back") {
    Engine engine({.limits = {.max_connections = 1}});
    const RequestId first = engine.submit(start, get("http://127.0.0.1/a"));
    const RequestId second = engine.submit(start, get("http://127.0.0.1/b"));
    const ConnId conn{0, 1};
    (void)engine.take_ops();
    engine.on_connected(start, conn);
    engine.cancel(start, first);
    REQUIRE(engine.audit().empty());
    REQUIRE(engine.stats().active == 1);
    REQUIRE(texts(engine.take_ops()) == Texts{"Send #0.1"});
    REQUIRE(written(engine, conn) == "GET /b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    receive(engine, conn, "HTTP/1.1 204 No Content\r\n\r\n");
    REQUIRE(engine.stats().connections_reused == 0);

    SECTION("and so it is where it was idle") {
        const RequestId third = engine.submit(start, get("http://127.0.0.1/c"));
        engine.cancel(start, third);
        REQUIRE(engine.stats().idle == 1);
        REQUIRE(written(engine, conn).empty());
        REQUIRE(engine.audit().empty());
        const RequestId fourth = engine.submit(start, get("http://127.0.0.1/d"));
        REQUIRE(fourth != second);
        REQUIRE(written(engine, conn).starts_with("GET /d"));
    }
}

TEST_CASE("a cancelled request does not make its connection younger") {
    Engine engine;
    const RequestId first = engine.submit(start, get("http://127.0.0.1/a"));
    const ConnId conn{0, 1};
    engine.on_connected(start, conn);
    (void)engine.take_ops();

    SECTION("where it was idle") {
        (void)written(engine, conn);
        receive(engine, conn, "HTTP/1.1 204 No Content\r\n\r\n");
        engine.cancel(start + 4s, engine.submit(start + 4s, get("http://127.0.0.1/b")));
        engine.on_time(start + 5s);
    }
    SECTION("where it had just been made") {
        engine.cancel(start, first);
        REQUIRE(engine.stats().idle == 1);
        REQUIRE(written(engine, conn).empty());
        (void)engine.submit(start + 1s, get("http://127.0.0.1/b"));
        REQUIRE(texts(engine.take_ops()) == Texts{"Probe #0.1", "Send #0.1"});
        return;
    }
    SECTION("where it has waited too long meanwhile") { engine.cancel(start + 6s, first); }
    REQUIRE(engine.stats().idle == 0);
    REQUIRE(engine.stats().closed[CloseReason::keepalive_expiry] == 1);
    REQUIRE(engine.audit().empty());
}

TEST_CASE("an upgraded stream that cannot be written to any more has failed") {
    Engine engine;
    Request request = get("http://127.0.0.1/chat");
    request.collect = false;
    request.headers.add("Connection", "upgrade");
    request.headers.add("Upgrade", "echo");
    const RequestId id = engine.submit(start, std::move(request));
    const ConnId conn{0, 1};
    engine.on_connected(start, conn);
    (void)engine.take_ops();
    (void)written(engine, conn);
    receive(engine, conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    REQUIRE(engine.write_body(start, id, Buffer("words")) == 5);
    (void)engine.take_events();
    engine.on_send_failed(start, conn, std::make_error_code(std::errc::broken_pipe));
    REQUIRE(texts(engine.take_events()) == Texts{"Failed #0.1"});
    REQUIRE(engine.take_error(id).code == Errc::write_failed);
    REQUIRE(engine.audit().empty());
}

TEST_CASE("a request that is lent to the transport may have been seen by the server") {
    Engine engine;
    Request request = get("http://127.0.0.1/");
    request.method = "POST";
    const RequestId id = engine.submit(start, std::move(request));
    const ConnId conn{0, 1};
    engine.on_connected(start, conn);
    std::array<ConstBuffer, 8> pieces;
    REQUIRE(engine.gather(conn, pieces) > 0);
    bool safe = false;
    SECTION("and is not known not to be") {}
    SECTION("unless nothing of it was written") {
        engine.on_sent(start, conn, 0);
        safe = true;
    }
    SECTION("unless writing has failed") {
        engine.on_send_failed(start, conn, std::make_error_code(std::errc::broken_pipe));
        safe = true;
    }
    engine.on_closed(start, conn, std::make_error_code(std::errc::connection_reset));
    (void)engine.take_events();
    const Error error = engine.take_error(id);
    REQUIRE(error.request_bytes_sent == 0);
    REQUIRE(error.safe_to_retry == safe);
}

TEST_CASE("settings of the pool without meaning are refused by name") {
    const auto fault = [](const EngineConfig& config) {
        try {
            const Engine engine(config);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    REQUIRE(fault({.limits = {.max_connections = 0}}).starts_with("limits.max_connections is 0"));
    REQUIRE(fault({.limits = {.keepalive_expiry = -1s}}) == "limits.keepalive_expiry is negative");
    REQUIRE(fault({.limits = {.max_per_origin = 0}}).starts_with("limits.max_per_origin is 0"));
    REQUIRE(fault({.limits = {.max_connection_age = 0s}}) == "limits.max_connection_age is not positive");
    REQUIRE(fault({.hosts = {{.host = "h", .port = 0, .endpoints = {}}}}) == "hosts: h has no address");
    REQUIRE(fault({}).empty());
}

TEST_CASE("a dump tells what each thing waits for, and no password") {
    Engine engine({.limits = {.max_per_origin = 1}});
    (void)engine.submit(start, get("http://me:secret@api.test/a"));
    (void)engine.submit(start, get("http://api.test/b"));
    const std::string text = engine.dump();
    INFO(text);
    REQUIRE(text.find("origin http://api.test: 0 active, 0 idle, 1 dials, 0 spare, 2 waiting") != std::string::npos);
    REQUIRE(text.find("lookup #0.1 api.test, for 1 dials") != std::string::npos);
    REQUIRE(text.find("dial #0.1 api.test:80 for #0.1 looking up") != std::string::npos);
    REQUIRE(text.find("connect 5 s, total never") != std::string::npos);
    REQUIRE(text.find("pool 5 s, total never") != std::string::npos);
    REQUIRE(text.find("secret") == std::string::npos);
}

TEST_CASE("each op has a text") {
    const ConnId conn{1, 2};
    const std::vector<Op> ops{op::Lookup{.id = LookupId{3, 4}, .host = "h", .port = 80},
                              op::CancelLookup{LookupId{3, 4}},
                              op::Send{conn},
                              op::Reading{conn, false},
                              op::Probe{conn},
                              op::Shutdown{conn},
                              op::Close{conn}};
    REQUIRE(texts(ops) == Texts{"Lookup #3.4 h:80", "CancelLookup #3.4", "Send #1.2", "Reading #1.2 off", "Probe #1.2",
                                "Shutdown #1.2", "Close #1.2"});
}

TEST_CASE("a transport without Unix domain sockets refuses them in a sentence") {
    Engine engine({.capabilities = {.local_sockets = false}, .socket_path = "/run/some.sock"});
    const RequestId id = engine.submit(start, get("http://api.test/"));
    REQUIRE(texts(engine.take_events()) == Texts{"Failed #0.1"});
    const Error error = engine.take_error(id);
    REQUIRE(error.code == Errc::unsupported_protocol);
    REQUIRE(error.message == "this transport has no Unix domain sockets: GET http://api.test/");
}

TEST_CASE("an engine can be moved") {
    Engine first;
    (void)first.submit(start, get("http://api.test/"));
    Engine second = std::move(first);
    REQUIRE(texts(second.take_ops()) == Texts{"Lookup #0.1 api.test:80"});
}

TEST_CASE("stale ids are harmless") {
    Engine engine;
    const ConnId never{7, 3};
    engine.on_connected(start, never);
    receive(engine, never, "HTTP/1.1 200 OK\r\n\r\n");
    engine.on_sent(start, never, 100);
    engine.on_eof(start, never);
    engine.on_closed(start, never);
    engine.on_resolved(start, LookupId{9, 9}, {});
    engine.cancel(start, RequestId{5, 5});
    engine.consume(start, RequestId{5, 5}, 1);
    engine.finish_body(start, RequestId{5, 5});
    REQUIRE(engine.write_body(start, RequestId{5, 5}, Buffer("x")) == 0);
    REQUIRE(engine.take_events().empty());
    REQUIRE(engine.take_ops().empty());
    REQUIRE(engine.audit().empty());
}

TEST_CASE("a burst of requests leaves idle connections and no ids that mean anything, and the next burst uses them") {
    constexpr std::size_t many = 1000;
    EngineConfig config;
    config.limits = {.max_connections = many, .max_keepalive = many};
    Engine engine(config);
    std::vector<RequestId> all;
    std::vector<ConnId> opened;
    for (int round = 0; round < 3; ++round) {
        std::vector<RequestId> now;
        for (std::size_t i = 0; i < many; ++i) {
            now.push_back(engine.submit(start, get("http://127.0.0.1:8080/a")));
        }
        std::vector<ConnId> to_send;
        for (bool more = true; more;) {
            more = false;
            for (const Op& op : engine.take_ops()) {
                more = true;
                if (const auto* connect = std::get_if<op::Connect>(&op)) {
                    opened.push_back(connect->id);
                    engine.on_connected(start, connect->id);
                } else if (const auto* send = std::get_if<op::Send>(&op)) {
                    to_send.push_back(send->id);
                }
            }
        }
        REQUIRE(to_send.size() == many);
        REQUIRE(opened.size() == many);
        for (const ConnId id : to_send) {
            REQUIRE_FALSE(written(engine, id).empty());
        }
        std::size_t done = 0;
        for (const ConnId id : to_send) {
            receive(engine, id, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            for (const Event& event : engine.take_events()) {
                done += std::holds_alternative<event::Done>(event) ? 1U : 0U;
            }
        }
        REQUIRE(done == many);
        REQUIRE(engine.take_events().empty());
        REQUIRE(engine.audit().empty());
        REQUIRE(engine.stats().idle == many);
        for (const RequestId id : all) {
            REQUIRE(std::ranges::find(now, id) == now.end());
        }
        all.insert(all.end(), now.begin(), now.end());
        for (const RequestId id : all) {
            engine.cancel(start, id);
        }
        REQUIRE(engine.take_events().empty());
    }
}
