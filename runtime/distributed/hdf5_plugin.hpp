// The plugins for files of HDF5: libfuseval_hdf5.so, and libfuseval_hdf5_mpi.so for ranks under MPI.
#pragma once

#include <string>

#include "runtime/distributed/hdf5/plugin_abi.hpp"

namespace fuseval::runtime::distributed {

/// Who is going to use a file: a process by itself (also with ranks that are threads), or the ranks of an MPI together.
enum class Hdf5Use { alone, under_mpi };

/// Loads a plugin, the first time, and gives its table, which stays for good. A process by itself uses the MPI build if
/// that is loaded already or there is no other. $FUSEVAL_HDF5_PLUGIN may name one for both uses. Thread-safe. Errors:
/// those of plugin_table.
const fuseval_hdf5_table& hdf5_plugin(Hdf5Use use);

/// A line for people: which HDF5 there is, and whether ranks under MPI have one, or why there is none.
std::string describe_hdf5();

}  // namespace fuseval::runtime::distributed
