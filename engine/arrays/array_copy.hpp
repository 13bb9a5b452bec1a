// Arrays that own their memory, on the host or a device, and copies between any two places.
#pragma once

#include "engine/plan/results.hpp"
#include "engine/plan/session.hpp"

namespace fuseval::engine {

/// An array of this dtype and shape in C order, not initialised. pinned: on the host, for copies from and to `place`, a
/// device. Errors: limit, memory, those of opening the device.
Result new_array(Session& session, Place place, bool pinned, DType dtype, const Shape& shape);

/// The view of an owned array; it points into `array`.
fv_view view_of(const Result& array);

/// Every element of `from` to the same place in `to`, wherever the two are; as if `from` had been copied first where
/// they overlap. Once it returns, what is on the host is not in use any more; between arrays on a device it is only
/// asked for. Errors: shape or dtype (they differ), argument (`to` is read-only, or overlaps itself), device, memory.
void copy_array(Session& session, const fv_view& from, const fv_view& to);

/// A copy of `from` in C order.
Result copied_to(Session& session, const fv_view& from, Place place);

}  // namespace fuseval::engine
