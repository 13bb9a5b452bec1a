// Where an array lives and a program runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fuseval/fuseval.h"

namespace fuseval::engine {

enum class DeviceKind : int32_t { cpu = FV_DEVICE_CPU, cuda = FV_DEVICE_CUDA, cudasim = FV_DEVICE_CUDASIM };

struct Place {
  DeviceKind kind = DeviceKind::cpu;
  int32_t ordinal = 0;
  bool is_host() const { return kind == DeviceKind::cpu; }
  bool operator==(const Place&) const = default;
};

/// "cpu", "cuda:0", "cudasim"
std::string name_of(Place place);
inline Place place_of(const fv_view& view) {
  return view.device_type == FV_DEVICE_CPU ? Place{} : Place{static_cast<DeviceKind>(view.device_type), view.device_id};
}
/// Throws Error(invalid_handle), beginning with `what`, if the view names no device that there could be.
void validate_place(const fv_view& view, const std::string& what);

/// Where a call is asked to run.
struct DeviceChoice {
  enum class How { where_inputs_are, fixed, automatic };
  How how = How::where_inputs_are;
  Place place;                 ///< fixed only
  bool is_unnumbered = false;  ///< "cuda": GPU 0, but of ranks each has its own
  bool operator==(const DeviceChoice&) const = default;
};
/// Of "cpu", "auto", "cuda", "cuda:1", "cudasim"; nullptr: where the inputs are. Error(unsupported) for another name.
DeviceChoice device_choice(const char* name);
/// Of a device's name that is not "auto". Error(unsupported), which says what to use: `choices`.
Place place_named(std::string_view name, std::string_view choices = "cpu, cuda, cuda:1 … or cudasim");

}  // namespace fuseval::engine
