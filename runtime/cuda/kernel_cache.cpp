#include "runtime/cuda/kernel_cache.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

namespace fuseval::runtime::cuda {
namespace {

/// Everything that the image depends on, each part with its length, so that no two sources share a key.
std::string key_of(const KernelSource& source, const std::string& compiler, const std::string& target) {
  std::string key = "cuda kernel 1\n";
  const auto add = [&](const std::string& part) { key += fmt::format("{}:", part.size()) + part; };
  add(compiler);
  add(target);
  add(fmt::to_string(source.options.size()));
  for (const std::string& option : source.options) add(option);
  add(source.text);
  return key;
}

}  // namespace

Compiler compiler_of(std::shared_ptr<const Nvrtc> nvrtc) {
  Compiler compiler{"NVRTC " + nvrtc->version(), nvrtc->archs(), {}};
  compiler.compile = [nvrtc](const KernelSource& source, const std::string& target) {
    return nvrtc->compile(source.text, source.name, target, source.options).image;
  };
  return compiler;
}

std::shared_ptr<const DiskCache> kernels_on_disk() {
  const auto folder = cache_folder();
  return folder ? std::make_shared<const DiskCache>(*folder + "/cuda") : nullptr;
}

std::vector<std::string> targets_for(int arch, const std::vector<int>& known) {
  const auto above = std::upper_bound(known.begin(), known.end(), arch);
  if (above == known.begin()) return {};
  const int nearest = *std::prev(above);
  const std::string ptx = fmt::format("compute_{}", nearest);
  return nearest == arch ? std::vector{fmt::format("sm_{}", arch), ptx} : std::vector{ptx};
}

KernelCache::KernelCache(std::shared_ptr<Device> device, Compiler compiler, std::shared_ptr<const DiskCache> disk,
                         size_t limit)
    : device_(std::move(device)),
      compiler_(std::move(compiler)),
      disk_(std::move(disk)),
      targets_(targets_for(device_->properties().arch(), compiler_.archs)),
      modules_(limit) {}

std::shared_ptr<Module> KernelCache::get(const KernelSource& source) {
  device_->driver().require_home();  // in a forked child nobody goes on with what is being made here
  std::string key = key_of(source, compiler_.version, "");
  std::promise<std::shared_ptr<Module>> promise;
  Future future;
  {
    const std::lock_guard lock(mutex_);
    if (const Future* known = modules_.find(key)) future = *known;
    if (!future.valid()) modules_.insert(key, promise.get_future().share());
  }
  if (future.valid()) {
    ++counters_.memory_hits;
    return future.get();
  }
  try {
    auto module = make(source);
    promise.set_value(module);
    return module;
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      modules_.erase(key);
    }
    promise.set_exception(std::current_exception());
    throw;
  }
}

std::shared_ptr<Module> KernelCache::make(const KernelSource& source) {
  std::vector<std::string> reasons;
  for (size_t k = first_target_.load(); k < targets_.size(); ++k) {
    std::string reason;
    if (auto module = load(source, targets_[k], reason)) {
      first_target_.store(k);
      return module;
    }
    reasons.push_back(fmt::format("{}: {}", targets_[k], reason));
  }
  throw_unfit(fmt::format("{}", fmt::join(reasons, "; ")));
}

/// nullptr, with the driver's reason, when it refuses an image that was made just now.
std::shared_ptr<Module> KernelCache::load(const KernelSource& source, const std::string& target, std::string& reason) {
  bool is_new = false;
  auto module = Module::load_if_fit(device_, image(source, target, is_new), source.name, reason);
  if (module) {
    if (!is_new) ++counters_.disk_hits;
    return module;
  }
  const std::string key = key_of(source, compiler_.version, target);
  if (disk_) disk_->erase(key);
  if (is_new) return nullptr;
  const std::string anew = compile(source, target);
  module = Module::load_if_fit(device_, anew, source.name, reason);
  if (module && disk_) disk_->store(key, anew);
  return module;
}

std::string KernelCache::image(const KernelSource& source, const std::string& target, bool& is_new) {
  const auto make = [&] {
    is_new = true;
    return compile(source, target);
  };
  return disk_ ? disk_->find_or_make(key_of(source, compiler_.version, target), make) : make();
}

std::string KernelCache::compile(const KernelSource& source, const std::string& target) {
  ++counters_.compiled;
  return compiler_.compile(source, target);
}

void KernelCache::throw_unfit(const std::string& reasons) const {
  const int arch = device_->properties().arch();
  const std::string who =
      fmt::format("CUDA device {} ({}, sm_{})", device_->ordinal(), device_->properties().name, arch);
  if (targets_.empty())
    throw Error(
        ErrorCode::unsupported,
        fmt::format("{} is too old for {}, which compiles for sm_{} and later; FUSEVAL_LIBNVRTC may name the NVRTC "
                    "of an older CUDA",
                    who, compiler_.version, compiler_.archs.empty() ? 0 : compiler_.archs.front()));
  throw Error(
      ErrorCode::unsupported,
      fmt::format("{} takes nothing that {} makes: {}. Its driver is of CUDA {}: update it, or name an NVRTC of "
                  "that version or older by FUSEVAL_LIBNVRTC",
                  who, compiler_.version, reasons, device_->driver().version_text()));
}

size_t KernelCache::size() const {
  const std::lock_guard lock(mutex_);
  return modules_.size();
}

void KernelCache::clear() {
  forget([](const Future&) { return true; });
}

void KernelCache::drop_unused() {
  forget([](const Future& future) {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready && future.get().use_count() == 1;
  });
}

// Modules unload outside of the lock.
void KernelCache::forget(bool (*which)(const Future&)) {
  const auto take = [&] {
    const std::lock_guard lock(mutex_);
    return modules_.take_if(which);
  };
  take();
}

}  // namespace fuseval::runtime::cuda
