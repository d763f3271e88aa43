// What all fuzz targets share: the entry point, a way to fail, and a reader of the fuzzer's bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// The entry point of libFuzzer, of AFL++'s driver for it, and of replay.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ferry::fuzz {

/// Ends the program with a sentence if `holds` is false.
inline void require(bool holds, const std::string& why) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", why.c_str());
        std::abort();
    }
}

/// The same; the sentence is made when it is needed: `why` is called.
template <class Why>
    requires requires(Why why) { std::string(why()); }
void require(bool holds, Why&& why) {
    if (!holds) {
        require(false, std::string(why()));
    }
}

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Takes decisions and texts from the fuzzer's bytes, from the front; zeros when they have run out.
class Input {
public:
    explicit Input(std::string_view bytes) : left_(bytes) {}

    [[nodiscard]] bool empty() const { return left_.empty(); }
    [[nodiscard]] unsigned byte() {
        if (left_.empty()) {
            return 0;
        }
        const unsigned value = static_cast<unsigned char>(left_.front());
        left_.remove_prefix(1);
        return value;
    }
    [[nodiscard]] unsigned below(unsigned bound) { return byte() % bound; }
    /// At most `longest` bytes.
    [[nodiscard]] std::string_view text(std::size_t longest) {
        const std::size_t size = std::min(left_.size(), std::size_t{byte()} % (longest + 1));
        const std::string_view taken = left_.substr(0, size);
        left_.remove_prefix(taken.size());
        return taken;
    }
    [[nodiscard]] std::string_view rest() const { return left_; }

private:
    std::string_view left_;
};

}  // namespace ferry::fuzz
