#include "codegen/host/fold.hpp"

#include "codegen/lower_scalar.hpp"

namespace fuseval::codegen {

HostValue fold(Op op, std::span<const HostValue> arguments) {
  HostEmitter emitter;
  return lower(op, arguments, emitter);
}

HostValue fold_cast(HostValue value, DType to) {
  HostEmitter emitter;
  return lower_cast(value, to, emitter);
}

}  // namespace fuseval::codegen
