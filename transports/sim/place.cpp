#include "transports/sim/place.hpp"

#include <charconv>
#include <stdexcept>

namespace ferry::testing {

namespace {

std::uint16_t parse_port(std::string_view digits, std::string_view whole) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
        throw std::invalid_argument("not a port in '" + std::string(whole) + "'");
    }
    return port;
}

}  // namespace

Place parse_place(std::string_view text) {
    if (text.starts_with('/')) {
        return {.path = std::string(text)};
    }
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t bracket = text.find(']');
        if (bracket == std::string_view::npos) {
            throw std::invalid_argument("no ']' in '" + std::string(text) + "'");
        }
        host = text.substr(1, bracket - 1);
        port = text.substr(bracket + 1);
    } else if (const std::size_t colon = text.find(':');
               colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (host.empty() || (!port.empty() && !port.starts_with(':'))) {
        throw std::invalid_argument("not a place: '" + std::string(text) + "'");
    }
    Place place{.host = std::string(host)};
    for (char& c : place.host) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (!port.empty()) {
        place.port = parse_port(port.substr(1), text);
    }
    return place;
}

}  // namespace ferry::testing
