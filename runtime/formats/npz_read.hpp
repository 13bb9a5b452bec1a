// .npz files: zip archives of .npy files, as numpy.savez and savez_compressed write them.
#pragma once

#include "runtime/formats/byte_source.hpp"
#include "runtime/formats/data_arrays.hpp"

namespace fuseval::runtime {

/// The members that end in .npy, without that ending, in memory, with their checksums compared; others are passed over.
/// One whose elements are no numbers has a fault in place of an array.
DataArrays read_npz(ByteSource& source, const ReadOptions& options);

}  // namespace fuseval::runtime
