#include "runtime/cuda/device_properties.hpp"

#include <fmt/format.h>

namespace fuseval::runtime::cuda {

DeviceProperties read_properties(const Driver& driver, int ordinal) {
  if (ordinal < 0 || ordinal >= driver.device_count())
    throw Error(ErrorCode::argument, fmt::format("there is no CUDA device {}; the driver has {}, counted from 0",
                                                 ordinal, driver.device_count()));
  const std::string reading = fmt::format("reading the properties of CUDA device {}", ordinal);
  DeviceNumber number = 0;
  driver.check(driver.api().device_get(&number, ordinal), reading);
  const auto attribute = [&](DeviceAttribute attribute) {
    int value = 0;
    driver.check(driver.api().device_get_attribute(&value, attribute, number), reading);
    return value;
  };
  DeviceProperties p;
  char name[256] = "";
  driver.check(driver.api().device_get_name(name, sizeof name - 1, number), reading);
  p.name = name;
  driver.check(driver.api().device_total_mem(&p.memory_bytes, number), reading);
  p.major = attribute(DeviceAttribute::compute_capability_major);
  p.minor = attribute(DeviceAttribute::compute_capability_minor);
  p.multiprocessors = attribute(DeviceAttribute::multiprocessor_count);
  p.warp_size = attribute(DeviceAttribute::warp_size);
  p.threads_per_block = attribute(DeviceAttribute::max_threads_per_block);
  p.threads_per_multiprocessor = attribute(DeviceAttribute::max_threads_per_multiprocessor);
  p.shared_bytes_per_block = attribute(DeviceAttribute::max_shared_memory_per_block);
  p.shared_bytes_per_block_optin = attribute(DeviceAttribute::max_shared_memory_per_block_optin);
  p.second_level_cache_bytes = attribute(DeviceAttribute::l2_cache_size);
  p.copy_engines = attribute(DeviceAttribute::async_engine_count);
  p.integrated = attribute(DeviceAttribute::integrated) != 0;
  p.has_pools = attribute(DeviceAttribute::memory_pools_supported) != 0;
  if (attribute(DeviceAttribute::compute_mode) == compute_mode_prohibited)
    throw Error(ErrorCode::device,
                fmt::format("CUDA device {} ({}) is in compute mode \"prohibited\"; nvidia-smi -c changes it", ordinal,
                            p.name));
  return p;
}

}  // namespace fuseval::runtime::cuda
