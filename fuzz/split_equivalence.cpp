// The same bytes whole, byte by byte and in random pieces give the same events and the same error offset. Both roles:
// the letter's bit 32 (lower case) means server.
#include "fuzz/stream.hpp"
#include "fuzz/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ferry;
    using namespace ferry::http1::test;
    fuzz::Input input(fuzz::text_of(data, size));
    const unsigned letter = input.byte();
    const http1::Role role = (letter & 32U) != 0 ? http1::Role::server : http1::Role::client;
    const Script script = fuzz::script_of(role, letter);
    const std::string_view stream = input.rest();
    const std::string all = trace(script, stream, whole());

    const auto compare = [&](const std::string& how, const Pieces& pieces) {
        const std::string other = trace(script, stream, pieces);
        fuzz::require(other == all, "whole:\n" + all + how + ":\n" + other);
    };
    compare("byte by byte", byte_by_byte());
    std::uint64_t seed = 0xcbf29ce484222325;  // FNV-1a of the stream: other bytes, other splits.
    for (const char c : stream) {
        seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    for (std::uint64_t i = 0; i < 3; ++i) {
        compare("seed " + std::to_string(seed + i), random_pieces(seed + i * 2));
    }
    return 0;
}
