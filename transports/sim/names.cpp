#include "transports/sim/names.hpp"

#include <stdexcept>
#include <utility>

#include "transports/sim/place.hpp"

namespace ferry::testing {

namespace {

Endpoint endpoint_of(std::string_view address, std::uint16_t port) {
    std::optional<Endpoint> endpoint = parse_address(address, port);
    if (!endpoint) {
        throw std::invalid_argument("not an address: '" + std::string(address) + "'");
    }
    return *std::move(endpoint);
}

Endpoint local(std::string path) {
    Endpoint endpoint;
    endpoint.family = Endpoint::Family::local;
    endpoint.path = std::move(path);
    return endpoint;
}

}  // namespace

void Names::set(std::string_view host, Lookup lookup) {
    static_cast<void>(endpoints_of(lookup, 0));
    Entry& entry = table_[parse_place(host).host];
    entry.lookup = std::move(lookup);
    entry.known = true;
}

Lookup Names::ask(std::string_view host) {
    Entry& entry = table_[std::string(host)];
    ++entry.asked;
    if (!entry.known && parse_address(host, 0)) {
        return {.addresses = {std::string(host)}};
    }
    return entry.lookup;
}

std::size_t Names::asked(std::string_view host) const {
    const auto found = table_.find(host);
    return found == table_.end() ? 0 : found->second.asked;
}

std::vector<std::string> Names::addresses(std::string_view host) const {
    const auto found = table_.find(host);
    return found == table_.end() ? std::vector<std::string>{} : found->second.lookup.addresses;
}

Endpoint Names::locate(std::string_view place) {
    const Place where = parse_place(place);
    if (!where.path.empty()) {
        return local(where.path);
    }
    if (std::optional<Endpoint> numeric = parse_address(where.host, where.port)) {
        return *std::move(numeric);
    }
    Entry& entry = table_[where.host];
    if (!entry.known) {
        // 198.18.0.0/15 is set aside for networks on a bench (RFC 2544), so it will not be in the way.
        const std::uint32_t number = ++given_;
        entry.lookup.addresses = {"198." + std::to_string(18 + (number >> 16U)) + "." +
                                  std::to_string((number >> 8U) & 255U) + "." + std::to_string(number & 255U)};
        entry.known = true;
    }
    if (entry.lookup.addresses.empty()) {
        throw std::invalid_argument("no address is known for '" + where.host + "'");
    }
    return endpoint_of(entry.lookup.addresses.front(), where.port);
}

Endpoint Names::find(std::string_view place) const {
    const Place where = parse_place(place);
    if (!where.path.empty()) {
        return local(where.path);
    }
    if (std::optional<Endpoint> numeric = parse_address(where.host, where.port)) {
        return *std::move(numeric);
    }
    const auto found = table_.find(where.host);
    if (found == table_.end() || found->second.lookup.addresses.empty()) {
        return {};
    }
    return endpoint_of(found->second.lookup.addresses.front(), where.port);
}

std::vector<Endpoint> endpoints_of(const Lookup& lookup, std::uint16_t port) {
    std::vector<Endpoint> endpoints;
    endpoints.reserve(lookup.addresses.size());
    for (const std::string& address : lookup.addresses) {
        endpoints.push_back(endpoint_of(address, port));
    }
    return endpoints;
}

}  // namespace ferry::testing
