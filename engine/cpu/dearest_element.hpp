// How long an element takes whose operands make its operations slowest. Most operations take the same time for any
// operands; those with a loop inside (fmod's steps, Euclid's algorithm) take hundreds of times as long for some, and
// denormal numbers make most CPUs slow.
#pragma once

#include <vector>

#include "ir/loops.hpp"

namespace fuseval::engine {

/// A rough upper estimate of what these instructions take for one element, in nanoseconds.
double dearest_nanoseconds(const std::vector<Instruction>& instructions);

}  // namespace fuseval::engine
