#include "tests/transport_contract/contract.hpp"

#include "tests/transport_contract/recorder.hpp"

#include <ferry/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <utility>
#include <vector>

namespace ferry::contract {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t large = std::size_t{3} * 1024 * 1024;

/// How often a loop may wake up to wait for one timer.
constexpr int few_rounds = 10;

/// Text in which no two stretches are alike, so that a lost, doubled or moved byte is seen.
std::string pattern(std::size_t size) {
    std::string text;
    text.reserve(size + 16);
    for (std::size_t i = 0; text.size() < size; ++i) {
        text += std::to_string(i);
        text += ' ';
    }
    text.resize(size);
    return text;
}

/// Reads what has come to `peer` into `text`; false at the end.
bool drain(Peer& peer, std::string& text) {
    for (;;) {
        const std::string more = peer.read(64 * 1024);
        if (more.empty()) {
            return peer.end() == Peer::End::open;
        }
        text += more;
    }
}

/// Feeds `text` to `peer` from `offset` on, as much as it takes.
void feed(Peer& peer, std::string_view text, std::size_t& offset) {
    while (offset < text.size()) {
        const std::size_t taken = peer.write(as_bytes(text.substr(offset)));
        if (taken == 0) {
            return;
        }
        offset += taken;
    }
}

void write_all(Trial& trial, Peer& peer, std::string_view text) {
    std::size_t offset = 0;
    trial.run_until(
        [&] {
            feed(peer, text, offset);
            return offset == text.size();
        },
        "the peer's bytes are taken");
}

std::string arrived(Trial& trial, Peer& peer, std::size_t size) {
    std::string text;
    trial.run_until(
        [&] {
            drain(peer, text);
            return text.size() >= size;
        },
        "the peer gets what was written");
    return text;
}

/// Sends until the network takes no more: a write is under way.
void fill(Trial& trial, ConnId id) {
    const std::string some = pattern(std::size_t{1024} * 1024);
    for (int i = 0; i < 1'000 && trial[id].sent == trial[id].outgoing.size(); ++i) {
        trial.send(id, some);
        trial.run_for(2ms);
    }
    expect(trial[id].sent < trial[id].outgoing.size(), "a peer that does not read is felt");
}

/// The system's number, in its category: `why == is` would take any category's.
bool is_reason(std::error_code why, std::errc is) {
    return why == std::error_code(static_cast<int>(is), std::system_category());
}

/// Does it once for whatever is opened once, and then sees that it leaves nothing open.
void expect_no_leak(Trial& trial, const std::function<void()>& cycle, std::string_view what) {
    cycle();
    trial.run_for(2ms);
    const std::size_t before = trial.bench().resources();
    for (int i = 0; i < 3; ++i) {
        cycle();
    }
    trial.run_for(2ms);
    expect(trial.bench().resources() == before, what);
}

/// Everything that can be asked of a connection, where nothing may come of it.
void ask_in_vain(Trial& trial, ConnId id) {
    const std::array<std::byte, 3> bytes{};
    const std::array<ConstBuffer, 1> pieces{bytes};
    Transport& transport = trial.transport();
    transport.reading(id, false);
    transport.reading(id, true);
    transport.probe(id);
    transport.await_writable(id);
    transport.shutdown(id);
    transport.close(id);
    expect(transport.write(id, pieces).state == Written::State::failed, "a write to what is closed fails");
}

// ── Connecting and closing ───────────────────────────────────────────────────────────────────────────────────────

void connect_and_close(Bench& bench) {
    Trial trial(bench);
    const auto once = [&] {
        auto [id, peer] = trial.establish();
        trial.close(id);
        trial.run_until([&, &closed = id] { return !trial[closed].open(); }, "close() is answered");
        std::string text;
        trial.run_until([&, &other = *peer] { return !drain(other, text); }, "the peer sees the end");
        expect(text.empty() && peer->end() == Peer::End::eof, "the peer sees an orderly end");
    };
    expect_no_leak(trial, once, "a connection that is closed leaves nothing open");
    trial.finish();
}

void refused(Bench& bench) {
    Trial trial(bench);
    const auto once = [&] {
        const ConnId id = trial.connect(bench.refusing());
        trial.run_until([&] { return !trial[id].open(); }, "a refused connect is answered");
        expect(!trial[id].connected, "a refused connect does not succeed first");
        expect(is_reason(trial[id].why, std::errc::connection_refused), "the reason of a refused connect is told");
    };
    expect_no_leak(trial, once, "a refused connect leaves nothing open");
    trial.finish();
}

void over_ip6(Bench& bench) {
    Trial trial(bench);
    const std::optional<Endpoint> to = bench.listen6();
    if (!to) {
        throw Skipped("no IPv6");
    }
    auto [id, peer] = trial.establish(*to);
    trial.send(id, "question");
    expect(arrived(trial, *peer, 8) == "question", "IPv6 carries bytes there");
    write_all(trial, *peer, "answer");
    peer->shutdown();
    trial.run_until([&] { return trial[id].eofs == 1; }, "its end is reported");
    expect(trial[id].received == "answer", "IPv6 carries bytes back");
    trial.finish();
}

SocketState inspect(Bench& bench, const Trial::Pair& pair) {
    const std::optional<SocketState> state = bench.inspect(*pair.peer);
    if (!state) {
        throw Skipped("no sockets of the system's");
    }
    return *state;
}

void socket_set_up(Bench& bench) {
    Trial trial(bench);
    const Trial::Pair pair = trial.establish();
    const SocketState state = inspect(bench, pair);
    expect(state.no_delay, "TCP_NODELAY is on");
    expect(!state.inherited, "programs that are started do not inherit the socket");
    expect(!state.keepalive, "SO_KEEPALIVE is off if nobody asks for it");
    trial.finish();
}

void socket_options(Bench& bench) {
    if (!bench.heeds_options()) {
        throw Skipped("the transport does not heed socket options");
    }
    Trial trial(bench);
    const auto options =
        std::make_shared<const SocketOptions>(SocketOptions{.local_address = parse_address("127.0.0.2", 0),
                                                            .receive_buffer = 20'000,
                                                            .send_buffer = 30'000,
                                                            .tcp_keepalive = true});
    const Trial::Pair pair = trial.establish(bench.listen(), options);
    const SocketState state = inspect(bench, pair);
    expect(state.local.address == options->local_address->address, "the local address is that which was asked for");
    // The system may give twice as much, for its own use.
    expect(state.receive_buffer >= 20'000 && state.receive_buffer <= 40'000, "the receive buffer has its size");
    expect(state.send_buffer >= 30'000 && state.send_buffer <= 60'000, "the send buffer has its size");
    expect(state.keepalive, "SO_KEEPALIVE is on");
    expect(state.no_delay && !state.inherited, "what holds always holds with options too");

    // No interface has it.
    const ConnId wrong = trial.connect(
        bench.listen(),
        std::make_shared<const SocketOptions>(SocketOptions{.local_address = parse_address("192.0.2.1", 0)}));
    trial.run_until([&] { return !trial[wrong].open(); }, "a local address that cannot be is refused");
    expect(!trial[wrong].connected && is_reason(trial[wrong].why, std::errc::address_not_available),
           "a local address that cannot be is refused with its reason");
    trial.finish();
}

void close_before_connected(Bench& bench) {
    Trial trial(bench);
    const ConnId id = trial.connect(bench.listen());
    trial.close(id);
    ask_in_vain(trial, id);
    trial.run_until([&] { return !trial[id].open(); }, "close() is answered");
    trial.finish();
}

void close_while_nobody_answers(Bench& bench) {
    Trial trial(bench);
    const std::optional<Endpoint> silent = bench.silent();
    if (!silent) {
        throw Skipped("no endpoint that never answers");
    }
    const ConnId id = trial.connect(*silent);
    trial.run_for(20ms);
    expect(trial[id].open() && !trial[id].connected, "a connect that nobody answers stays under way");
    trial.close(id);
    trial.run_until([&] { return !trial[id].open(); }, "close() is answered");
    expect(!trial[id].connected, "it never was connected");
    trial.finish();
}

void many_connections(Bench& bench) {
    constexpr std::size_t count = 100;
    Trial trial(bench);
    std::vector<ConnId> ids;
    std::vector<std::unique_ptr<Peer>> peers;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(trial.connect(bench.listen()));
    }
    trial.run_until(
        [&] {
            while (std::unique_ptr<Peer> peer = bench.accept()) {
                peers.push_back(std::move(peer));
            }
            return peers.size() == count &&
                   std::all_of(ids.begin(), ids.end(), [&](ConnId id) { return trial[id].connected; });
        },
        "all are connected");
    std::vector<std::string> texts(count);
    for (std::size_t i = 0; i < count; ++i) {
        trial.send(ids[i], "from " + std::to_string(i) + "!");
    }
    trial.run_until(
        [&] {
            bool all = true;
            for (std::size_t i = 0; i < count; ++i) {
                drain(*peers[i], texts[i]);
                all = all && texts[i].ends_with('!');
            }
            return all;
        },
        "all peers are reached");
    for (std::size_t i = 0; i < count; ++i) {
        write_all(trial, *peers[i], texts[i]);
    }
    trial.run_until(
        [&] {
            return std::all_of(ids.begin(), ids.end(), [&](ConnId id) { return trial[id].received.ends_with('!'); });
        },
        "all are answered");
    for (std::size_t i = 0; i < count; ++i) {
        expect(trial[ids[i]].received == "from " + std::to_string(i) + "!", "each gets its own bytes");
    }
    trial.finish();
}

void others_live_on(Bench& bench) {
    constexpr std::size_t count = 3;
    Trial trial(bench);
    std::vector<Trial::Pair> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        pairs.push_back(trial.establish());
    }
    // From the front: whatever is kept in a row closes up.
    for (std::size_t gone = 0; gone + 1 < count; ++gone) {
        trial.close(pairs[gone].id);
        trial.run_until([&] { return !trial[pairs[gone].id].open(); }, "close() is answered");
        const auto& [id, peer] = pairs.back();
        const std::size_t before = trial[id].outgoing.size();
        fill(trial, id);
        const std::size_t size = trial[id].outgoing.size() - before;
        const std::string text = arrived(trial, *peer, size);
        expect(trial[id].outgoing.compare(before, size, text) == 0, "another connection can be written to");
        for (std::size_t i = gone + 1; i < count; ++i) {
            write_all(trial, *pairs[i].peer, std::to_string(gone));
            trial.run_until([&] { return trial[pairs[i].id].received.ends_with(std::to_string(gone)); },
                            "other connections can be read from");
        }
        trial.run_for(2ms);
        expect(trial.rounds_until(trial.transport().now() + 10ms) <= few_rounds, "no busy loop about what is closed");
    }
    trial.finish();
}

void stale_ids(Bench& bench) {
    Trial trial(bench);
    auto [old, old_peer] = trial.establish();
    trial.close(old);
    trial.run_until([&] { return !trial[old].open(); }, "close() is answered");
    auto [id, peer] = trial.establish();
    expect(id.slot == old.slot, "the suite uses the slot again");

    for (const ConnId stranger : {old, ConnId{}, ConnId{.slot = 1'000, .generation = 7}}) {
        ask_in_vain(trial, stranger);
    }
    trial.transport().cancel_lookup({.slot = 1'000, .generation = 7});
    trial.run_for(2ms);

    trial.send(id, "still here");
    expect(arrived(trial, *peer, 10) == "still here", "the slot's new tenant is untouched");
    write_all(trial, *peer, "me too");
    trial.run_until([&] { return trial[id].received == "me too"; }, "the slot's new tenant reads");
    trial.finish();
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

void send_and_compare(Bench& bench, std::size_t size, std::size_t piece_size) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    const std::string text = pattern(size);
    trial.send(id, text, piece_size);
    expect(arrived(trial, *peer, size) == text, "the peer reads what was written");
    trial.run_until([&] { return trial[id].sent == size; }, "on_sent adds up to what the peer read");
    trial.finish();
}

void write_one_byte(Bench& bench) { send_and_compare(bench, 1, 0); }
void write_one_byte_pieces(Bench& bench) { send_and_compare(bench, 2'000, 1); }
void write_large(Bench& bench) { send_and_compare(bench, large, 0); }
void write_odd_pieces(Bench& bench) { send_and_compare(bench, large / 3, 4'093); }

void slow_reader(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    fill(trial, id);
    const std::size_t size = trial[id].outgoing.size();
    expect(arrived(trial, *peer, size) == trial[id].outgoing, "the peer reads what was written");
    trial.run_until([&] { return trial[id].sent == size; }, "on_sent adds up to what the peer read");
    trial.finish();
}

void close_mid_write(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    fill(trial, id);
    trial.close(id);
    ask_in_vain(trial, id);
    trial.run_until([&] { return !trial[id].open(); }, "close() is answered while a write is under way");
    const std::string& text = trial[id].outgoing;
    std::string got;
    trial.run_until([&, &other = *peer] { return !drain(other, got); }, "the peer sees the end");
    expect(text.compare(0, got.size(), got) == 0, "the peer has read a part of what was written");
    trial.finish();
}

void half_close(Bench& bench) {
    Trial trial(bench);
    if (!trial.transport().capabilities().half_close) {
        throw Skipped("the transport cannot half-close");
    }
    auto [id, peer] = trial.establish();
    trial.send(id, "question");
    trial.run_until([&] { return trial[id].sent == 8; }, "it is written");
    trial.transport().shutdown(id);
    std::string text;
    trial.run_until([&, &other = *peer] { return !drain(other, text); }, "the peer sees the end of our half");
    expect(text == "question" && peer->end() == Peer::End::eof, "shutdown() is an orderly end after all bytes");
    write_all(trial, *peer, "answer");
    trial.run_until([&] { return trial[id].received == "answer"; }, "reading goes on after shutdown()");
    peer->shutdown();
    trial.run_until([&] { return trial[id].eofs == 1; }, "both halves can end");
    trial.finish();
}

/// Writes until a write fails.
void write_until_failure(Trial& trial, ConnId id) {
    trial.run_until(
        [&] {
            if (!trial[id].send_failed && trial[id].sent == trial[id].outgoing.size()) {
                trial.send(id, "more");
            }
            return trial[id].send_failed;
        },
        "a write to a peer that is gone fails");
}

void bytes_before_failed_write(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    trial.transport().reading(id, false);
    write_all(trial, *peer, "early answer");
    trial.run_for(1ms);
    peer.reset();
    write_until_failure(trial, id);
    expect(trial[id].open(), "a failed write does not end the connection");
    trial.transport().reading(id, true);
    trial.run_until([&] { return trial[id].eofs == 1 || !trial[id].open(); }, "reading goes on to the end");
    expect(trial[id].received == "early answer", "what came before a write failed is delivered");
    trial.finish();
}

void reset_found_by_write(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    trial.transport().reading(id, false);
    write_all(trial, *peer, "half an ans");
    trial.run_for(1ms);
    peer->reset();
    trial.run_until(
        [&] {
            trial.send(id, "more");
            return trial[id].send_failed || !trial[id].open();
        },
        "a write to a peer that is gone fails");
    if (trial[id].open()) {
        trial.transport().reading(id, true);
        trial.run_until([&] { return !trial[id].open(); }, "the reset is told");
        expect(trial[id].received == "half an ans", "what came before the reset is delivered");
    }
    expect(trial[id].eofs == 0, "a reset that a write found first is not taken for an orderly end");
    expect(static_cast<bool>(trial[id].why), "a reset is told with its reason");
    trial.finish();
}

int signals_seen = 0;

void no_sigpipe(Bench& bench) {
    signals_seen = 0;
    const auto before = std::signal(SIGPIPE, [](int) { ++signals_seen; });
    {
        Trial trial(bench);
        auto [id, peer] = trial.establish();
        trial.transport().reading(id, false);
        peer.reset();
        write_until_failure(trial, id);
        trial.finish();
    }
    static_cast<void>(std::signal(SIGPIPE, before));
    expect(signals_seen == 0, "a write to a peer that is gone raises no SIGPIPE");
}

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

void receive_and_compare(Bench& bench, std::size_t size, std::size_t read_size, std::size_t write_size) {
    Trial trial(bench, read_size);
    auto [id, peer] = trial.establish();
    const std::string text = pattern(size);
    std::size_t offset = 0;
    trial.run_until(
        [&, &from = *peer] {
            if (write_size == 0) {
                feed(from, text, offset);
            } else if (offset < size) {
                offset += from.write(as_bytes(std::string_view(text).substr(offset, write_size)));
            }
            return trial[id].received.size() >= size;
        },
        "what the peer writes arrives");
    expect(trial[id].received == text, "what the peer wrote is received");
    trial.finish();
}

void read_large(Bench& bench) { receive_and_compare(bench, large, 16 * 1024, 0); }
void read_into_one_byte(Bench& bench) { receive_and_compare(bench, 3'000, 1, 0); }
void read_single_bytes(Bench& bench) { receive_and_compare(bench, 300, 16 * 1024, 1); }

void both_ways_at_once(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    const std::string text = pattern(large);
    std::string got;
    std::size_t offset = 0;
    trial.send(id, text);
    trial.run_until(
        [&, &other = *peer] {
            feed(other, text, offset);
            drain(other, got);
            return got.size() >= large && trial[id].received.size() >= large;
        },
        "both directions go on at once");
    expect(got == text && trial[id].received == text, "nothing is lost either way");
    trial.finish();
}

void reading_off(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    const std::string text = pattern(large);
    std::size_t offset = 0;
    feed(*peer, std::string_view(text).substr(0, 1), offset);
    trial.run_until([&] { return trial[id].received.size() == 1; }, "reading is on at first");

    trial.transport().reading(id, false);
    const std::size_t before = trial[id].reads;
    feed(*peer, text, offset);
    trial.run_for(5ms);
    feed(*peer, text, offset);
    trial.run_for(5ms);
    expect(trial[id].reads <= before + 1, "after reading(false) at most one read is reported");

    trial.transport().reading(id, true);
    trial.run_until(
        [&, &from = *peer] {
            feed(from, text, offset);
            return trial[id].received.size() >= text.size();
        },
        "reading(true) takes it up again");
    expect(trial[id].received == text, "nothing is lost by the pause");
    trial.finish();
}

void reading_off_from_the_start(Bench& bench) {
    Trial trial(bench);
    const ConnId id = trial.connect(bench.listen());
    trial.transport().reading(id, false);
    std::unique_ptr<Peer> peer;
    trial.run_until(
        [&] {
            if (!peer) {
                peer = bench.accept();
            }
            return peer && trial[id].connected;
        },
        "a connection that may not read is made");
    write_all(trial, *peer, "later");
    peer->shutdown();
    trial.run_for(5ms);
    expect(trial[id].reads <= 1, "at most one read is reported");
    trial.transport().reading(id, true);
    trial.run_until([&] { return trial[id].eofs == 1; }, "bytes and end come when reading is on");
    expect(trial[id].received == "later", "nothing is lost");
    trial.finish();
}

void end_of_peer(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    write_all(trial, *peer, "last words");
    peer->shutdown();
    trial.run_until([&] { return trial[id].eofs == 1; }, "the end is reported");
    expect(trial[id].received == "last words", "bytes come before the end");
    trial.send(id, "answer");
    expect(arrived(trial, *peer, 6) == "answer", "the other half goes on after the peer's end");
    trial.run_for(2ms);
    expect(trial[id].open(), "the end of the peer's half does not end the connection");
    trial.finish();
}

void reset_by_peer(Bench& bench) {
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    write_all(trial, *peer, "last words");
    trial.run_until([&] { return trial[id].received == "last words"; }, "bytes arrive");
    peer->reset();
    trial.run_until([&] { return !trial[id].open(); }, "a reset ends the connection");
    expect(is_reason(trial[id].why, std::errc::connection_reset), "the reset is told as the reason");
    expect(trial[id].eofs == 0, "a reset is not taken for an orderly end");
    trial.finish();
}

// ── Probe ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Probes until `found`, which must come about within one probe().
void probe_until(Trial& trial, ConnId id, const std::function<bool()>& found) {
    trial.run_until(
        [&] {
            const std::size_t before = trial.facts();
            trial.transport().probe(id);
            expect((trial.facts() != before) == found(), "what a probe finds is reported before it returns");
            return found();
        },
        "a probe finds what is there");
}

Trial::Pair establish_for_probe(Trial& trial) {
    if (!trial.transport().capabilities().probe) {
        throw Skipped("the transport cannot probe");
    }
    Trial::Pair pair = trial.establish();
    trial.transport().reading(pair.id, false);
    return pair;
}

void probe_nothing(Bench& bench) {
    Trial trial(bench);
    const auto [id, peer] = establish_for_probe(trial);
    const std::size_t before = trial.facts();
    trial.transport().probe(id);
    expect(trial.facts() == before, "a probe of a quiet connection reports nothing");
    trial.finish();
}

void probe_bytes(Bench& bench) {
    Trial trial(bench);
    const auto [id, peer] = establish_for_probe(trial);
    expect(peer->write(as_bytes("surprise")) == 8, "the peer writes");
    probe_until(trial, id, [&] { return trial[id].received == "surprise"; });
    trial.finish();
}

void probe_end(Bench& bench) {
    Trial trial(bench);
    const auto [id, peer] = establish_for_probe(trial);
    peer->shutdown();
    probe_until(trial, id, [&] { return trial[id].eofs == 1; });
    const std::size_t before = trial.facts();
    trial.transport().probe(id);
    expect(trial.facts() == before, "the end is reported once");
    trial.finish();
}

void probe_reset(Bench& bench) {
    Trial trial(bench);
    const auto [id, peer] = establish_for_probe(trial);
    peer->reset();
    probe_until(trial, id, [&] { return !trial[id].open(); });
    expect(static_cast<bool>(trial[id].why), "a reset has a reason");
    trial.finish();
}

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

void timer_in_time(Bench& bench) {
    Trial trial(bench);
    std::size_t armed = 0;
    for (const Duration wait : {Duration(0ms), Duration(1ns), Duration(1'500us), Duration(20ms)}) {
        // The machine may be busy, but it is not each time.
        Duration late = Duration::max();
        for (int i = 0; i < 10 && late > bench.lateness(); ++i) {
            trial.run_for(0ms);
            const Time when = trial.transport().now() + wait;
            expect(trial.rounds_until(when) <= few_rounds, "waiting for the timer is no busy loop");
            late = trial.timers().back() - when;
            ++armed;
        }
        expect(late <= bench.lateness(), "a timer is not late each time");
    }
    expect(trial.timers().size() == armed, "a timer goes off once");
    trial.run_for(5ms);
    expect(trial.timers().size() == armed, "a timer goes off once");
    trial.finish();
}

void timer_moved(Bench& bench) {
    Trial trial(bench);
    trial.run_for(0ms);
    const Time start = trial.transport().now();
    trial.transport().arm(start + 1h);
    trial.rounds_until(start + 5ms);
    expect(trial.transport().now() < start + 1h, "a timer can be moved nearer");

    trial.run_for(0ms);
    const Time later = trial.transport().now();
    trial.transport().arm(later + 1ms);
    trial.rounds_until(later + 15ms);
    expect(trial.timers().size() == 2, "a timer can be moved away");

    trial.transport().arm(trial.transport().now() + 1ms);
    trial.transport().arm(std::nullopt);
    trial.run_for(10ms);
    expect(trial.timers().size() == 2, "a timer can be stopped");
    trial.transport().arm(Time::max());
    trial.run_for(5ms);
    expect(trial.timers().size() == 2, "the end of time does not come");
    trial.finish();
}

/// However the connections stand, waiting costs nothing.
void no_busy_loop(Bench& bench) {
    Trial trial(bench);
    const auto quiet = [&](const char* what) {
        trial.run_for(2ms);  // What was still to be reported.
        expect(trial.rounds_until(trial.transport().now() + 30ms) <= few_rounds, what);
    };
    auto [id, peer] = trial.establish();
    quiet("no busy loop with an idle connection");

    trial.transport().reading(id, false);
    write_all(trial, *peer, "unread");
    quiet("no busy loop with bytes that may not be read");
    peer->shutdown();
    quiet("no busy loop with an end that may not be read");
    trial.transport().reading(id, true);
    trial.run_until([&] { return trial[id].eofs == 1; }, "the end is read");
    quiet("no busy loop after the end of the peer's half");
    if (trial.transport().capabilities().half_close) {
        trial.transport().shutdown(id);
        quiet("no busy loop after both halves have ended");
    }

    auto [full, full_peer] = trial.establish();
    fill(trial, full);
    quiet("no busy loop with a peer that does not read");

    auto [broken, broken_peer] = trial.establish();
    trial.transport().reading(broken, false);
    broken_peer->reset();
    quiet("no busy loop with a reset that may not be read");

    if (const std::optional<Endpoint> silent = bench.silent()) {
        static_cast<void>(trial.connect(*silent));
        quiet("no busy loop with a connect under way");
    }
    trial.finish();
}

// ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────

void lookup_succeeds(Bench& bench) {
    Trial trial(bench);
    const LookupId id = trial.lookup(bench.good_host(), 4'711);
    trial.run_until([&] { return trial[id].answers == 1; }, "a lookup is answered");
    expect(!trial[id].error && !trial[id].endpoints.empty(), "a lookup finds addresses");
    for (const Endpoint& endpoint : trial[id].endpoints) {
        expect(endpoint.port == 4'711, "the addresses have the port that was asked for");
    }
    trial.finish();
}

void lookup_fails(Bench& bench) {
    Trial trial(bench);
    if (bench.bad_host().empty()) {
        throw Skipped("no host that does not exist");
    }
    const LookupId id = trial.lookup(bench.bad_host());
    trial.run_until([&] { return trial[id].answers == 1; }, "a failing lookup is answered");
    expect(trial[id].endpoints.empty(), "a failing lookup has no addresses");
    expect(trial[id].error == make_error_code(Errc::name_resolution_failed), "a host that does not exist is told so");
    trial.finish();
}

void lookup_is_slow(Bench& bench) {
    Trial trial(bench);
    if (bench.slow_host().empty()) {
        throw Skipped("no host whose lookup is slow");
    }
    const LookupId slow = trial.lookup(bench.slow_host());
    trial.run_for(0ms);
    trial.rounds_until(trial.transport().now() + 5ms);
    const LookupId quick = trial.lookup(bench.good_host());
    trial.run_until([&] { return trial[quick].answers == 1; }, "a slow lookup does not hold up another");
    expect(trial[slow].answers == 0, "a slow lookup does not block the loop");
    bench.release_slow_hosts();
    trial.run_until([&] { return trial[slow].answers == 1; }, "a slow lookup is answered in the end");
    expect(!trial[slow].error, "a slow lookup succeeds in the end");
    trial.finish();
}

void lookup_is_cancelled(Bench& bench) {
    Trial trial(bench);
    if (!bench.slow_host().empty()) {
        const LookupId slow = trial.lookup(bench.slow_host());
        trial.run_for(2ms);
        trial.cancel(slow);
        bench.release_slow_hosts();
    }
    trial.cancel(trial.lookup(bench.good_host()));
    const LookupId other = trial.lookup(bench.good_host());
    trial.run_until([&] { return trial[other].answers == 1; }, "another lookup is answered");
    trial.run_for(10ms);
    trial.finish();
}

// ── Unix domain sockets ──────────────────────────────────────────────────────────────────────────────────────────

void local_socket(Bench& bench) {
    Trial trial(bench);
    const std::optional<Endpoint> local = bench.listen_local();
    if (!local) {
        throw Skipped("no Unix domain sockets");
    }
    auto [id, peer] = trial.establish(*local);
    const std::string text = pattern(large);
    trial.send(id, text);
    expect(arrived(trial, *peer, large) == text, "a Unix domain socket carries bytes there");
    write_all(trial, *peer, "and back");
    peer->shutdown();
    trial.run_until([&] { return trial[id].eofs == 1; }, "its end is reported");
    expect(trial[id].received == "and back", "a Unix domain socket carries bytes back");

    Endpoint wrong = *local;
    wrong.path += ".no";
    const ConnId missing = trial.connect(wrong);
    wrong.path = std::string(4'000, 'x');
    const ConnId too_long = trial.connect(wrong);
    wrong.path.clear();
    const ConnId empty = trial.connect(wrong);
    wrong.path = local->path + std::string(1, '\0') + "no";
    const ConnId cut = trial.connect(wrong);
    for (const ConnId failed : {missing, too_long, empty, cut}) {
        trial.run_until([&] { return !trial[failed].open(); }, "a path that cannot be is refused");
        expect(!trial[failed].connected && trial[failed].why, "a path that cannot be is refused with a reason");
    }
    trial.finish();
}

void abstract_name(Bench& bench) {
    Trial trial(bench);
    const std::optional<Endpoint> abstract = bench.listen_abstract();
    if (!abstract) {
        throw Skipped("no abstract names");
    }
    auto [id, peer] = trial.establish(*abstract);
    trial.send(id, "question");
    expect(arrived(trial, *peer, 8) == "question", "an abstract name is connected to");
    Endpoint wrong = *abstract;
    wrong.path += 'x';
    const ConnId too_long = trial.connect(wrong);
    trial.run_until([&] { return !trial[too_long].open(); }, "a name that is too long is refused");
    expect(!trial[too_long].connected && trial[too_long].why, "a name that is too long is refused with a reason");
    trial.finish();
}

// ── The turn ─────────────────────────────────────────────────────────────────────────────────────────────────────

void close_in_a_turn(Bench& bench) {
    using Told = Trial::Told;
    Trial trial(bench);
    ConnId id{};
    ConnId successor{};
    // The slot has a new tenant at once, if close() is answered from inside.
    const auto close_after = [&](auto... those) {
        trial.in_turns([&, those...](ConnId about, Told told) {
            if (about == id && !successor && ((told == those) || ...)) {
                trial.close(id);
                successor = trial.connect(bench.listen());
            }
        });
    };
    const auto closed_for = [&](std::unique_ptr<Peer> peer) {
        std::unique_ptr<Peer> next;
        trial.run_until(
            [&] {
                std::string ignored;
                if (peer) {
                    drain(*peer, ignored);  // It may be what a write waits for.
                }
                std::unique_ptr<Peer>& wanted = peer ? next : peer;
                wanted = wanted ? std::move(wanted) : bench.accept();
                return next && successor && trial[successor].connected && !trial[id].open();
            },
            "close() and connect() may come in the turn after a fact");
        write_all(trial, *next, "welcome");
        trial.run_until([&] { return trial[successor].received == "welcome"; }, "the new connection reads");
        successor = {};
    };

    close_after(Told::connected);
    id = trial.connect(bench.listen());
    closed_for(nullptr);

    Trial::Pair pair = trial.establish();
    id = pair.id;
    close_after(Told::received);
    write_all(trial, *pair.peer, "a word");
    closed_for(std::move(pair.peer));

    pair = trial.establish();
    id = pair.id;
    close_after(Told::eof);
    pair.peer->shutdown();
    closed_for(std::move(pair.peer));

    pair = trial.establish();
    id = pair.id;
    fill(trial, id);
    close_after(Told::writable, Told::sent);
    closed_for(std::move(pair.peer));
    trial.finish();
}

void ops_in_a_turn(Bench& bench) {
    constexpr std::size_t count = 20;  // Whatever connections are kept in, it grows.
    using Told = Trial::Told;
    Trial trial(bench);
    const Trial::Pair pair = trial.establish();
    const Trial::Pair other = trial.establish();
    std::vector<ConnId> fresh;
    trial.in_turns([&, id = pair.id](ConnId about, Told told) {
        if (about != id || told != Told::received || !fresh.empty()) {
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            fresh.push_back(trial.connect(bench.listen()));
        }
        trial.transport().reading(id, false);
        if (trial.transport().capabilities().probe) {
            trial.transport().probe(id);
        }
        trial.transport().reading(id, true);
        trial.send(id, "answer");
        trial.close(other.id);
        trial.transport().arm(trial.transport().now() + 1h);
        trial.cancel(trial.lookup(bench.good_host()));
    });
    write_all(trial, *pair.peer, "question");
    std::vector<std::unique_ptr<Peer>> peers;
    trial.run_until(
        [&] {
            while (std::unique_ptr<Peer> peer = bench.accept()) {
                peers.push_back(std::move(peer));
            }
            return peers.size() == count && !trial[other.id].open() &&
                   std::all_of(fresh.begin(), fresh.end(), [&](ConnId id) { return trial[id].connected; });
        },
        "what is asked for inside a turn is done");
    expect(arrived(trial, *pair.peer, 6) == "answer", "what is written inside a turn arrives");
    write_all(trial, *pair.peer, ", and another");
    trial.run_until([&] { return trial[pair.id].received == "question, and another"; }, "reading goes on");
    for (std::size_t i = 0; i < count; ++i) {
        write_all(trial, *peers[i], "welcome");
    }
    trial.run_until(
        [&] {
            return std::all_of(fresh.begin(), fresh.end(), [&](ConnId id) { return trial[id].received == "welcome"; });
        },
        "connections that were made inside a turn read");
    trial.finish();
}

// ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────

void destruction_in_flight(Bench& bench) {
    const Endpoint listening = bench.listen();
    const std::optional<Endpoint> silent = bench.silent();
    const std::size_t before = bench.resources();
    {
        Trial trial(bench);
        auto [idle, idle_peer] = trial.establish();
        auto [writing, writing_peer] = trial.establish();
        auto [unread, unread_peer] = trial.establish();
        fill(trial, writing);
        trial.transport().reading(unread, false);
        write_all(trial, *unread_peer, "unread");
        static_cast<void>(trial.connect(listening));
        if (silent) {
            static_cast<void>(trial.connect(*silent));
        }
        if (!bench.slow_host().empty()) {
            static_cast<void>(trial.lookup(bench.slow_host()));
        }
        static_cast<void>(trial.lookup(bench.good_host()));
        trial.transport().arm(trial.transport().now() + 1h);

        const std::size_t facts = trial.facts();
        trial.destroy();
        expect(trial.facts() == facts, "a transport that is destroyed reports nothing");
        bench.release_slow_hosts();
        for (std::unique_ptr<Peer> peer = bench.accept(); peer; peer = bench.accept()) {
        }
    }
    expect(bench.resources() == before, "a transport that is destroyed leaves nothing behind");
}

constexpr auto all = std::to_array<Clause>({
    {"a connection is made, and ended by Close", connect_and_close},
    {"a refused connect ends in one on_closed", refused},
    {"a connection over IPv6", over_ip6},
    {"a socket has TCP_NODELAY and is not inherited", socket_set_up},
    {"socket options are applied before the connect", socket_options},
    {"Close may come before the connection is made", close_before_connected},
    {"Close ends a connect that nobody answers", close_while_nobody_answers},
    {"many connections are kept apart", many_connections},
    {"the end of one connection leaves the others alone", others_live_on},
    {"stale ids are harmless", stale_ids},
    {"one byte is written", write_one_byte},
    {"pieces of one byte are written", write_one_byte_pieces},
    {"much is written", write_large},
    {"many pieces are written", write_odd_pieces},
    {"a slow reader gets everything", slow_reader},
    {"Close may come while a write is under way", close_mid_write},
    {"Shutdown ends our half only", half_close},
    {"bytes that came before a failed write are delivered", bytes_before_failed_write},
    {"a reset found by a write is no orderly end", reset_found_by_write},
    {"no SIGPIPE", no_sigpipe},
    {"much is read", read_large},
    {"a buffer of one byte is read into", read_into_one_byte},
    {"single bytes are read", read_single_bytes},
    {"both directions go on at once", both_ways_at_once},
    {"Reading{false} stops reads", reading_off},
    {"Reading{false} may come before the connection is made", reading_off_from_the_start},
    {"the peer's orderly end is on_eof, after all bytes", end_of_peer},
    {"the peer's reset is on_closed with the reason", reset_by_peer},
    {"Probe finds nothing", probe_nothing},
    {"Probe finds bytes", probe_bytes},
    {"Probe finds the end", probe_end},
    {"Probe finds a reset", probe_reset},
    {"the timer goes off once, in time and not early", timer_in_time},
    {"the timer can be moved and stopped", timer_moved},
    {"there is no busy loop", no_busy_loop},
    {"a lookup succeeds", lookup_succeeds},
    {"a lookup fails", lookup_fails},
    {"a slow lookup holds up nothing", lookup_is_slow},
    {"a cancelled lookup is not answered", lookup_is_cancelled},
    {"Unix domain sockets", local_socket},
    {"abstract names of Unix domain sockets", abstract_name},
    {"Close may come in the turn after a fact", close_in_a_turn},
    {"ops of all kinds may come inside a turn", ops_in_a_turn},
    {"destruction with everything in flight leaves nothing behind", destruction_in_flight},
});

}  // namespace

std::span<const Clause> clauses() { return all; }

}  // namespace ferry::contract
