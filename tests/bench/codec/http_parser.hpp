// http-parser, llhttp's predecessor, as a peer of the codec's benchmark. A file of its own: the headers of the two clash.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace bench {

/// Reads responses, and stores each name, value and piece of a body as a string_view in a vector.
class HttpParser {
public:
    HttpParser();
    HttpParser(const HttpParser&) = delete;
    HttpParser& operator=(const HttpParser&) = delete;
    ~HttpParser();

    /// Reads one whole message; how much was stored, 0 if it was refused.
    [[nodiscard]] std::size_t read(std::string_view message);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace bench
