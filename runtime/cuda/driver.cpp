#include "runtime/cuda/driver.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/cuda/symbols.hpp"
#include "runtime/environment.hpp"

namespace fuseval::runtime::cuda {
namespace {

/// The first driver with stream-ordered pools.
constexpr int oldest_driver = 11020;

/// Where containers, NixOS and WSL put the driver when the loader is not told. Not the toolkit's stubs.
LibrarySearch driver_search() {
  return {.variable = "FUSEVAL_LIBCUDA",
          .names = {"libcuda.so.1"},
          .wheel_folders = {},
          .in_toolkits = false,
          .folders = {"/usr/local/nvidia/lib64", "/run/opengl-driver/lib", "/usr/lib/wsl/lib",
                      "/usr/lib/x86_64-linux-gnu", "/usr/lib64/nvidia", "/usr/lib64"}};
}

/// What cuInit's refusals mean to the one who reads them.
std::string advice(Result result) {
  switch (result) {
    case Result::stub_library:
      return "; this is the toolkit's stub and no driver";
    case Result::system_driver_mismatch:
      return "; the kernel module is of another version: restart the machine";
    case Result::system_not_ready:
      return "; is the fabric manager running?";
    case Result::unknown:
      return "; is the kernel module loaded, and may this user open /dev/nvidia*?";
    default:
      return "";
  }
}

std::string no_device() {
  const std::string visible = environment("CUDA_VISIBLE_DEVICES");
  const bool hidden = environment_value("CUDA_VISIBLE_DEVICES").has_value();
  return hidden ? fmt::format("no device: CUDA_VISIBLE_DEVICES is \"{}\"", visible)
                : "no device: the driver finds none";
}

}  // namespace

DriverFound Driver::find() {
  LibraryFound found = find_library(driver_search());
  if (!found.library) return {nullptr, "no driver: " + found.reason};
  return load(std::move(found.library));
}

DriverFound Driver::load(std::shared_ptr<SharedLibrary> library) {
  const std::shared_ptr<Driver> driver(new Driver(std::move(library)));
  DriverApi& api = driver->api_;
  std::vector<std::string> missing;
#define FUSEVAL_BIND(member, symbol, ...) bind_symbol(*driver->library_, #symbol, api.member, missing);
  FUSEVAL_CUDA_DRIVER(FUSEVAL_BIND)
#undef FUSEVAL_BIND
  // The version is asked for first: it needs no initialisation, and says more than a list of symbols.
  if (api.driver_get_version == nullptr)
    return {nullptr, fmt::format("no driver: {} is something else", driver->path())};
  api.driver_get_version(&driver->version_);
  if (!missing.empty() || driver->version_ < oldest_driver)
    return {nullptr, fmt::format("driver too old: {} is of CUDA {}, {} is the oldest that serves{}", driver->path(),
                                 driver->version_text(), cuda::version_text(oldest_driver),
                                 missing.empty() ? "" : fmt::format(" (it has no {})", fmt::join(missing, ", ")))};
  if (std::string reason = driver->initialise(); !reason.empty()) return {nullptr, std::move(reason)};
  return {driver, ""};
}

std::string Driver::initialise() {
  Result result = api_.init(0);
  if (result == Result::success) result = api_.device_get_count(&device_count_);
  if (result == Result::no_device || (result == Result::success && device_count_ < 1)) return no_device();
  if (result == Result::success) return "";
  return fmt::format("driver does not start: {} says {}{}", path(), describe(result), advice(result));
}

std::string Driver::version_text() const { return cuda::version_text(version_); }

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

void Driver::require_home() const {
  if (is_home()) return;
  throw Error(
      ErrorCode::device,
      "CUDA cannot be used in a forked child of a process that has used it; start the child by spawn or exec, or "
      "use CUDA in the child alone");
}

std::string Driver::describe(Result result) const {
  const char* name = nullptr;
  const char* text = nullptr;
  if (api_.get_error_name(result, &name) != Result::success || name == nullptr)
    return fmt::format("CUDA error {}", static_cast<int>(result));
  const bool known = api_.get_error_string(result, &text) == Result::success && text != nullptr;
  return known ? fmt::format("{} ({})", name, text) : name;
}

Error Driver::error(Result result, std::string_view doing) const {
  const ErrorCode code = result == Result::out_of_memory ? ErrorCode::memory : ErrorCode::device;
  return Error(code, fmt::format("{}: {}", doing, describe(result)));
}

bool loses_device(Result result) {
  switch (result) {
    case Result::deinitialized:
    case Result::ecc_uncorrectable:
    case Result::nvlink_uncorrectable:
    case Result::contained:
    case Result::illegal_address:
    case Result::launch_timeout:
    case Result::context_is_destroyed:
    case Result::device_assert:
    case Result::hardware_stack_error:
    case Result::illegal_instruction:
    case Result::misaligned_address:
    case Result::invalid_address_space:
    case Result::invalid_pc:
    case Result::launch_failed:
    case Result::tensor_memory_leak:
    case Result::mps_client_terminated:
    case Result::external_device:
      return true;
    default:
      return false;
  }
}

}  // namespace fuseval::runtime::cuda
