#include "codegen/host/fold.hpp"

#include <vector>

#include "codegen/lower_scalar.hpp"

namespace fuseval::codegen {
namespace {

HostValue to_host(ConstantValue value) { return {value.dtype, value.bits}; }
ConstantValue from_host(HostValue value) { return {value.dtype, value.bits}; }

}  // namespace

HostValue fold(Op op, std::span<const HostValue> arguments) {
  HostEmitter emitter;
  return lower(op, arguments, emitter);
}

HostValue fold_cast(HostValue value, DType to) {
  HostEmitter emitter;
  return lower_cast(value, to, emitter);
}

Folder host_folder() {
  return {[](Op op, std::span<const ConstantValue> arguments) {
            std::vector<HostValue> values;
            for (const ConstantValue& argument : arguments) values.push_back(to_host(argument));
            return from_host(fold(op, values));
          },
          [](ConstantValue value, DType to) { return from_host(fold_cast(to_host(value), to)); }};
}

}  // namespace fuseval::codegen
