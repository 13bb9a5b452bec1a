// .npz files, as numpy.savez writes them: members that are not packed.
#pragma once

#include "runtime/formats/data_arrays.hpp"

namespace fuseval::runtime {

/// Each array as the member of its name. Holds one member in memory at a time. Errors: argument (no name, or one
/// twice).
void write_npz(std::span<const NamedView> arrays, const ByteSink& sink);

}  // namespace fuseval::runtime
