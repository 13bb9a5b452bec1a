// Allocations by operator new that fail, in the whole test binary.
#pragma once

namespace failing_allocations {

/// From now on the k-th allocation of this thread throws std::bad_alloc, once; negative: none does.
void fail_after(int k);

}  // namespace failing_allocations
