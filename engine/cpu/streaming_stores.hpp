// When a kernel's stores go past the caches.
#pragma once

#include <span>

#include "ir/loops.hpp"

namespace fuseval::engine {

/// tile_of: as Plan's; empty: there are no tiles.
bool wants_streaming_stores(const LoopNest& nest, std::span<const int32_t> tile_of);

}  // namespace fuseval::engine
