// What the loop promises beyond the transport contract.
#include "transports/loop/loop.hpp"

#include "tests/transport_contract/loop_bench.hpp"
#include "tests/transport_contract/recorder.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>
#include <utility>

namespace ferry::loop {

namespace {

using namespace std::chrono_literals;
using contract::Descriptor;
using contract::LoopBench;
using contract::Trial;

constexpr std::array both{PollerKind::epoll, PollerKind::poll};

sockaddr_in name_of(int fd, int (*get)(int, sockaddr*, socklen_t*)) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    REQUIRE(get(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return address;
}

int option(int fd, int level, int name) {
    int value = 0;
    socklen_t size = sizeof(value);
    REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
    return value;
}

/// The loop's socket, which it does not show.
int descriptor_named(const sockaddr_in& ours) {
    for (int fd = 0; fd < 1'024; ++fd) {
        sockaddr_in address{};
        socklen_t size = sizeof(address);
        if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && address.sin_family == AF_INET &&
            address.sin_port == ours.sin_port && address.sin_addr.s_addr == ours.sin_addr.s_addr) {
            return fd;
        }
    }
    return -1;
}

}  // namespace

TEST_CASE("wake() ends a wait from another thread, and one wake before it") {
    for (const PollerKind poller : both) {
        LoopBench bench(poller);
        Trial trial(bench);
        Loop& loop = bench.loop();
        std::thread other([&] { loop.wake(); });
        loop.run_once();
        other.join();
        loop.wake();
        loop.wake();
        loop.run_once();

        const std::size_t before = trial.facts();
        loop.refresh();
        loop.run_once(loop.now() + 5ms);  // Nothing is left of the wakes: this waits.
        CHECK(trial.facts() == before);
        trial.finish();
    }
}

TEST_CASE("the loop's clock is the system's steady one, and the timer is in time by it") {
    LoopBench bench(default_poller());
    Trial trial(bench);
    const auto start = std::chrono::steady_clock::now();
    bench.loop().refresh();
    const Time now = bench.loop().now();
    CHECK(now.time_since_epoch() >= start.time_since_epoch());
    CHECK(trial.rounds_until(now + 10ms) == 1);
    CHECK(std::chrono::steady_clock::now() - start >= 10ms);
    trial.finish();
}

TEST_CASE("an answer that has come is reported before the timer that it came too late for") {
    LoopBench bench(default_poller());
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    peer->write(as_bytes("x"));
    trial.transport().arm(trial.transport().now());
    trial.run_until([&] { return !trial.timers().empty(); }, "the timer goes off");
    CHECK(trial[id].received == "x");
    trial.finish();
}

TEST_CASE("a connection that floods does not starve another") {
    for (const PollerKind poller : both) {
        LoopBench bench(poller);
        Trial trial(bench, 1);
        auto [first, first_peer] = trial.establish();
        auto [second, second_peer] = trial.establish();
        const std::string text(500, 'x');
        trial.transport().reading(first, false);
        trial.transport().reading(second, false);
        first_peer->write(as_bytes(text));
        second_peer->write(as_bytes(text));
        trial.run_for(2ms);
        trial.transport().reading(first, true);
        trial.transport().reading(second, true);
        trial.run_until([&] { return trial[first].received == text && trial[second].received == text; }, "all comes");
        trial.finish();

        Trial again(bench, 1);
        auto [one, one_peer] = again.establish();
        one_peer->write(as_bytes(text));
        again.run_until([&] { return again[one].reads != 0; }, "bytes come");
        CHECK(again[one].reads <= std::size_t{Loop::reads_per_round});
        again.finish();
    }
}

TEST_CASE("many pieces go out in one write") {
    LoopBench bench(default_poller());
    Trial trial(bench);
    auto [id, peer] = trial.establish();
    const std::string text(Loop::max_pieces + 1, 'p');
    std::array<ConstBuffer, Loop::max_pieces + 1> pieces;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        pieces[i] = as_bytes(std::string_view(text).substr(i, 1));
    }
    const Written written = trial.transport().write(id, pieces);
    CHECK(written.state == Written::State::some);
    CHECK(written.count == Loop::max_pieces);
    trial.finish();
}

TEST_CASE("a process without descriptors left gets an error, and the loop goes on") {
    LoopBench bench(default_poller());
    Trial trial(bench);
    auto [id, peer] = trial.establish();

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const ConnId refused = trial.connect(bench.listen());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);

    CHECK_FALSE(trial[refused].open());
    CHECK(trial[refused].why == std::errc::too_many_files_open);
    peer->write(as_bytes("x"));
    trial.run_until([&] { return trial[id].received == "x"; }, "other connections go on");
    trial.finish();
}

TEST_CASE("a loop cannot be made without descriptors, and leaves none behind") {
#ifdef __SANITIZE_ADDRESS__
    SKIP("UBSan's look at an object's type needs a descriptor itself");
#endif
    LoopBench bench(default_poller());
    const std::size_t before = bench.resources();
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    for (const PollerKind poller : both) {
        CHECK_THROWS_AS(Loop({.poller = poller}), std::system_error);
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(bench.resources() == before);
}

TEST_CASE("socket options reach the socket") {
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    const Endpoint to = parse_address("127.0.0.1", ntohs(name_of(listener.get(), &::getsockname).sin_port)).value();

    LoopBench bench(default_poller());
    Trial trial(bench);
    const ConnId id = trial.connect(to, std::make_shared<SocketOptions>(SocketOptions{
                                            .local_address = parse_address("127.0.0.2", 0),
                                            .receive_buffer = 50'000,
                                            .send_buffer = 60'000,
                                            .tcp_keepalive = true,
                                        }));
    trial.run_until([&] { return trial[id].connected; }, "it is connected");
    Descriptor peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const sockaddr_in ours = name_of(peer.get(), &::getpeername);
    CHECK(ours.sin_addr.s_addr == htonl(INADDR_LOOPBACK + 1));
    const int fd = descriptor_named(ours);
    CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(option(fd, SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK(option(fd, SOL_SOCKET, SO_RCVBUF) >= 50'000);
    CHECK(option(fd, SOL_SOCKET, SO_RCVBUF) <= 100'000);
    CHECK(option(fd, SOL_SOCKET, SO_SNDBUF) >= 60'000);
    CHECK(option(fd, SOL_SOCKET, SO_SNDBUF) <= 120'000);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);

    SECTION("a local address that is not ours") {
        const ConnId wrong = trial.connect(
            to, std::make_shared<SocketOptions>(SocketOptions{.local_address = parse_address("192.0.2.1", 0)}));
        CHECK(trial[wrong].why == std::errc::address_not_available);
    }
    SECTION("a local address of the other family") {
        const ConnId wrong =
            trial.connect(to, std::make_shared<SocketOptions>(SocketOptions{.local_address = parse_address("::1", 0)}));
        CHECK(trial[wrong].why);
    }
    SECTION("a Unix domain socket has no use for a local IP address") {
        const ConnId local =
            trial.connect(*bench.listen_local(),
                          std::make_shared<SocketOptions>(SocketOptions{.local_address = parse_address("::1", 0)}));
        trial.run_until([&] { return trial[local].connected; }, "it is connected");
    }
    peer = {};  // It is none of the bench's, and finish() counts.
    trial.finish();
}

}  // namespace ferry::loop
