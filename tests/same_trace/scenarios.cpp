#include "tests/same_trace/scenarios.hpp"

#include "tests/same_trace/scene.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ferry::same_trace {

namespace {

using namespace std::chrono_literals;
using contract::Bench;
using contract::Peer;

constexpr std::size_t much = std::size_t{32} * 1024 * 1024;  // More than all buffers between the two ends.
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// "200 OK" with a body that is announced whole and sent in part.
std::string begun(std::size_t announced, std::size_t sent) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(announced) + "\r\n\r\n" + std::string(sent, 'b');
}

/// An exchange from start to end on a new connection, which stays idle.
std::unique_ptr<Peer> warm_up(Scene& scene) {
    const std::size_t r = scene.get(scene.url("/warm-up"));
    std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer);
    scene.send(*peer, ok);
    scene.until_ended(r);
    return peer;
}

/// A GET whose request the origin has read.
struct Asked {
    std::size_t number;
    std::unique_ptr<Peer> peer;
};
Asked ask(Scene& scene, Request request) {
    const std::size_t number = scene.submit(std::move(request));
    std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer);
    return {number, std::move(peer)};
}
Asked ask(Scene& scene) { return ask(scene, Scene::request("GET", scene.url())); }

/// Part of a body that is not collected has come to the application.
Asked half_read(Scene& scene, Deadlines deadlines) {
    Request request = Scene::request("GET", scene.url());
    request.collect = false;
    request.deadlines = deadlines;
    Asked asked = ask(scene, std::move(request));
    scene.send(*asked.peer, begun(1000, 400));
    scene.until([&] { return scene[asked.number].body == 400; });
    return asked;
}

constexpr Deadlines never{.connect = {}, .read = {}, .write = {}, .pool = {}, .total = {}};

// ── Whole exchanges ──────────────────────────────────────────────────────────────────────────────────────────────

std::string one_get(Bench& bench) {
    Scene scene(bench, {});
    auto [r, peer] = ask(scene);
    scene.send(*peer, ok);
    scene.until_ended(r);
    return scene.finish();
}

std::string over_ip6(Bench& bench) {
    Scene scene(bench, {});
    const std::optional<Endpoint> to = bench.listen6();
    if (!to) {
        return "no IPv6";
    }
    auto [r, peer] = ask(scene, Scene::request("GET", "http://" + to_string(*to) + "/"));
    scene.send(*peer, ok);
    scene.until_ended(r);
    return scene.finish();
}

std::string reuse(Bench& bench) {
    Scene scene(bench, {});
    const std::unique_ptr<Peer> peer = warm_up(scene);
    for (int i = 0; i < 3; ++i) {
        const std::size_t r = scene.get(scene.url());
        scene.receive(*peer);
        scene.send(*peer, ok);
        scene.until_ended(r);
    }
    return scene.finish();
}

std::string chunked_byte_by_byte(Bench& bench) {
    Scene scene(bench, {});
    auto [r, peer] = ask(scene);
    scene.send(*peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n", 1);
    scene.until_ended(r);
    return scene.finish();
}

std::string body_until_the_end(Bench& bench) {
    Scene scene(bench, {});
    auto [r, peer] = ask(scene);
    scene.send(*peer, "HTTP/1.0 200 OK\r\n\r\neverything");
    peer->shutdown();
    scene.until_ended(r);
    return scene.finish();
}

std::string informational(Bench& bench) {
    Scene scene(bench, {});
    auto [r, peer] = ask(scene);
    scene.send(*peer, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    scene.until_ended(r);
    return scene.finish();
}

std::string large_upload(Bench& bench) {
    Scene scene(bench, {});
    Request request = Scene::request("POST", scene.url());
    request.body = Request::Body::buffered;
    request.content = Buffer(std::string(3'000'000, 'c'));
    const std::size_t r = scene.submit(std::move(request));
    const std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer, 3'000'000);
    scene.send(*peer, ok);
    scene.until_ended(r);
    return scene.finish();
}

std::string streamed_upload(Bench& bench) {
    Scene scene(bench, {});
    Request request = Scene::request("PUT", scene.url());
    request.body = Request::Body::streamed;
    request.content_length = 100'000;
    const std::size_t r = scene.submit(std::move(request));
    scene.upload(r, 100'000);
    const std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer, 100'000);
    scene.send(*peer, ok);
    scene.until_ended(r);
    return scene.finish();
}

std::string held_back_download(Bench& bench) {
    constexpr std::size_t size = 2'000'000;
    Scene scene(bench, {});
    Request request = Scene::request("GET", scene.url());
    request.collect = false;
    request.window = 100'000;
    request.deadlines.read = 60ms;
    auto [r, peer] = ask(scene, std::move(request));
    scene[r].hold = true;
    std::string text = begun(size, size);
    scene.until([&, &from = *peer, number = r] {
        text.erase(0, from.write(as_bytes(text)));
        return scene[number].body >= 100'000;
    });
    const auto start = std::chrono::steady_clock::now();
    scene.until(
        [&] { return std::chrono::steady_clock::now() - start > 120ms; });  // The limit on silence stands still.
    scene[r].hold = false;
    scene.consume(r, scene[r].body);
    scene.send(*peer, text);
    scene.until_ended(r);
    return scene.finish();
}

std::string early_response(Bench& bench) {
    Scene scene(bench, {});
    scene.ignore_bytes_sent();
    Request request = Scene::request("POST", scene.url());
    request.body = Request::Body::buffered;
    request.content = Buffer(std::string(much, 'c'));
    const std::size_t r = scene.submit(std::move(request));
    const std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer);
    scene.send(*peer, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    scene.until_ended(r);
    scene.until_closed();
    return scene.finish();
}

std::string many_at_once(Bench& bench) {
    constexpr std::size_t count = 20;
    Scene scene(bench, {});
    std::vector<std::unique_ptr<Peer>> peers;
    for (std::size_t i = 0; i < count; ++i) {
        scene.get(scene.url("/" + std::to_string(i)));
        peers.push_back(scene.accept());
        scene.receive(*peers.back());
    }
    for (std::size_t i = count; i-- > 0;) {
        scene.send(*peers[i], ok);
        scene.until_ended(i);
    }
    return scene.finish();
}

std::string local_socket(Bench& bench) {
    Scene scene(bench, {}, Scene::Origin::local);
    const std::unique_ptr<Peer> peer = warm_up(scene);
    const std::size_t r = scene.get("http://elsewhere.test/");
    const std::unique_ptr<Peer> other = scene.accept();
    scene.receive(*other);
    scene.send(*other, ok);
    scene.until_ended(r);
    return scene.finish();
}

// ── Limits on time ───────────────────────────────────────────────────────────────────────────────────────────────

std::string connect_timeout(Bench& bench) {
    Scene scene(bench, {});
    Request request = Scene::request("GET", "http://127.0.0.1:" + std::to_string(bench.silent().value().port) + "/");
    request.deadlines.connect = 30ms;
    scene.until_ended(scene.submit(std::move(request)));
    return scene.finish();
}

std::string lookup_timeout(Bench& bench) {
    Scene scene(bench, {});
    Request request = Scene::request("GET", scene.url_of(bench.slow_host()));
    request.deadlines.connect = 30ms;
    scene.until_ended(scene.submit(std::move(request)));
    return scene.finish();
}

std::string read_timeout(Bench& bench) {
    Scene scene(bench, {});
    Request request = Scene::request("GET", scene.url());
    request.deadlines.read = 30ms;
    const auto [r, peer] = ask(scene, std::move(request));
    scene.until_ended(r);
    scene.receive_end(*peer);
    return scene.finish();
}

std::string read_timeout_in_the_body(Bench& bench) {
    Scene scene(bench, {});
    Deadlines deadlines = never;
    deadlines.read = 30ms;
    const auto [r, peer] = half_read(scene, deadlines);
    scene.until_ended(r);
    return scene.finish();
}

std::string write_timeout(Bench& bench) {
    Scene scene(bench, {});
    scene.ignore_bytes_sent();
    Request request = Scene::request("POST", scene.url());
    request.body = Request::Body::buffered;
    request.content = Buffer(std::string(much, 'c'));
    request.deadlines.write = 100ms;
    const std::size_t r = scene.submit(std::move(request));
    const std::unique_ptr<Peer> peer = scene.accept();
    scene.until_ended(r);
    return scene.finish();
}

std::string pool_timeout(Bench& bench) {
    Scene scene(bench, {.max_connections = 1});
    const auto [first, peer] = ask(scene);
    Request request = Scene::request("GET", scene.url());
    request.deadlines.pool = 30ms;
    scene.until_ended(scene.submit(std::move(request)));
    Request at_once = Scene::request("GET", scene.url());
    at_once.deadlines.pool = 0ms;
    scene.until_ended(scene.submit(std::move(at_once)));
    scene.send(*peer, ok);
    scene.until_ended(first);
    return scene.finish();
}

std::string total_timeout(Bench& bench) {
    Scene scene(bench, {});
    Deadlines deadlines = never;
    deadlines.total = 100ms;
    const auto [r, peer] = half_read(scene, deadlines);
    scene.until_ended(r);
    return scene.finish();
}

std::string idle_connection_expires(Bench& bench) {
    Scene scene(bench, {.keepalive_expiry = 30ms});
    const std::unique_ptr<Peer> peer = warm_up(scene);
    scene.receive_end(*peer);
    scene.until_closed();
    return scene.finish();
}

// ── What goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────

std::string refused(Bench& bench) {
    Scene scene(bench, {});
    scene.until_ended(scene.get("http://127.0.0.1:" + std::to_string(bench.refusing().port) + "/"));
    return scene.finish();
}

std::string no_such_host(Bench& bench) {
    Scene scene(bench, {});
    scene.until_ended(scene.get(scene.url_of(bench.bad_host())));
    return scene.finish();
}

std::string end_without_an_answer(Bench& bench) {
    Scene scene(bench, {});
    const auto [r, peer] = ask(scene);
    peer->shutdown();
    scene.until_ended(r);
    return scene.finish();
}

std::string truncated_head(Bench& bench) {
    Scene scene(bench, {});
    auto [r, peer] = ask(scene);
    scene.send(*peer, "HTTP/1.1 200 OK\r\nContent-Le");
    peer->shutdown();
    scene.until_ended(r);
    return scene.finish();
}

std::string truncated_body(Bench& bench) {
    Scene scene(bench, {});
    const auto [r, peer] = half_read(scene, never);
    peer->shutdown();
    scene.until_ended(r);
    return scene.finish();
}

std::string truncated_collected_body(Bench& bench) {
    Scene scene(bench, {});
    auto [r, peer] = ask(scene);
    scene.send(*peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n");
    peer->shutdown();
    scene.until_ended(r);
    return scene.finish();
}

std::string not_http(Bench& bench) {
    Scene scene(bench, {});
    auto [r, peer] = ask(scene);
    scene.send(*peer, "220 mail.test ESMTP\r\n\r\n");
    scene.until_ended(r);
    return scene.finish();
}

std::string reset_before_the_answer(Bench& bench) {
    Scene scene(bench, {});
    const auto [r, peer] = ask(scene);
    peer->reset();
    scene.until_ended(r);
    return scene.finish();
}

std::string reset_in_the_body(Bench& bench) {
    Scene scene(bench, {});
    const auto [r, peer] = half_read(scene, never);
    peer->reset();
    scene.until_ended(r);
    return scene.finish();
}

std::string reset_during_an_upload(Bench& bench) {
    Scene scene(bench, {});
    scene.ignore_bytes_sent();
    Request request = Scene::request("POST", scene.url());
    request.body = Request::Body::buffered;
    request.content = Buffer(std::string(much, 'c'));
    const std::size_t r = scene.submit(std::move(request));
    const std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer);
    peer->reset();
    scene.until_ended(r);
    return scene.finish();
}

std::string idle_connection_ended_by_the_origin(Bench& bench) {
    Scene scene(bench, {});
    const std::unique_ptr<Peer> old = warm_up(scene);
    old->shutdown();
    scene.until_closed();
    auto [r, peer] = ask(scene);
    scene.send(*peer, ok);
    scene.until_ended(r);
    return scene.finish();
}

std::string unasked_bytes_on_an_idle_connection(Bench& bench) {
    Scene scene(bench, {});
    const std::unique_ptr<Peer> old = warm_up(scene);
    scene.send(*old, ok);
    scene.until_closed();
    return scene.finish();
}

/// The origin ends a connection that it has answered on before, when the next request has come.
std::string stale_connection(Bench& bench, std::string_view method) {
    Scene scene(bench, {});
    const std::unique_ptr<Peer> old = warm_up(scene);
    const std::size_t r = scene.submit(Scene::request(method, scene.url()));
    scene.receive(*old);
    old->shutdown();
    std::unique_ptr<Peer> peer;
    if (method == "GET") {  // Once more, on another connection.
        peer = scene.accept();
        scene.receive(*peer);
        scene.send(*peer, ok);
    }
    scene.until_ended(r);
    return scene.finish();
}
std::string stale_connection_and_a_get(Bench& bench) { return stale_connection(bench, "GET"); }
std::string stale_connection_and_a_post(Bench& bench) { return stale_connection(bench, "POST"); }

// ── Waiting for a connection ─────────────────────────────────────────────────────────────────────────────────────

std::string waiters_in_order(Bench& bench) {
    Scene scene(bench, {.max_connections = 1});
    auto [first, peer] = ask(scene);
    for (const char* path : {"/1", "/2", "/3"}) {
        scene.get(scene.url(path));
    }
    scene.send(*peer, ok);
    for (std::size_t r = 1; r <= 3; ++r) {
        scene.receive(*peer);
        scene.send(*peer, ok);
        scene.until_ended(r);
    }
    scene.until_ended(first);
    return scene.finish();
}

std::string waiter_gets_a_new_connection(Bench& bench) {
    Scene scene(bench, {.max_connections = 1});
    auto [first, peer] = ask(scene);
    const std::size_t second = scene.get(scene.url("/1"));
    scene.send(*peer, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    const std::unique_ptr<Peer> other = scene.accept();
    scene.receive(*other);
    scene.send(*other, ok);
    scene.until_ended(first);
    scene.until_ended(second);
    return scene.finish();
}

std::string drain(Bench& bench) {
    Scene scene(bench, {});
    const std::unique_ptr<Peer> idle = warm_up(scene);
    const std::size_t r = scene.get(scene.url());
    scene.receive(*idle);
    scene.drain();
    scene.get(scene.url("/too-late"));
    scene.send(*idle, ok);
    scene.until_ended(r);
    scene.until_closed();
    return scene.finish();
}

// ── Lookups ──────────────────────────────────────────────────────────────────────────────────────────────────────

std::string slow_lookup(Bench& bench) {
    Scene scene(bench, {});
    const std::size_t slow = scene.get(scene.url_of(bench.slow_host()));
    const std::size_t good = scene.get(scene.url_of(bench.good_host()));
    const std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer);
    scene.send(*peer, ok);
    scene.until_ended(good);
    bench.release_slow_hosts();
    const std::unique_ptr<Peer> later = scene.accept();
    scene.receive(*later);
    scene.send(*later, ok);
    scene.until_ended(slow);
    return scene.finish();
}

// ── Cancelling in each state ─────────────────────────────────────────────────────────────────────────────────────

std::string cancel_at_once(Bench& bench) {
    Scene scene(bench, {});
    scene.cancel(scene.get(scene.url()));
    return scene.finish();
}

std::string cancel_a_lookup(Bench& bench) {
    Scene scene(bench, {});
    const std::size_t r = scene.get(scene.url_of(bench.slow_host()));
    scene.round();
    scene.cancel(r);
    bench.release_slow_hosts();
    scene.round();
    return scene.finish();
}

std::string cancel_a_connect(Bench& bench) {
    Scene scene(bench, {});
    const std::size_t r = scene.get("http://127.0.0.1:" + std::to_string(bench.silent().value().port) + "/");
    scene.round();
    scene.cancel(r);
    scene.until_closed();
    return scene.finish();
}

std::string cancel_a_waiter(Bench& bench) {
    Scene scene(bench, {.max_connections = 1});
    auto [first, peer] = ask(scene);
    const std::size_t second = scene.get(scene.url("/1"));
    const std::size_t third = scene.get(scene.url("/2"));
    scene.cancel(second);
    scene.send(*peer, ok);
    scene.receive(*peer);
    scene.send(*peer, ok);
    scene.until_ended(first);
    scene.until_ended(third);
    return scene.finish();
}

std::string cancel_an_upload(Bench& bench) {
    Scene scene(bench, {});
    scene.ignore_bytes_sent();
    Request request = Scene::request("POST", scene.url());
    request.body = Request::Body::buffered;
    request.content = Buffer(std::string(much, 'c'));
    const std::size_t r = scene.submit(std::move(request));
    const std::unique_ptr<Peer> peer = scene.accept();
    scene.receive(*peer);
    scene.cancel(r);
    scene.receive_end(*peer);
    return scene.finish();
}

std::string cancel_before_the_answer(Bench& bench) {
    Scene scene(bench, {});
    const auto [r, peer] = ask(scene);
    scene.cancel(r);
    scene.receive_end(*peer);
    return scene.finish();
}

std::string cancel_in_the_body(Bench& bench) {
    Scene scene(bench, {});
    const auto [r, peer] = half_read(scene, never);
    scene.cancel(r);
    scene.receive_end(*peer);
    return scene.finish();
}

constexpr auto all = std::to_array<Scenario>({
    {"one GET", one_get},
    {"a GET over IPv6", over_ip6},
    {"a connection is reused", reuse},
    {"a chunked response with a trailer, byte by byte", chunked_byte_by_byte},
    {"a body until the end of the connection", body_until_the_end},
    {"informational responses", informational},
    {"a large upload", large_upload},
    {"a streamed upload", streamed_upload},
    {"a download that is held back", held_back_download},
    {"an early response to an upload", early_response},
    {"many requests at once, answered backwards", many_at_once},
    {"a Unix domain socket", local_socket},
    {"the connect timeout", connect_timeout},
    {"the connect timeout in a lookup", lookup_timeout},
    {"the read timeout", read_timeout},
    {"the read timeout in the body", read_timeout_in_the_body},
    {"the write timeout", write_timeout},
    {"the pool timeout", pool_timeout},
    {"the total timeout", total_timeout},
    {"an idle connection expires", idle_connection_expires},
    {"a refused connect", refused},
    {"a host that does not exist", no_such_host},
    {"the connection ends without an answer", end_without_an_answer},
    {"a truncated head", truncated_head},
    {"a truncated body", truncated_body},
    {"a truncated body that is collected", truncated_collected_body},
    {"an answer that is not HTTP", not_http},
    {"a reset before the answer", reset_before_the_answer},
    {"a reset in the body", reset_in_the_body},
    {"a reset during an upload", reset_during_an_upload},
    {"an idle connection ended by the origin", idle_connection_ended_by_the_origin},
    {"bytes that nobody asked for", unasked_bytes_on_an_idle_connection},
    {"a stale connection and a GET", stale_connection_and_a_get},
    {"a stale connection and a POST", stale_connection_and_a_post},
    {"waiters are served in order", waiters_in_order},
    {"a waiter gets a new connection", waiter_gets_a_new_connection},
    {"draining", drain},
    {"a slow lookup beside a quick one", slow_lookup},
    {"cancelled at once", cancel_at_once},
    {"cancelled during the lookup", cancel_a_lookup},
    {"cancelled during the connect", cancel_a_connect},
    {"cancelled while waiting for a connection", cancel_a_waiter},
    {"cancelled during the upload", cancel_an_upload},
    {"cancelled before the answer", cancel_before_the_answer},
    {"cancelled in the body", cancel_in_the_body},
});

}  // namespace

std::span<const Scenario> scenarios() { return all; }

}  // namespace ferry::same_trace
