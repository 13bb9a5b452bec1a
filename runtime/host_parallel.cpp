// The host is asked to run `threads` workers, not the tasks themselves: a worker's index is its thread number, which
// scratch memory goes by, and tasks are handed out from one counter, so that a slow thread does not hold up the others
// whatever the host's own schedule is. A host that runs its workers one after another is slow and right.
#include "runtime/host_parallel.hpp"

#include <sched.h>

#include <atomic>
#include <memory>

namespace fuseval::runtime {
namespace {

class HostJob {
 public:
  HostJob(const HostTasks& tasks, int workers)
      : tasks_(tasks),
        workers_(workers),
        entered_(std::make_unique<std::atomic<bool>[]>(static_cast<size_t>(workers))) {}

  static void work(void* job, int64_t worker) { static_cast<HostJob*>(job)->work(worker); }

  /// A host that returns too early leaves workers behind that still use this object.
  void wait_for_workers() const {
    while (inside_.load(std::memory_order_acquire) > 0) sched_yield();
  }
  bool is_misused() const { return misused_ || started_ != workers_; }
  int took_part() const { return took_part_; }

 private:
  void work(int64_t worker) {
    inside_.fetch_add(1, std::memory_order_relaxed);
    if (worker < 0 || worker >= workers_ || entered_[static_cast<size_t>(worker)].exchange(true))
      misused_ = true;
    else
      take_tasks(static_cast<int>(worker));
    inside_.fetch_sub(1, std::memory_order_release);
  }

  void take_tasks(int thread) {
    started_.fetch_add(1, std::memory_order_relaxed);
    int64_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (index < tasks_.count) took_part_.fetch_add(1, std::memory_order_relaxed);
    for (; index < tasks_.count; index = next_.fetch_add(1, std::memory_order_relaxed))
      tasks_.task(tasks_.context, index, thread);
  }

  const HostTasks tasks_;
  const int workers_;
  std::unique_ptr<std::atomic<bool>[]> entered_;
  std::atomic<int64_t> next_{0};
  std::atomic<int> inside_{0}, started_{0}, took_part_{0};
  std::atomic<bool> misused_{false};
};

/// The hook's answer, once nobody works any more, also when it throws.
int call_host(const HostParallelFor& host, HostJob& job, int workers) {
  struct Wait {
    const HostJob& job;
    ~Wait() { job.wait_for_workers(); }
  } const wait{job};
  return call_hook("parallel_for", [&] { return host.run(host.user, workers, HostJob::work, &job); });
}

}  // namespace

int run_on_host(const HostParallelFor& host, const HostTasks& tasks, int threads) {
  HostJob job(tasks, threads);
  const int status = call_host(host, job, threads);
  if (status != 0)
    throw Error(ErrorCode::hook,
                fmt::format("the parallel_for hook failed with {}; outputs may be partly written", status));
  if (job.is_misused())
    throw Error(ErrorCode::hook,
                "the parallel_for hook did not call its task once for each index; outputs may be partly written");
  return job.took_part();
}

}  // namespace fuseval::runtime
