#include "engine/dispatch/placing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

bool is_on_device(const fv_view& view) { return view.device_type != FV_DEVICE_CPU; }

/// The one device of all arrays that are on a device.
class DeviceOfArrays {
 public:
  void note(const fv_view& view, std::string name) {
    validate_place(view, name);
    if (!is_on_device(view)) return;
    const Place place = place_of(view);
    if (first_name_.empty()) {
      place_ = place;
      first_name_ = std::move(name);
    } else if (place != place_) {
      throw Error(ErrorCode::argument, fmt::format("{} is on {}, but {} on {}; copy one of them to the other's device",
                                                   name, name_of(place), first_name_, name_of(place_)));
    }
  }
  void require(Place wanted) const {
    if (first_name_.empty() || place_ == wanted) return;
    throw Error(ErrorCode::argument,
                fmt::format("{} is on {}, but the call is to run on {}; name no device, or copy the array (fv_copy)",
                            first_name_, name_of(place_), name_of(wanted)));
  }
  /// The CPU where there is none.
  Place place() const { return place_; }

 private:
  Place place_;
  std::string first_name_;
};

}  // namespace

Place place_of_call(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                    const DeviceChoice& choice) {
  const auto input_count = static_cast<int32_t>(program.inputs().size());
  const bool fixed = choice.how == DeviceChoice::How::fixed;
  if (!std::any_of(inputs, inputs + input_count, is_on_device) &&
      !std::any_of(outputs, outputs + output_count, is_on_device))
    return fixed ? choice.place : Place{};
  DeviceOfArrays found;
  for (int32_t k = 0; k < input_count; ++k)
    if (program.is_used(static_cast<size_t>(k)))
      found.note(inputs[k], fmt::format("input '{}'", program.inputs()[static_cast<size_t>(k)].name));
  for (int32_t k = 0; k < output_count; ++k)
    if (outputs[k].data != nullptr) found.note(outputs[k], fmt::format("output {}", k));
  if (fixed) found.require(choice.place);
  return fixed ? choice.place : found.place();
}

}  // namespace fuseval::engine
