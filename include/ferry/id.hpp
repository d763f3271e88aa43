// Names for things that live in an engine: a slot and the generation of its tenant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace ferry {

/// A handle that can be kept for ever and used at any time: when its thing is gone, the generation no longer matches
/// and the engine ignores it. `slot` is dense and reused, so a transport may keep its sockets in `vector[slot]`.
template <class Tag>
struct Id {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;  ///< 0 names nothing.

    /// True when the id was given out by an engine; it says nothing about whether the thing still lives.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return generation != 0; }

    friend constexpr bool operator==(const Id&, const Id&) noexcept = default;
    /// Some order, for std::map; it means nothing.
    friend constexpr std::strong_ordering operator<=>(const Id&, const Id&) noexcept = default;
};

using ConnId = Id<struct ConnTag>;      ///< A connection, from its op::Connect to its on_closed.
using LookupId = Id<struct LookupTag>;  ///< A name lookup, from its op::Lookup to its on_resolved or op::CancelLookup.
using RequestId = Id<struct RequestTag>;  ///< A request, from submit() to event::Done or event::Failed.

}  // namespace ferry

template <class Tag>
struct std::hash<ferry::Id<Tag>> {
    std::size_t operator()(const ferry::Id<Tag>& id) const noexcept {
        return std::hash<std::uint64_t>{}((std::uint64_t{id.generation} << 32U) | id.slot);
    }
};
