// A face of ferry as the demonstration uses it: calls that wait, whatever loop lies beneath. One column each.
#pragma once

#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/engine.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace ferry::tools {

/// A client of some transport.
class Face {
public:
    virtual ~Face() = default;
    /// Throws what the face throws.
    virtual Response request(std::string_view method, const std::string& url, const Options& options) = 0;
    /// All at once.
    virtual std::vector<Result<Response>> gather(std::span<const Call> calls) = 0;
    [[nodiscard]] virtual Stats stats() const = 0;
};

[[nodiscard]] std::unique_ptr<Face> make_loop_face(const Config& config);
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
#ifdef FERRY_HAS_UV
    Column{"uv", make_uv_face},
#endif
};

}  // namespace ferry::tools
