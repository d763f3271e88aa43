// Addresses of hosts that are not to be looked up.
#pragma once

#include <ferry/endpoint.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry {

/// A host as in a URL, or "host:port" for one port of it alone, and its addresses in the order of preference.
struct HostEntry {
    HostEntry() = default;
    HostEntry(std::string_view host_name, std::string_view address)
        : host(host_name), addresses{std::string(address)} {}
    HostEntry(std::string_view host_name, std::initializer_list<std::string_view> list)
        : host(host_name), addresses(list.begin(), list.end()) {}
    HostEntry(std::string_view host_name, std::vector<std::string> list)
        : host(host_name), addresses(std::move(list)) {}

    std::string host{};
    std::vector<std::string> addresses{};
};

/// A table of hosts, as Config::hosts:
///
///     .hosts = {{"api.example", "10.0.0.1"}, {"db.example:8080", {"2001:db8::1", "10.0.0.2"}}}
///
/// An entry with a port goes before one without; of equal ones the last holds.
class Hosts {
public:
    Hosts() = default;
    Hosts(std::initializer_list<HostEntry> entries) : entries_(entries) {}

    void add(HostEntry entry) { entries_.push_back(std::move(entry)); }
    [[nodiscard]] const std::vector<HostEntry>& entries() const noexcept { return entries_; }

private:
    std::vector<HostEntry> entries_;
};

/// An entry in force, as the engine takes it.
struct HostAddresses {
    std::string host{};                 ///< As Url::raw_host() spells it.
    std::uint16_t port = 0;             ///< 0: all ports without an entry of their own.
    std::vector<Endpoint> endpoints{};  ///< At least one; their ports do not matter.
};

}  // namespace ferry
