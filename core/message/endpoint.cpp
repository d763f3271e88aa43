#include <ferry/endpoint.hpp>

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>

#include <cstring>

namespace ferry {

std::optional<Endpoint> parse_address(std::string_view text, std::uint16_t port) {
    Endpoint endpoint;
    endpoint.port = port;
    if (const auto four = ::boost::urls::parse_ipv4_address({text.data(), text.size()})) {
        const auto bytes = four->to_bytes();
        std::memcpy(endpoint.address.data(), bytes.data(), bytes.size());
        return endpoint;
    }
    if (const auto six = ::boost::urls::parse_ipv6_address({text.data(), text.size()})) {
        const auto bytes = six->to_bytes();
        std::memcpy(endpoint.address.data(), bytes.data(), bytes.size());
        endpoint.family = Endpoint::Family::ip6;
        return endpoint;
    }
    return std::nullopt;
}

std::string to_string(const Endpoint& endpoint) {
    switch (endpoint.family) {
        case Endpoint::Family::local: return endpoint.path;
        case Endpoint::Family::ip4: {
            ::boost::urls::ipv4_address::bytes_type bytes{};
            std::memcpy(bytes.data(), endpoint.address.data(), bytes.size());
            return ::boost::urls::ipv4_address(bytes).to_string() + ":" + std::to_string(endpoint.port);
        }
        case Endpoint::Family::ip6: {
            ::boost::urls::ipv6_address::bytes_type bytes{};
            std::memcpy(bytes.data(), endpoint.address.data(), bytes.size());
            return "[" + ::boost::urls::ipv6_address(bytes).to_string() + "]:" + std::to_string(endpoint.port);
        }
    }
    return {};
}

}  // namespace ferry
