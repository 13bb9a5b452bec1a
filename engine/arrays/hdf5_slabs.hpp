// Datasets of HDF5 files that ranks read and write together, each its own part: what slabs.hpp is for .npy files.
#pragma once

#include "engine/arrays/slabs.hpp"
#include "runtime/hdf5_name.hpp"

namespace fuseval::engine {

/// As load_slab. Nothing is mapped: the part is this rank's memory, in C order. Each rank reads by itself.
Result load_hdf5_slab(Session& session, const std::shared_ptr<World>& world, const runtime::Hdf5Name& name,
                      const Layout& asked);

/// As save_slab: a new file of this one dataset, in one piece, which replaces a file only if that has no other objects
/// in it. Under MPI ranks write by collective calls of at most 64 MiB of each rank. Parts whose elements do not lie in
/// C order take as much memory beside them.
void save_hdf5_slab(const runtime::Hdf5Name& name, const fv_view* local, const Distribution& distribution);

}  // namespace fuseval::engine
