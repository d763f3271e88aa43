// Lookups: the addresses of hosts, and who waits for them. Inputs: who asks, who gives up, answers; outputs: addresses
// that are known already, a lookup that must begin or end, and whom an answer is for.
//
// Names are found in this order: the table that was given; answers that are fresh; a lookup that is under way, which the
// asker joins; a new lookup. A lookup goes on while anybody waits for it, and its answer, or error, is for all of them.
//
// It knows no dials: an asker is a slot, and waits for one lookup at a time. Ports of answers are not looked at.
#pragma once

#include "core/engine/slot_map.hpp"

#include <ferry/endpoint.hpp>
#include <ferry/hosts.hpp>
#include <ferry/id.hpp>
#include <ferry/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ferry {

class Lookups {
public:
    static constexpr Duration lifetime = std::chrono::seconds(10);  ///< Of an answer; aiohttp's value.
    static constexpr std::size_t capacity = 1000;                   ///< Answers kept; the oldest goes first.
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    explicit Lookups(std::span<const HostAddresses> table);

    /// What is known without asking.
    struct Known {
        const std::vector<Endpoint>* endpoints = nullptr;  ///< Until the next answered(). Null: nothing is known.
        bool cached = false;                               ///< A fresh answer; else from the table.
    };
    [[nodiscard]] Known find(Time now, std::string_view host, std::uint16_t port);

    /// `asker` is to have the addresses of `host`.
    struct Joined {
        LookupId id{};
        bool began = false;  ///< It is the first to ask: the lookup must be begun.
    };
    Joined join(std::uint32_t asker, std::string_view host);
    /// `asker` does not want to know any more. If it was the last, gives the lookup, which must be cancelled.
    std::optional<LookupId> leave(std::uint32_t asker);
    /// An answer has come, or an error: no endpoints. Gives who waited, in the order in which they asked, none if the id
    /// is stale; valid until the next call.
    [[nodiscard]] std::span<const std::uint32_t> answered(Time now, LookupId id, std::span<const Endpoint> endpoints);

    /// Gives memory back that was needed for more askers, if there are none.
    void give_back();
    /// None of the addresses serves: an answer that is kept for `host` is not used again.
    void forget(std::string_view host);

    /// The host that is looked up, empty if the id is stale.
    [[nodiscard]] std::string_view host(LookupId id) const noexcept;
    [[nodiscard]] std::size_t running() const noexcept { return lookups_.size(); }
    [[nodiscard]] std::size_t cached() const noexcept { return cache_.size(); }
    /// One line a running lookup. For people.
    [[nodiscard]] std::string dump() const;
    /// Recounts; empty, or what does not agree.
    [[nodiscard]] std::string audit() const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    template <class T>
    using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

    struct Lookup {
        std::string host{};
        std::uint32_t first = none;
        std::uint32_t last = none;
    };
    struct Asker {  // by slot
        LookupId lookup{};
        std::uint32_t previous = none;
        std::uint32_t next = none;
    };
    struct Answer {
        std::string host{};
        std::vector<Endpoint> endpoints{};
        Time expires{};
    };

    void keep(Time now, std::string_view host, std::span<const Endpoint> endpoints);

    ByName<std::vector<Endpoint>> table_;  // "host:port", port 0 for all
    SlotMap<Lookup, LookupTag> lookups_;
    ByName<LookupId> by_host_;
    std::vector<Asker> askers_;
    std::list<Answer> cache_;  // the oldest first
    ByName<std::list<Answer>::iterator> cached_;
    std::vector<std::uint32_t> answered_;
};

}  // namespace ferry
