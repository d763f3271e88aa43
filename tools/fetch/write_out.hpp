// -w: a line of one's own about a transfer.
#pragma once

#include <ferry/engine.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::tools {

/// How a transfer ended.
struct Outcome {
    std::string method{};
    std::string url{};
    int exit_code = 0;
    std::string sentence{};  ///< Why it failed.
    int status = 0;          ///< 0: no response.
    std::string content_type{};
    std::string version{};  ///< "1.1"; empty: no response.
    std::uint64_t downloaded = 0;
    std::uint64_t uploaded = 0;
    Timings timings{};
};

/// A format with %{variables}, parsed once.
class WriteOut {
public:
    /// Throws FetchFailure for a brace that is not closed; says on stderr that there is no such variable.
    explicit WriteOut(std::string_view format);

    [[nodiscard]] bool empty() const noexcept { return pieces_.empty(); }
    [[nodiscard]] std::string apply(const Outcome& outcome) const;

    /// The variables, one a line, for --help.
    [[nodiscard]] static std::string help();

private:
    struct Piece {
        std::string text{};
        std::size_t variable = 0;  // of the table; only where there is no text
    };
    void add_text(char c);

    std::vector<Piece> pieces_;
};

}  // namespace ferry::tools
