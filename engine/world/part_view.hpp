// Views of this rank's part of a distributed array, as they come from outside.
#pragma once

#include <optional>
#include <string>

#include "engine/world/collective_call.hpp"
#include "fuseval/fuseval.h"
#include "runtime/mapped_guard.hpp"

namespace fuseval::engine {

/// Throws Error unless it is a well-formed view of the host's memory: argument, invalid_handle.
void require_view(const fv_view* view);
/// The same, and that it has the shape of this rank's part: shape.
void require_part(const fv_view* local, const Distribution& distribution);

/// A call about a distributed array: "<what> of float64 (3, 4), axis 0 by offsets". `numbers`: further values.
CollectiveCall call_of(const std::string& what, const fv_view& local, const Distribution& distribution,
                       const std::vector<int64_t>& numbers = {});

/// This rank's source, or nullptr, while it is read: it may be a mapped file, that may shrink or change.
class GuardedSource {
 public:
  explicit GuardedSource(const fv_view* view);
  /// Throws Error(file) if it shrank or changed: once the reading is done, by a rank that the others wait for.
  void require_whole() const;

 private:
  std::optional<runtime::MappedGuard> guard_;
};

}  // namespace fuseval::engine
