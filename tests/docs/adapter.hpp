// What transports/README.md takes as given: the event loop for which its adapter is written, and helpers that are the
// same in all adapters. snippets.py compiles the page with it.
#pragma once

#include <ferry/driver.hpp>
#include <ferry/engine.hpp>

#include <sys/socket.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using namespace ferry;

class MyTransport;
class MyBench;

struct Loop {
    /// Calls MyTransport::ready() for `id` when `fd` is readable or writable, as far as that is wanted.
    void watch(int fd, ConnId id, bool readable, bool writable);
    void unwatch(int fd);
    void set_timer(MyTransport* transport, std::optional<Time> when);
    void clear_timer(MyTransport* transport);
};

struct Answer {
    std::vector<Endpoint> endpoints;
    std::error_code error;
};

/// Shared by the transport and the threads that look names up.
struct Names {
    bool over = false;
    void post_answer(LookupId id, Answer answer);
    void forget(LookupId id);
};

Answer resolve(const std::string& host, std::uint16_t port);
void run_in_thread(std::function<void()> work);

Time steady_clock_now();
std::error_code system_error(int error);
/// `fd` stays -1 if there is an error.
std::error_code open_socket(const Endpoint& to, const SocketOptions* options, int& fd);
std::error_code begin_to_connect(int fd, const Endpoint& to);
ssize_t send_pieces(int fd, std::span<const ConstBuffer> pieces, int flags);
int take_socket_error(int fd);

extern Loop loop;
extern EngineConfig config;
extern EventHandler& handler;
extern Request request;

namespace contract {
template <class Bench>
void check_clauses();
}

#define TEST_CASE(name) void test_case()
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"  // Ids that a reader would keep.
