// The readable log of a run: what happened, when, a line each. Equal runs give equal logs.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/id.hpp>
#include <ferry/time.hpp>

#include <span>
#include <string>
#include <string_view>

namespace ferry::testing {

class Timeline {
public:
    explicit Timeline(bool enabled) : enabled_(enabled) {}

    /// Ask before building a text that would be thrown away.
    [[nodiscard]] bool enabled() const noexcept { return enabled_; }
    void add(Duration elapsed, std::string_view kind, std::string_view text);
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    bool enabled_;
    std::string text_;
};

/// "1.500000": seconds; the nanoseconds only if there are any.
[[nodiscard]] std::string in_seconds(Duration duration);

/// "57 bytes: GET / HTTP/1.1\r\nHost: …".
[[nodiscard]] std::string excerpt(std::span<const ConstBuffer> pieces);
[[nodiscard]] std::string excerpt(std::string_view bytes);

/// "#3.1".
template <class Tag>
[[nodiscard]] std::string show(Id<Tag> id) {
    return "#" + std::to_string(id.slot) + "." + std::to_string(id.generation);
}

}  // namespace ferry::testing
