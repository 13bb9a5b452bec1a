// The blocks behind Buffer: size classes, and slots where freed blocks wait to be used again.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuseval::runtime {

struct Block {
  char* data = nullptr;
  size_t capacity = 0;
};

/// A block of at least `bytes`, 64-byte aligned (2 MiB-aligned above 1 MiB). data == nullptr: out of memory.
Block acquire_block(size_t bytes);
void release_block(Block block);

}  // namespace fuseval::runtime
