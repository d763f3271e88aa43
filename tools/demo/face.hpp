// A face of ferry as the demonstration uses it: calls that wait, whatever loop lies beneath. One column each.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/engine.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::tools {

/// Takes a body piece by piece.
struct Reader {
    std::function<void(ConstBuffer)> each;
    /// Nothing more is taken for so long after the first piece.
    std::chrono::milliseconds rest{0};
};

/// A client of some transport.
class Face {
public:
    virtual ~Face() = default;
    /// Throws what the face throws.
    virtual Response request(std::string_view method, const std::string& url, const Options& options) = 0;
    /// The same; the response has no content.
    virtual Response stream(std::string_view method, const std::string& url, const Options& options,
                            const Reader& reader) = 0;
    /// All at once.
    virtual std::vector<Result<Response>> gather(std::span<const Call> calls) = 0;
    /// GETs, `at_once` at a time: on an event loop each begins where the one before it ends. How many were answered with
    /// a status of success.
    virtual std::size_t repeat(const std::string& url, std::size_t count, std::size_t at_once) = 0;
    [[nodiscard]] virtual Stats stats() const = 0;
    /// Closes it in good order. False if something had to be cut off.
    virtual bool drain() = 0;
};

/// 1 or 0, for counting.
[[nodiscard]] inline std::size_t is_success(const Result<Response>& result) {
    return result && result->is_success() ? 1 : 0;
}

[[nodiscard]] std::unique_ptr<Face> make_loop_face(const Config& config);
#ifdef FERRY_HAS_ASIO
[[nodiscard]] std::unique_ptr<Face> make_asio_face(const Config& config);
#endif
#ifdef FERRY_HAS_UV
[[nodiscard]] std::unique_ptr<Face> make_uv_face(const Config& config);
#endif

struct Column {
    std::string_view name;
    std::unique_ptr<Face> (*make)(const Config&);
};
/// One entry a transport: that is all a new column takes.
inline constexpr std::array columns{
    Column{"loop", make_loop_face},
#ifdef FERRY_HAS_ASIO
    Column{"asio", make_asio_face},
#endif
#ifdef FERRY_HAS_UV
    Column{"uv", make_uv_face},
#endif
};

}  // namespace ferry::tools
