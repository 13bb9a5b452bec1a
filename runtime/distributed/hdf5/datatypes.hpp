// Datatypes of HDF5 for NumPy's dtypes, as h5py has them.
#pragma once

#include "ir/dtype.hpp"
#include "runtime/distributed/hdf5/handles.hpp"

namespace fuseval_hdf5 {

/// In this machine's byte order. bool is an enumeration of int8 {FALSE, TRUE}, complex a compound {r, i}, float16 a
/// float of 16 bits as IEEE 754 has it.
Handle datatype_of(fuseval::DType dtype);

/// Of either byte order. Throws Failure for what has no dtype: strings, records, other enumerations, floats of other
/// formats ….
fuseval::DType dtype_of(hid_t datatype);

}  // namespace fuseval_hdf5
