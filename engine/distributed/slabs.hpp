// .npy files that ranks read and write together, each its own part.
//
// Collective as movement.hpp: the same path, layout and so on at every rank; one rank's failure is the same error on
// all of them.
#pragma once

#include <memory>
#include <string>

#include "engine/distributed/layout.hpp"
#include "engine/results.hpp"
#include "engine/session.hpp"
#include "fuseval/fuseval.h"

namespace fuseval::engine {

/// This rank's part of the array in a .npy file. The file has to be there for every rank, with the same header. Reads
/// the header and the part's bytes, no others; of a part that is one range of bytes in the file (the axis that varies
/// slowest there) and in this machine's byte order, the pages are mapped and nothing is read: Result::is_mapped.
/// `asked` without offsets is even. Errors: file (as runtime::NpyFile, also where ranks see different files), argument
/// (the layout does not fit; ranks ask for different things), memory, limit, communication.
Result load_slab(Session& session, const std::shared_ptr<World>& world, const std::string& path, const Layout& asked);

/// Writes a distributed array as one .npy file, in C order: rank 0 makes a temporary file beside it, of the full size,
/// every rank writes its part, and when all is written rank 0 syncs and renames it. The folder is one that every rank
/// sees. Until then, and after an error, the file that was there before stays as it was, and no other is left behind. A
/// replicated array is written by rank 0. Errors: file, argument, shape, dtype, communication.
void save_slab(const std::string& path, const fv_view* local, const Distribution& distribution);

}  // namespace fuseval::engine
