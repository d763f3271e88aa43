#include "fuzz/stream.hpp"

#include "fuzz/target.hpp"

#include <string>

namespace ferry::fuzz {

void check_trace(std::string_view trace, std::size_t stream_size) {
    const std::string all(trace);
    enum class Place { between, inside, switched, over } place = Place::between;
    while (!trace.empty()) {
        const std::string_view line = trace.substr(0, trace.find('\n'));
        trace.remove_prefix(line.size() + 1);
        const std::string_view what = line.substr(0, line.find(' '));
        require(place != Place::over, "something comes behind the end:\n" + all);
        if (what == "head") {
            require(place == Place::between, "a head inside a message:\n" + all);
            place = Place::inside;
        } else if (what == "informational") {
            require(place == Place::between, "an interim response inside a message:\n" + all);
        } else if (what == "data") {
            require(place == Place::inside || place == Place::switched, "data outside of a message:\n" + all);
        } else if (what == "trailers") {
            require(place == Place::inside, "trailers outside of a message:\n" + all);
        } else if (what == "end") {
            require(place == Place::inside, "an end without a head:\n" + all);
            place = Place::between;
        } else if (what == "upgrade") {
            place = Place::switched;
        } else if (what == "closed") {
            require(place != Place::inside, "closed inside a message:\n" + all);
            place = Place::over;
        } else if (what == "error") {
            const std::size_t at = line.rfind('@');
            require(at != std::string_view::npos, "an error without a place:\n" + all);
            require(std::stoull(std::string(line.substr(at + 1))) <= stream_size,
                    "an error behind the stream:\n" + all);
            place = Place::over;
        } else {
            require(false, "an unknown line: " + std::string(line));
        }
    }
}

}  // namespace ferry::fuzz
