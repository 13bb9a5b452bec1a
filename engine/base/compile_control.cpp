#include "engine/base/compile_control.hpp"

#include <fmt/format.h>

#include "ir/error.hpp"

namespace fuseval::engine {

void CompileControl::check() const {
  if (call != nullptr) call->check();
  if (!deadline.has_passed()) return;
  throw Error(
      ErrorCode::limit,
      fmt::format("compiling the expression took longer than the limit of {} ms; what has been compiled is kept",
                  deadline.milliseconds()));
}

}  // namespace fuseval::engine
