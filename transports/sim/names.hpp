// The name table: host → addresses, delay or failure; and addresses for hosts that were only mentioned.
#pragma once

#include <ferry/endpoint.hpp>
#include <ferry/testing.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::testing {

class Names {
public:
    void set(std::string_view host, Lookup lookup);
    /// What the table says about a host, counting the question; a host that it does not know does not exist.
    [[nodiscard]] Lookup ask(std::string_view host);
    [[nodiscard]] std::size_t asked(std::string_view host) const;
    [[nodiscard]] std::vector<std::string> addresses(std::string_view host) const;

    /// The endpoint of a place; a host that the table does not know gets an address of its own.
    [[nodiscard]] Endpoint locate(std::string_view place);
    /// The same without giving addresses; Endpoint{} if there is none.
    [[nodiscard]] Endpoint find(std::string_view place) const;

private:
    struct Entry {
        Lookup lookup{};
        std::size_t asked = 0;
        bool known = false;
    };

    std::map<std::string, Entry, std::less<>> table_;
    std::uint32_t given_ = 0;
};

/// The endpoints in a Lookup. Throws std::invalid_argument for what is no address.
[[nodiscard]] std::vector<Endpoint> endpoints_of(const Lookup& lookup, std::uint16_t port);

}  // namespace ferry::testing
