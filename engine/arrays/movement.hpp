// Distributed arrays in and out: from one rank to all, back, from parts that ranks have already, and from one layout to
// another.
//
// All of these are collective: every rank of the world calls the same function with the same root and layout, which is
// compared first. What goes wrong on one rank (no memory, no view, a mapped file that shrank, other arguments than rank
// 0's) is the same error on every rank, with the number of the first rank that it went wrong on, and none waits for
// another. After ErrorCode::communication the world is broken, as its communicator is.
//
// Views are of the host's memory: views on a device are ErrorCode::argument. Strides may be any. What is returned is in
// C order, in memory from the session (its limit and its hooks), is distributed over `world`, and shares nothing with
// the views. Memory taken beside the results, on each rank: once what it sends (once, too, where several ranks get the
// same) and once what it receives.
#pragma once

#include <memory>
#include <optional>

#include "engine/plan/results.hpp"
#include "engine/plan/session.hpp"
#include "engine/world/layout.hpp"
#include "fuseval/fuseval.h"

namespace fuseval::engine {

/// A layout as it is asked for: with an axis and no offsets it is even (even_layout). Throws Error(argument) as
/// check_layout does.
Layout completed(const Layout& asked, const Shape& shape, int ranks);

/// The root's array, each rank getting its part; a replicated one goes to all of them. Only the root's view is looked
/// at, dtype and shape are the root's. Result::distribution is set, also where it is replicated.
/// Errors: argument (a root that is no rank; a layout that does not fit; no view at the root; ranks that ask for
/// different things), invalid_handle (a malformed view), memory, limit, file (a mapped file shrank), communication.
Result scatter(Session& session, const std::shared_ptr<World>& world, const fv_view* view, int root,
               const Layout& asked);

/// For `gather`: all of them are roots.
inline constexpr int every_rank = -1;

/// The whole array on the root, nothing on the others; or on every rank. `local` is this rank's part, of the shape that
/// the distribution says. The result has no distribution. Errors: as scatter (dtypes that differ are different things);
/// shape (a part of another shape).
std::optional<Result> gather(Session& session, const fv_view* local, const Distribution& distribution, int root);

/// The same elements in another layout. Errors: as gather.
Result redistribute(Session& session, const fv_view* local, const Distribution& distribution, const Layout& asked);

/// What array the ranks' parts are, one behind the other along `axis` (not negative) in order of rank; parts may be
/// empty. Nothing is copied. Errors, naming the first rank that differs from rank 0: dtype, shape (the other extents,
/// or the number of axes); argument (an axis that is out of bounds, no view); those of views.
std::shared_ptr<const Distribution> distribution_of_parts(const std::shared_ptr<World>& world, const fv_view* local,
                                                          int axis);
/// The same with a copy of the part.
Result from_local(Session& session, const std::shared_ptr<World>& world, const fv_view* local, int axis);

}  // namespace fuseval::engine
