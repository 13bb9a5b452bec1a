#include "engine/base/place.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

std::optional<int32_t> number_of(std::string_view digits) {
  int32_t number = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (code != std::errc{} || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::string name_of(Place place) {
  switch (place.kind) {
    case DeviceKind::cpu:
      return "cpu";
    case DeviceKind::cuda:
      return fmt::format("cuda:{}", place.ordinal);
    case DeviceKind::cudasim:
      return "cudasim";
  }
  return "";
}

void validate_place(const fv_view& view, const std::string& what) {
  const int32_t type = view.device_type;
  if (type != FV_DEVICE_CPU && type != FV_DEVICE_CUDA && type != FV_DEVICE_CUDASIM)
    throw Error(
        ErrorCode::invalid_handle,
        fmt::format("{}: device type {} is none of fv_device_type: 0 is the CPU, 1 CUDA, 2 the simulator", what, type));
  if (type != FV_DEVICE_CPU && view.device_id < 0)
    throw Error(ErrorCode::invalid_handle, fmt::format("{}: device number {} is negative", what, view.device_id));
}

Place place_named(std::string_view name, std::string_view choices) {
  if (name == "cpu") return {};
  if (name == "cudasim") return {DeviceKind::cudasim, 0};
  if (name == "cuda") return {DeviceKind::cuda, 0};
  if (name.starts_with("cuda:"))
    if (const auto ordinal = number_of(name.substr(5))) return {DeviceKind::cuda, *ordinal};
  throw Error(ErrorCode::unsupported, fmt::format("there is no device '{}'; use {}", name, choices));
}

DeviceChoice device_choice(const char* name) {
  using How = DeviceChoice::How;
  if (name == nullptr) return {};
  if (std::string_view(name) == "auto") return {How::automatic, {}, false};
  return {How::fixed, place_named(name, "auto, cpu, cuda, cuda:1 … or cudasim"), std::string_view(name) == "cuda"};
}

}  // namespace fuseval::engine
