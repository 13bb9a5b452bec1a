// .npy files that ranks read and write together, each its own part.
//
// Collective as movement.hpp: every rank calls the same function with the same layout, and what goes wrong on one rank
// is the same error on all of them.
#pragma once

#include <memory>
#include <string>

#include "engine/plan/results.hpp"
#include "engine/plan/session.hpp"
#include "engine/world/layout.hpp"
#include "fuseval/fuseval.h"

namespace fuseval::engine {

/// This rank's part of the array in a .npy file, which has to be there for every rank, with the same array. Reads the
/// header and the part, and no more (of rows of at most 16 KiB also what lies between the part's). A part that is one
/// range of bytes in the file, in this machine's byte order, is not read but mapped (Result::mapping), and is then
/// read-only, unless `copy`. Elements lie in the file's order, C or Fortran. `asked` without offsets is even; a
/// replicated array is mapped or read by all, and one of rank 0 is always replicated. Errors: file (as
/// runtime::NpyFile's), argument (the layout does not fit; ranks ask for different things or find different arrays),
/// memory, limit, communication.
Result load_slab(Session& session, const std::shared_ptr<World>& world, const std::string& path, const Layout& asked,
                 bool copy = false);

/// Writes a distributed array as one .npy file, in C order: rank 0 makes a temporary file beside it, of the full size,
/// every rank writes its part and syncs it, and then rank 0 renames it. The folder is one that all ranks see. Until
/// then, and after an error, the file that was there before stays as it was; rank 0 leaves no other behind. A
/// replicated array is written by rank 0. Errors: file, those of gather but memory.
void save_slab(const std::string& path, const fv_view* local, const Distribution& distribution);

}  // namespace fuseval::engine
