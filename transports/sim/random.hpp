// The engine's randomness, for the network too.
#pragma once

#include "core/engine/random.hpp"

namespace ferry::testing {

using ferry::Random;

}  // namespace ferry::testing
