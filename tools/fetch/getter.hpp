// Who makes the transfers of ferry fetch: a client on one of the transports, for threads that wait.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/config.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>
#include <ferry/url.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string_view>

namespace ferry::tools {

/// A response that is read piece by piece, by one thread. Its end before the body's ends the request.
class Transfer {
public:
    Transfer() = default;
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    virtual ~Transfer() = default;

    /// Without content; trailers and the last timings are there when the body has ended.
    [[nodiscard]] virtual const Response& response() const = 0;
    /// Waits for more of the body; nothing at its end.
    [[nodiscard]] virtual Result<std::optional<Buffer>> read() = 0;
};

/// Threads may share it. Transfers must not outlive it.
class Getter {
public:
    Getter() = default;
    Getter(const Getter&) = delete;
    Getter& operator=(const Getter&) = delete;
    virtual ~Getter() = default;

    /// Makes a request and waits for the head of its response.
    [[nodiscard]] virtual Result<std::unique_ptr<Transfer>> open(std::string_view method, const Url& url,
                                                                 const Options& options) = 0;
};

[[nodiscard]] std::unique_ptr<Getter> make_loop_getter(const Config& config);
#ifdef FERRY_HAS_ASIO
[[nodiscard]] std::unique_ptr<Getter> make_asio_getter(const Config& config);
#endif
#ifdef FERRY_HAS_UV
[[nodiscard]] std::unique_ptr<Getter> make_uv_getter(const Config& config);
#endif

struct GetterKind {
    std::string_view transport;
    std::unique_ptr<Getter> (*make)(const Config&);
};
/// Those that were built. The first is the default.
inline constexpr std::array getter_kinds{
    GetterKind{"loop", make_loop_getter},
#ifdef FERRY_HAS_ASIO
    GetterKind{"asio", make_asio_getter},
#endif
#ifdef FERRY_HAS_UV
    GetterKind{"uv", make_uv_getter},
#endif
};

}  // namespace ferry::tools
