#include "tests/same_trace/scene.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>
#include <variant>

namespace ferry::same_trace {

using namespace std::chrono_literals;

namespace {

EngineConfig engine_config(contract::Bench& bench, const PoolLimits& limits, Scene::Origin origin) {
    EngineConfig config;
    config.limits = limits;
    config.capabilities = bench.transport().capabilities();
    if (origin == Scene::Origin::local) {
        config.socket_path = bench.listen_local().value().path;
    }
    config.seed = 1;
    config.trace = true;
    return config;
}

std::string reason(std::error_code code) {
    return code ? std::string(code.category().name()) + ":" + std::to_string(code.value()) : "none";
}

std::string place(std::source_location where) {
    const std::string_view path = where.file_name();
    return std::string(path.substr(path.rfind('/') + 1)) + ":" + std::to_string(where.line());
}

}  // namespace

Scene::Scene(contract::Bench& bench, const PoolLimits& limits, Origin origin) : bench_(bench) {
    bench_.create(relay_);
    engine_ = Engine(engine_config(bench_, limits, origin));
    EventHandler& handler = *this;
    driver_ = std::make_unique<Driver>(engine_, bench_.transport(), handler);
    relay_.to(*driver_);
    bench_.run_once(0ms);
}

Scene::~Scene() { bench_.destroy(); }

Time Scene::now() { return bench_.transport().now(); }

// ── The client ───────────────────────────────────────────────────────────────────────────────────────────────────

std::string Scene::url(std::string_view path) { return url_of("127.0.0.1", path); }

std::string Scene::url_of(const std::string& host, std::string_view path) {
    return "http://" + host + ":" + std::to_string(bench_.listen().port) + std::string(path);
}

Request Scene::request(std::string_view method, const std::string& url) {
    Request request;
    request.method = method;
    request.url = Url::parse(url).value();
    request.deadlines = {.connect = {}, .read = {}, .write = {}, .pool = {}, .total = {}};
    return request;
}

std::size_t Scene::submit(Request request) {
    progress_.emplace_back();
    progress_.back().id = engine_.submit(now(), std::move(request));
    driver_->turn();
    return progress_.size() - 1;
}

void Scene::cancel(std::size_t number) {
    engine_.cancel(now(), progress_[number].id);
    driver_->turn();
}

void Scene::consume(std::size_t number, std::size_t size) {
    engine_.consume(now(), progress_[number].id, size);
    driver_->turn();
}

void Scene::upload(std::size_t number, std::size_t size) {
    while (size > 0) {
        until([&] { return progress_[number].credit > 0 || progress_[number].ended; });
        const std::size_t some = std::min(size, progress_[number].credit);
        progress_[number].credit = 0;
        if (some == 0) {
            return;
        }
        size -= engine_.write_body(now(), progress_[number].id, Buffer(std::string(some, 'u')));
        driver_->turn();
    }
    engine_.finish_body(now(), progress_[number].id);
    driver_->turn();
}

void Scene::drain() {
    engine_.drain(now());
    driver_->turn();
}

// ── The origin ───────────────────────────────────────────────────────────────────────────────────────────────────

std::unique_ptr<contract::Peer> Scene::accept(std::source_location where) {
    std::unique_ptr<contract::Peer> peer;
    until([&] { return (peer = bench_.accept()) != nullptr; }, where);
    return peer;
}

std::string Scene::receive(contract::Peer& peer, std::size_t body, std::source_location where) {
    std::string text;
    until(
        [&] {
            text += peer.read(64 * 1024);
            const std::size_t end = text.find("\r\n\r\n");
            return end != std::string::npos && text.size() >= end + 4 + body;
        },
        where);
    return text;
}

void Scene::send(contract::Peer& peer, std::string_view text, std::size_t piece, std::source_location where) {
    until(
        [&] {
            while (!text.empty()) {
                const std::size_t sent = peer.write(as_bytes(piece == 0 ? text : text.substr(0, piece)));
                text.remove_prefix(sent);
                if (sent == 0 || (piece != 0 && !text.empty())) {
                    return false;
                }
            }
            return true;
        },
        where);
}

void Scene::receive_end(contract::Peer& peer, std::source_location where) {
    until(
        [&] {
            while (!peer.read(64 * 1024).empty()) {
            }
            return peer.end() != contract::Peer::End::open;
        },
        where);
}

// ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

void Scene::round() { bench_.run_once(1ms); }

void Scene::until(const std::function<bool()>& done, std::source_location where) {
    const auto start = std::chrono::steady_clock::now();
    while (!done()) {
        if (std::chrono::steady_clock::now() - start > 20s) {
            throw std::runtime_error(place(where) + ": what is waited for does not come about, after\n" + record_);
        }
        round();
    }
}

void Scene::until_closed(std::source_location where) {
    until(
        [&] {
            const Stats& stats = engine_.stats();
            return stats.active + stats.idle + stats.connecting + stats.closing == 0;
        },
        where);
}

std::string Scene::finish() {
    for (std::size_t number = 0; number < progress_.size(); ++number) {
        cancel(number);
    }
    drain();
    until_closed();
    const Stats& stats = engine_.stats();
    record_ += "requests " + std::to_string(stats.requests) + " done " + std::to_string(stats.requests_done) +
               " failed " + std::to_string(stats.requests_failed) + " opened " +
               std::to_string(stats.connections_opened) + " reused " + std::to_string(stats.connections_reused) +
               " lookups " + std::to_string(stats.lookups) + '\n';
    if (const std::string problem = engine_.audit(); !problem.empty()) {
        throw std::runtime_error("the engine's counters do not agree: " + problem);
    }
    return record_;
}

// ── The record ───────────────────────────────────────────────────────────────────────────────────────────────────

std::size_t Scene::number_of(RequestId id) const {
    const auto found =
        std::find_if(progress_.rbegin(), progress_.rend(), [id](const Progress& one) { return one.id == id; });
    return static_cast<std::size_t>(progress_.rend() - found) - 1;
}

void Scene::say(std::size_t number, const std::string& what) {
    record_ += "r" + std::to_string(number) + " " + what + '\n';
}

// Ports differ from bench to bench.
std::string Scene::masked(std::string text) const {
    for (const Endpoint& endpoint : {bench_.listen(), bench_.refusing(), bench_.silent().value_or(Endpoint{}),
                                     bench_.listen6().value_or(Endpoint{})}) {
        const std::string port = ":" + std::to_string(endpoint.port);
        for (std::size_t at = text.find(port); at != std::string::npos; at = text.find(port, at + 1)) {
            text.replace(at, port.size(), ":PORT");
        }
    }
    if (const std::optional<Endpoint> local = bench_.listen_local()) {
        for (std::size_t at = text.find(local->path); at != std::string::npos; at = text.find(local->path)) {
            text.replace(at, local->path.size(), "PATH");
        }
    }
    return text;
}

void Scene::say_trace(const event::Trace& trace) {
    if (trace.request) {
        record_ += "r" + std::to_string(number_of(trace.request)) + " ";
    }
    if (trace.connection) {
        auto found = std::find(connections_.begin(), connections_.end(), trace.connection);
        if (found == connections_.end()) {
            found = connections_.insert(found, trace.connection);
        }
        record_ += "c" + std::to_string(found - connections_.begin()) + " ";
    }
    record_ += "· " + masked(trace.text) + '\n';
}

void Scene::say_end(std::size_t number, const std::string& how) {
    Progress& one = progress_[number];
    const Timings& timings = engine_.timings(one.id);
    one.ended = true;
    say(number, how + " body " + std::to_string(one.body) + " received " + std::to_string(timings.body_bytes_received) +
                    (bytes_sent_count_ ? " sent " + std::to_string(timings.bytes_sent) : std::string()) +
                    " connections " + std::to_string(timings.new_connections));
}

void Scene::on_event(Time at, Event& event) {
    struct Visitor {
        Scene& self;
        Time now;

        void operator()(const event::Informational& e) const {
            self.say(self.number_of(e.id), "Informational " + std::to_string(e.head.status));
        }
        void operator()(const event::Head& e) const {
            const ResponseHead head = self.engine_.take_head(e.id);
            const std::size_t number = self.number_of(e.id);
            self.progress_[number].status = head.status;
            self.say(number, "Head " + std::to_string(head.status) + " fields " + std::to_string(head.headers.size()));
        }
        void operator()(const event::Body& e) const {
            Progress& one = self.progress_[self.number_of(e.id)];
            one.body += e.data.size();  // How it is cut up is the network's affair.
            if (!one.hold) {
                self.engine_.consume(now, e.id, e.data.size());
            }
        }
        void operator()(const event::Writable& e) const { self.progress_[self.number_of(e.id)].credit = e.credit; }
        void operator()(const event::Upgraded& e) const { self.say(self.number_of(e.id), "Upgraded"); }
        void operator()(const event::PeerDone& e) const { self.say(self.number_of(e.id), "PeerDone"); }
        void operator()(const event::Rewind& e) const { self.say(self.number_of(e.id), "Rewind"); }
        void operator()(const event::Done& e) const {
            const std::size_t number = self.number_of(e.id);
            self.progress_[number].body += self.engine_.take_body(e.id).size();
            self.say_end(number, "Done trailers " + std::to_string(self.engine_.take_trailers(e.id).size()));
        }
        void operator()(const event::Failed& e) const {
            const Error error = self.engine_.take_error(e.id);
            self.say_end(self.number_of(e.id), "Failed " + std::string(name_of(error.code)) + " cause " +
                                                   reason(error.cause) + (error.safe_to_retry ? " safe" : " unsafe"));
        }
        void operator()(const event::Trace& e) const { self.say_trace(e); }
    };
    std::visit(Visitor{*this, at}, event);
}

}  // namespace ferry::same_trace
