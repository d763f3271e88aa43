// Requests come by turns, or many at once and then none. What was made for many at once is given back when the last of
// them has ended: so a client with thousands of idle connections is as small as if it had opened them one by one.
#pragma once

#include <cstddef>

namespace ferry {

/// So many requests at once may be usual: what they need is kept for the next ones.
inline constexpr std::size_t burst = 512;

/// Empties a container and lets go of its memory, which neither clear() nor `= {}` does.
template <class Container>
void give_back(Container& things) {
    things = Container();
}

}  // namespace ferry
