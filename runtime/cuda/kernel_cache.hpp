// Kernels of one device: compiled once, loaded once, kept in memory and on disk.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "runtime/cuda/module.hpp"
#include "runtime/cuda/nvrtc.hpp"
#include "runtime/disk_cache.hpp"
#include "runtime/lru_cache.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::runtime::cuda {

/// What is compiled: a whole module's text.
struct KernelSource {
  std::string text;
  std::vector<std::string> options;
  std::string name;  ///< in messages; no part of the key
};

/// Who compiles: NVRTC, or a test's stand-in.
struct Compiler {
  std::string version;     ///< "NVRTC 13.0": part of every key
  std::vector<int> archs;  ///< compute capabilities that it knows, ascending
  /// Source and target ("sm_90" to a cubin, "compute_90" to PTX) to an image. Called from several threads.
  std::function<std::string(const KernelSource& source, const std::string& target)> compile;
};
Compiler compiler_of(std::shared_ptr<const Nvrtc> nvrtc);

/// Thread-safe; keys are compared in full. A module in use outlives its eviction.
class KernelCache {
 public:
  /// disk: nullptr for none. `limit`: modules in memory.
  KernelCache(std::shared_ptr<Device> device, Compiler compiler, std::shared_ptr<const DiskCache> disk,
              size_t limit = 512);

  /// The module: from memory, else from disk, else compiled; once, also when several threads and processes ask.
  /// For the device's very arch where the compiler knows it, else as PTX of the newest that it knows below, which the
  /// driver compiles. What the driver refuses (an image from elsewhere, a compiler newer than the driver) is compiled
  /// anew and then tried in the other form. Errors: unsupported (no form serves; the message says what would), and
  /// those of the compiler and of Module::load.
  std::shared_ptr<Module> get(const KernelSource& source);

  size_t size() const;
  /// Forgets the modules in memory.
  void clear();
  /// Forgets those that nobody else holds: for Device::on_memory_pressure. Unloads them before it returns.
  void drop_unused();

  struct Counters {
    std::atomic<uint64_t> memory_hits{0};
    std::atomic<uint64_t> disk_hits{0};
    std::atomic<uint64_t> compiled{0};
  };
  const Counters& counters() const { return counters_; }

 private:
  using Future = std::shared_future<std::shared_ptr<Module>>;

  void forget(bool (*which)(const Future&));
  std::shared_ptr<Module> make(const KernelSource& source);
  std::shared_ptr<Module> load(const KernelSource& source, const std::string& target, std::string& reason);
  std::string image(const KernelSource& source, const std::string& target, bool& is_new);
  std::string compile(const KernelSource& source, const std::string& target);
  [[noreturn]] void throw_unfit(const std::string& reasons) const;

  const std::shared_ptr<Device> device_;
  const Compiler compiler_;
  const std::shared_ptr<const DiskCache> disk_;
  std::vector<std::string> targets_;     ///< in the order in which they are tried
  std::atomic<size_t> first_target_{0};  ///< the first that this driver has not refused
  Counters counters_;
  mutable Mutex mutex_;
  LruCache<Future> modules_;
};

/// The user's kernels on disk: "cuda" in cache_folder(); nullptr where there is none.
std::shared_ptr<const DiskCache> kernels_on_disk();

/// Targets for a device of compute capability `arch`: its cubin and its PTX, or PTX of the newest below; none if the
/// compiler knows only newer ones.
std::vector<std::string> targets_for(int arch, const std::vector<int>& known);

}  // namespace fuseval::runtime::cuda
