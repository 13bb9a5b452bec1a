#include "runtime/cuda/device.hpp"

#include <fmt/format.h>

#include <cstring>

namespace fuseval::runtime::cuda {

std::shared_ptr<Device> Device::open(std::shared_ptr<const Driver> driver, int ordinal, DeviceOptions options) {
  driver->require_home();
  std::shared_ptr<Device> device(new Device(std::move(driver), ordinal));
  device->properties_ = read_properties(device->driver(), ordinal);
  const std::string opening = fmt::format("opening CUDA device {}", ordinal);
  device->driver_->check(device->api().device_get(&device->number_, ordinal), opening);
  device->driver_->check(device->api().primary_ctx_retain(&device->context_, device->number_), opening);
  device->make_pool(options);
  return device;
}

Device::~Device() {
  if (context_ == nullptr || !driver_->is_home()) return;
  if (pool_ != nullptr) release("freeing a memory pool", [&] { return api().mem_pool_destroy(pool_); });
  // Also of a lost device: the context's memory is freed with its last reference.
  if (api().primary_ctx_release(number_) != Result::success) api().primary_ctx_release(number_);
}

// A pool of our own: the device's default pool belongs to the whole process, whose other libraries set its threshold.
void Device::make_pool(const DeviceOptions& options) {
  if (!properties_.has_pools) return;
  const ContextScope scope(*this);
  PoolProperties pool;
  pool.location.id = ordinal_;
  check(api().mem_pool_create(&pool_, &pool), "making a memory pool");
  uint64_t keeps = options.pool_keeps.value_or(properties_.memory_bytes / 2);
  check(api().mem_pool_set_attribute(pool_, PoolAttribute::release_threshold, &keeps), "setting up a memory pool");
}

void Device::synchronize() {
  const ContextScope scope(*this);
  check(api().ctx_synchronize(), fmt::format("waiting for CUDA device {}", ordinal_));
  launches_.clear_all();
  throw_remembered();
}

MemoryInfo Device::memory_info() {
  const ContextScope scope(*this);
  MemoryInfo info;
  check(api().mem_get_info(&info.free, &info.total), "asking for the device's memory");
  return info;
}

size_t Device::available_bytes() {
  size_t bytes = memory_info().free;
  if (pool_ == nullptr) return bytes;
  const ContextScope scope(*this);
  uint64_t reserved = 0, used = 0;
  check(api().mem_pool_get_attribute(pool_, PoolAttribute::reserved_mem_current, &reserved), "asking a memory pool");
  check(api().mem_pool_get_attribute(pool_, PoolAttribute::used_mem_current, &used), "asking a memory pool");
  return bytes + (reserved > used ? reserved - used : 0);
}

std::string Device::why_not_memory_here(DeviceView view) {
  const ContextScope scope(*this);
  MemoryType type{};
  int ordinal = -1;
  DevicePointer begin = 0;
  size_t size = 0;
  PointerAttribute wanted[] = {PointerAttribute::memory_type, PointerAttribute::device_ordinal,
                               PointerAttribute::range_start_addr, PointerAttribute::range_size};
  void* values[] = {&type, &ordinal, &begin, &size};
  const Result result = api().pointer_get_attributes(4, wanted, values, view.pointer);
  if (result == Result::invalid_value || (result == Result::success && type == MemoryType::none))
    return fmt::format("is not memory that CUDA knows, or was freed (address {:#x})", view.pointer);
  check(result, "looking up memory");
  if (type == MemoryType::host) return "is the host's; views of it have no device";
  if (ordinal != ordinal_) return fmt::format("is on CUDA device {}, not {}", ordinal, ordinal_);
  if (view.pointer >= begin && view.pointer - begin <= size && view.bytes <= size - (view.pointer - begin)) return "";
  return fmt::format("has {} bytes, of which the view wants those from {} to {}", size,
                     static_cast<int64_t>(view.pointer - begin),
                     static_cast<int64_t>(view.pointer - begin + view.bytes));
}

bool Device::is_pinned(const void* data) {
  const ContextScope scope(*this);
  MemoryType type{};
  PointerAttribute wanted[] = {PointerAttribute::memory_type};
  void* values[] = {&type};
  const Result result = api().pointer_get_attributes(1, wanted, values, reinterpret_cast<DevicePointer>(data));
  if (result == Result::invalid_value) return false;  // older drivers' answer for what they do not know
  check(result, "looking up memory");
  return type == MemoryType::host;
}

void Device::trim() {
  if (pool_ == nullptr) return;
  const ContextScope scope(*this);
  check(api().mem_pool_trim_to(pool_, 0), "trimming a memory pool");
}

std::shared_ptr<void> Device::on_memory_pressure(Relief relief) {
  const std::lock_guard lock(mutex_);
  const uint64_t id = next_relief_++;
  reliefs_.emplace(id, std::move(relief));
  return std::shared_ptr<void>(this, [id, weak = weak_from_this()](void*) {
    if (const auto device = weak.lock(); device && device->driver_->is_home()) {
      const std::lock_guard lock(device->mutex_);
      device->reliefs_.erase(id);
    }
  });
}

// Outside of the lock: what is freed comes back to this device.
void Device::relieve() {
  std::vector<Relief> reliefs;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, relief] : reliefs_) reliefs.push_back(relief);
  }
  for (const Relief& relief : reliefs) relief();
  synchronize();
  trim();
}

void Device::throw_out_of_memory(size_t bytes, std::string_view what) {
  const MemoryInfo info = memory_info();
  throw Error(ErrorCode::memory, fmt::format("{}: out of memory on CUDA device {}: {} bytes wanted, {} free of {}",
                                             what, ordinal_, bytes, info.free, info.total));
}

std::optional<std::string> Device::lost() const {
  if (!is_lost_.load(std::memory_order_acquire)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return why_lost_;
}

void Device::lose(const std::string& why) noexcept {
  const std::lock_guard lock(mutex_);
  if (why_lost_.empty()) why_lost_ = why;
  is_lost_.store(true, std::memory_order_release);
}

void Device::require_usable() const {
  driver_->require_home();
  if (!is_lost_.load(std::memory_order_acquire)) return;
  throw Error(ErrorCode::device,
              fmt::format("CUDA device {} was lost and comes back with a new process; {}", ordinal_, *lost()));
}

void Device::check(Result result, std::string_view doing) {
  if (result == Result::success) return;
  if (!loses_device(result)) throw driver_->error(result, doing);
  const Error error = driver_->error(result, doing);
  lose(error.message() + launches_.sentence());
  throw Error(ErrorCode::device, fmt::format("CUDA device {} was lost: {}", ordinal_, *lost()));
}

void Device::remember(Result result, std::string_view doing) noexcept {
  try {
    check(result, doing);
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!remembered_) remembered_ = error;
  } catch (...) {  // out of host memory: the message is lost, the release is what matters
  }
}

void Device::throw_remembered() {
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    error.swap(remembered_);
  }
  if (error) throw *error;
}

bool Device::may_release() const noexcept { return driver_->is_home() && !is_lost_.load(std::memory_order_acquire); }

ContextScope::ContextScope(Device& device) : device_(device) {
  device.require_usable();
  enter();
  device.check(result_, "making a CUDA context current");
}

ContextScope::ContextScope(Device& device, std::nothrow_t) noexcept : device_(device) { enter(); }

void ContextScope::enter() noexcept {
  ContextHandle current = nullptr;
  result_ = device_.api().ctx_get_current(&current);
  if (result_ != Result::success || current == device_.context_) return;
  result_ = device_.api().ctx_push_current(device_.context_);
  pushed_ = result_ == Result::success;
}

ContextScope::~ContextScope() {
  if (!pushed_) return;
  ContextHandle ours = nullptr;
  if (const Result result = device_.api().ctx_pop_current(&ours); result != Result::success) {
    device_.remember(result, "making the host's CUDA context current again");
    device_.api().ctx_pop_current(&ours);
  }
}

}  // namespace fuseval::runtime::cuda
