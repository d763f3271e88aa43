#include "core/engine/flow.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace ferry {

bool Flow::safe_to_retry() const noexcept { return !exposed || is_idempotent(request.method); }

std::string to_text(Duration duration) {
    using namespace std::chrono_literals;
    struct Unit {
        Duration size;
        std::string_view name;
    };
    constexpr std::array<Unit, 4> units{{{1s, " s"}, {1ms, " ms"}, {1us, " us"}, {1ns, " ns"}}};
    for (const Unit& unit : units) {
        if (duration >= unit.size || unit.size == 1ns) {
            const double value = static_cast<double>(duration.count()) / static_cast<double>(unit.size.count());
            std::array<char, 32> digits{};
            const auto end =
                std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::general, 6);
            return std::string(digits.data(), end.ptr).append(unit.name);
        }
    }
    return {};
}

Error timeout_error(const Flow& flow, Errc code) {
    const Deadlines& limits = flow.request.deadlines;
    std::string text;
    switch (code) {
        case Errc::pool_timeout:
            text = "no connection became free within " + to_text(limits.pool.value_or(Duration{})) + " for " +
                   flow.subject();
            break;
        case Errc::connect_timeout:
            text = "no connection to " + std::string(flow.request.url.netloc()) + " within " +
                   to_text(limits.connect.value_or(Duration{})) +
                   (flow.connect_failures > 0 ? " in attempt " + std::to_string(flow.connect_failures + 1) : "") +
                   " for " + flow.subject();
            break;
        case Errc::write_timeout:
            text = "the server accepted no byte for " + to_text(limits.write.value_or(Duration{})) + " while sending " +
                   flow.subject();
            break;
        case Errc::read_timeout:
            text = "no bytes for " + to_text(limits.read.value_or(Duration{})) + " while reading the " +
                   (flow.head_delivered ? "body" : "head") + " of the response to " + flow.subject();
            break;
        default:
            text = "not complete within " + to_text(limits.total.value_or(Duration{})) + " in all: " + flow.subject();
            break;
    }
    return Error{code, {}, std::move(text)};
}

}  // namespace ferry
