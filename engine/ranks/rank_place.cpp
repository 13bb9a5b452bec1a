#include "engine/ranks/rank_place.hpp"

#include <algorithm>

#include "engine/device/cuda_device.hpp"

namespace fuseval::engine {

CallPlace call_place(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                     const DeviceChoice& choice) {
  for (size_t k = 0; k < program.inputs().size(); ++k)
    if (inputs[k].device_type != FV_DEVICE_CPU && program.is_used(k))
      return {choice, static_cast<DeviceKind>(inputs[k].device_type)};
  for (int32_t k = 0; k < output_count; ++k)
    if (outputs[k].device_type != FV_DEVICE_CPU && outputs[k].data != nullptr)
      return {choice, static_cast<DeviceKind>(outputs[k].device_type)};
  return {choice, DeviceKind::cpu};
}

Place place_on_rank(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                    DeviceChoice choice, World& world) {
  if (choice.is_unnumbered)
    choice.place.ordinal = world.communicator().place().local_rank % std::max(1, cuda_device_count());
  return place_of_call(program, inputs, outputs, output_count, choice);
}

}  // namespace fuseval::engine
