// The reference interpreter of loop nests: element by element, in no hurry. Its results are what every backend must
// give.
#pragma once

#include "ir/loops.hpp"

namespace fuseval::codegen {

/// Runs the whole nest. buffers: the data pointers that Operand::buffer indexes. Stores happen in the order of the
/// elements, so an output must not overlap an input that is still to be read.
void interpret(const LoopNest& nest, char* const* buffers);

}  // namespace fuseval::codegen
