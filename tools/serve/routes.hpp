// What the server answers to what: a request goes in, a Reply comes out. No sockets here.
#pragma once

#include "tools/serve/files.hpp"
#include "tools/serve/reply.hpp"

#include <ferry/message.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferry::tools {

/// A server's counters.
struct Counters {
    std::uint64_t accepted = 0;  ///< Connections.
    std::uint64_t open = 0;      ///< Connections of now.
    std::uint64_t requests = 0;  ///< Whose head was understood.
};

/// A request that is complete.
struct Incoming {
    const RequestHead& head;
    std::string_view body{};
    std::string_view peer{};                ///< The client's address.
    std::uint64_t connection = 0;           ///< Which of the connections ever accepted this is, from 1.
    std::uint64_t connection_requests = 0;  ///< Which request on it, from 1.
};

/// The routes, and a folder's files behind them. Stateless but for what /stats reads.
class Routes {
public:
    Routes(const Counters& counters, std::optional<Files> files) : counters_(counters), files_(std::move(files)) {}

    /// Fills `reply`, which is new or reset. Everything has an answer, if only 404.
    void answer(const Incoming& request, Reply& reply) const;

    /// The routes, one a line, for --help and GET /.
    [[nodiscard]] static std::string_view summary() noexcept;

private:
    const Counters& counters_;
    std::optional<Files> files_;
};

}  // namespace ferry::tools
