// Three queues: one up, the call's own for kernels, one down. Part p uses set p % 3 of the memory of parts, so what
// holds a copy up is only what must:
//
//   up(p)      after kernels(p - 3), which have read the set
//   kernels(p) after up(p), and down(p - 3), which has read what they write
//   down(p)    after kernels(p)
//
// Arrays that are not page-locked go by way of staging memory that is, a buffer a set and direction, because the
// driver's own copies of them make the host wait. The host copies part p there when up(p - 3) is done with the buffer,
// and takes part p - 2 from the other one after it has asked for all of part p, so it does not wait for what it has
// only just asked for.
#include "engine/run/streamed_run.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "engine/cpu/strided_copy.hpp"
#include "engine/device/device_jobs.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {
namespace {

constexpr auto sets = static_cast<size_t>(sets_of_parts);

/// Between the host's arrays and staging memory; on several threads, as one cannot keep up with a link.
void copy_bytes(const StreamedRun& run, char* to, const char* from, size_t bytes) {
  constexpr size_t piece = size_t{1} << 20;
  const auto count = static_cast<int64_t>((bytes + piece - 1) / piece);
  if (count <= 1) return static_cast<void>(std::memcpy(to, from, bytes));
  const auto copy = [&](int64_t k, int) {
    const size_t begin = static_cast<size_t>(k) * piece;
    std::memcpy(to + begin, from + begin, std::min(piece, bytes - begin));
  };
  run.pool.parallel_for(count, copy, run.threads);
}

class Stream {
 public:
  Stream(const StreamedRun& run, const Specialisation& made, const StreamPlan& plan,
         const std::vector<char*>& addresses)
      : run_(run),
        device_(*run.space.device),
        made_(made),
        plan_(plan),
        arrays_(plan.arrays),
        lanes_(run.space.lanes.take()) {
    for (const uint32_t b : plan.origin) host_.push_back(addresses[b]);
    there_ = host_;
  }
  ~Stream() {
    if (is_done_) return;
    lanes_->up->settle();
    lanes_->down->settle();
    run_.queue.get().settle();
    device_.queue().settle();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void go() {
    try {
      if (run_.control != nullptr) run_.control->begin(std::max(static_cast<double>(plan_.moved_bytes), 1.0));
      allocate();
      upload_wholes();
      for (const StreamPass& pass : plan_.passes) run_pass(pass);
      download_wholes();
      synchronize();
    } catch (const Error& error) {
      const bool is_ours = error.code() == ErrorCode::device || error.code() == ErrorCode::memory;
      if (!has_written_ || !is_ours) throw;
      throw Error(error.code(), error.message() + "; outputs may be partly written", error.span());
    }
    is_done_ = true;
    run_.space.lanes.give_back(std::move(lanes_));
  }

 private:
  /// A range of a moving array that is in staging memory, or on its way there.
  struct Arriving {
    const MovingArray* array;
    const char* staged;
    ByteExtent range;
    int64_t begin, end;  ///< of the part
  };
  struct Set {
    char* memory = nullptr;
    std::unique_ptr<DeviceEvent> is_up, is_computed, is_down;
    std::vector<Arriving> arriving;
  };

  // ---- memory

  DeviceMemory& allocate(size_t bytes) {
    memory_.push_back(device_.allocate(bytes));
    run_.queue.wait_for_memory();
    return *memory_.back();
  }
  void allocate() {
    for (size_t b = 0; b < plan_.is_whole.size(); ++b) {
      const ByteExtent& extent = arrays_[b].extent;
      if (arrays_[b].on_host) there_[b] = nullptr;
      if (is_whole(b)) there_[b] = allocate(bytes_of(extent)).data() - extent.begin;
    }
    for (Set& set : sets_)
      if (plan_.part_bytes > 0) set.memory = allocate(plan_.part_bytes).data();
    lanes_->up->wait_for(device_.queue());
  }
  // Kernels run one after another, so all of them share it.
  char* workspace(size_t bytes) {
    if (bytes == 0) return nullptr;
    if (workspace_ == nullptr || workspace_->size() < bytes) workspace_ = &allocate(bytes);
    return workspace_->data();
  }

  bool is_whole(size_t b) const { return plan_.is_whole[b] && bytes_of(arrays_[b].extent) > 0; }
  bool is_whole_of_host(size_t b) const { return is_whole(b) && arrays_[b].on_host; }
  bool is_result(size_t buffer) const { return made_.buffer_sources()[buffer].role == BufferRole::output; }

  void upload_wholes() {
    for (size_t b = 0; b < plan_.is_whole.size(); ++b) {
      const ByteExtent& extent = arrays_[b].extent;
      if (!is_whole_of_host(b) || is_result(b)) continue;
      run_.queue.get().upload(there_[b] + extent.begin, host_[b] + extent.begin, bytes_of(extent));
    }
  }
  void download_wholes() {
    for (size_t b = 0; b < plan_.is_whole.size(); ++b)
      if (is_whole_of_host(b) && is_result(b)) download_whole(b);
  }
  void download_whole(size_t b) {
    const ByteExtent& extent = arrays_[b].extent;
    const Specialisation::Result& result = made_.results()[static_cast<size_t>(made_.buffer_sources()[b].position)];
    const size_t bytes = bytes_of(extent);
    has_written_ = true;
    DeviceQueue& queue = run_.queue.get();
    if (element_count(result.shape) * size_of(result.dtype) == static_cast<int64_t>(bytes))
      return queue.download(host_[b] + extent.begin, there_[b] + extent.begin, bytes);
    staged_wholes_.push_back(std::make_unique<runtime::Buffer>(bytes));
    char* const staged = staged_wholes_.back()->data();
    queue.download(staged, there_[b] + extent.begin, bytes);
    queue.synchronize();
    copy_elements(host_[b], result.strides, staged - extent.begin, result.strides, result.shape, size_of(result.dtype),
                  run_.control);
    check();
  }

  void check() const {
    if (run_.control != nullptr) run_.control->check();
  }
  void synchronize() {
    lanes_->up->synchronize();
    run_.queue.get().synchronize();
    lanes_->down->synchronize();
  }

  // ---- a kernel or a chain, part by part

  void run_pass(const StreamPass& pass) {
    axis_ = pass.axis;
    note_pinned(pass);
    const int64_t parts = pass.parts();
    const bool by_parts = pass.group > 0 && parts > 1;
    if (by_parts) prepare_parts(pass);
    for (int64_t p = 0; p < parts; ++p) {
      check();
      const int64_t begin = pass.axis < 0 ? 0 : p * pass.step, end = std::min(begin + pass.step, pass.extent);
      Set& set = sets_[static_cast<size_t>(p) % sets];
      bring_up(pass, set, begin, end);
      compute(pass, set, begin, end);
      bring_down(pass, set, begin, end);
      if (p >= sets_of_parts - 1) arrive(sets_[static_cast<size_t>(p - sets_of_parts + 1) % sets]);
      if (run_.control != nullptr) run_.control->did(moved(pass, begin, end));
    }
    if (by_parts) combine(pass);
    for (int64_t p = std::max<int64_t>(parts - sets_of_parts + 1, 0); p < parts; ++p)
      arrive(sets_[static_cast<size_t>(p) % sets]);
    end_pass();
  }
  // The next pass may read what this one has sent down, and uses the same memory for parts.
  void end_pass() {
    synchronize();
    for (Set& set : sets_) set = Set{set.memory, nullptr, nullptr, nullptr, {}};
  }
  double moved(const StreamPass& pass, int64_t begin, int64_t end) const {
    double bytes = 0;
    for (const MovingArray& one : pass.moving)
      if (one.goes_up || one.comes_down)
        bytes += static_cast<double>(bytes_of(pass.range_of(plan_.kernels, one.buffer, begin, end)));
    return bytes;
  }

  void note_pinned(const StreamPass& pass) {
    is_pinned_.assign(arrays_.size(), false);
    for (const MovingArray& one : pass.moving) {
      if (!one.goes_up && !one.comes_down) continue;
      const ByteExtent& extent = arrays_[one.buffer].extent;
      const char* const host = host_[one.buffer];
      is_pinned_[one.buffer] = device_.is_pinned(host + extent.begin) && device_.is_pinned(host + extent.end - 1);
    }
  }
  size_t number_of(const Set& set) const { return static_cast<size_t>(&set - sets_.data()); }

  /// Where a moving array's range lies in a set, and in its staging memory.
  size_t place_of(const MovingArray& one, const ByteExtent& range) const {
    return one.place + static_cast<size_t>(range.begin - aligned_begin(arrays_[one.buffer], range));
  }

  void bring_up(const StreamPass& pass, Set& set, int64_t begin, int64_t end) {
    DeviceQueue& up = *lanes_->up;
    if (set.is_computed) up.wait_for(*set.is_computed);
    if (set.is_up) set.is_up->synchronize();  // then its staging memory is free
    for (const MovingArray& one : pass.moving) {
      const ByteExtent range = pass.range_of(plan_.kernels, one.buffer, begin, end);
      const size_t place = place_of(one, range), bytes = bytes_of(range);
      there_[one.buffer] = set.memory + place - range.begin;
      if (!one.goes_up) continue;
      const char* from = host_[one.buffer] + range.begin;
      if (!is_pinned_[one.buffer]) {
        char* const staged = staging_of(device_, lanes_->up_staging, number_of(set), plan_.part_bytes) + place;
        copy_bytes(run_, staged, from, bytes);
        from = staged;
      }
      up.upload(set.memory + place, from, bytes);
    }
    set.is_up = up.record();
  }

  void bring_down(const StreamPass& pass, Set& set, int64_t begin, int64_t end) {
    DeviceQueue& down = *lanes_->down;
    down.wait_for(*set.is_computed);
    for (const MovingArray& one : pass.moving) {
      if (!one.comes_down) continue;
      const ByteExtent range = pass.range_of(plan_.kernels, one.buffer, begin, end);
      const size_t place = place_of(one, range), bytes = bytes_of(range);
      char* to = host_[one.buffer] + range.begin;
      if (!is_pinned_[one.buffer] || !is_dense(one, range, begin, end)) {
        to = staging_of(device_, lanes_->down_staging, number_of(set), plan_.part_bytes) + place;
        set.arriving.push_back({&one, to, range, begin, end});
      } else {
        has_written_ = true;
      }
      down.download(to, set.memory + place, bytes);
    }
    set.is_down = down.record();
  }
  const Operand& store_of(const MovingArray& one) const { return plan_.kernels[one.nest].operands[one.operand]; }
  /// Of the stored elements of a part.
  Shape shape_of(const MovingArray& one, int64_t begin, int64_t end) const {
    const LoopNest& nest = plan_.kernels[one.nest];
    const int rank = store_of(one).in_epilogue ? nest.parallel_rank() : nest.rank();
    Shape shape;
    for (int axis = 0; axis < rank; ++axis)
      shape.push_back(axis == axis_ ? end - begin : nest.axes[static_cast<size_t>(axis)].extent);
    return shape;
  }
  bool is_dense(const MovingArray& one, const ByteExtent& range, int64_t begin, int64_t end) const {
    return element_count(shape_of(one, begin, end)) * size_of(store_of(one).dtype) ==
           static_cast<int64_t>(bytes_of(range));
  }
  // What lies between elements is not ours to write.
  void arrive(Set& set) {
    if (!set.arriving.empty()) set.is_down->synchronize();
    for (const Arriving& one : set.arriving) {
      has_written_ = true;
      char* const host = host_[one.array->buffer];
      if (is_dense(*one.array, one.range, one.begin, one.end)) {
        copy_bytes(run_, host + one.range.begin, one.staged, bytes_of(one.range));
        continue;
      }
      const Operand& store = store_of(*one.array);
      const Shape shape = shape_of(*one.array, one.begin, one.end);
      const std::vector<int64_t> strides(store.strides.begin(),
                                         store.strides.begin() + static_cast<ptrdiff_t>(shape.size()));
      const int64_t first = store.offset + one.begin * strides[static_cast<size_t>(axis_)];
      copy_elements(host + first, strides, one.staged + (first - one.range.begin), strides, shape,
                    size_of(store.dtype));
    }
    set.arriving.clear();
  }

  // ---- kernels

  void compute(const StreamPass& pass, Set& set, int64_t begin, int64_t end) {
    DeviceQueue& queue = run_.queue.get();
    queue.wait_for(*set.is_up);
    if (set.is_down) queue.wait_for(*set.is_down);
    std::vector<LoopNest> nests;  // of the part
    for (size_t n = pass.first; n < pass.first + pass.count; ++n)
      nests.push_back(pass.axis < 0 ? plan_.kernels[n] : part_of(plan_.kernels[n], pass.axis, begin, end));
    std::vector<DeviceJob> jobs;
    for (const StreamJob& one : pass.jobs) {
      jobs.emplace_back(one.shared);
      for (size_t n = one.first; n < one.first + one.count; ++n) jobs.back().add(nests[n - pass.first], there_.data());
    }
    if (parts_kernel_ != nullptr)
      launch(*parts_kernel_, {jobs[0].part_launch(*parts_kernel_, parts_, begin * inner_, scratch_of(*parts_kernel_))});
    else
      launch(jobs);
    Counters& counters = run_.space.counters;
    counters.add(counters.launches, static_cast<int64_t>(jobs.size()));
    counters.add(counters.chained_kernels, static_cast<int64_t>(pass.count - jobs.size()));
    set.is_computed = queue.record();
  }
  void launch(const std::vector<DeviceJob>& jobs) {
    std::vector<DeviceKernels::Request> wanted;
    for (const DeviceJob& job : jobs) wanted.push_back(job.request());
    const std::vector<std::shared_ptr<const DeviceKernel>> kernels = run_.space.kernels.get(wanted);
    for (size_t k = 0; k < jobs.size(); ++k) {
      scratch_bytes_ = jobs[k].scratch_bytes(*kernels[k]);
      launch(*kernels[k], jobs[k].launches(*kernels[k], scratch_of(*kernels[k])));
    }
  }

  // States follow words that lie in memory.
  static size_t words_bytes(const DeviceKernel& kernel) {
    const codegen::CudaKernel& code = *kernel.code;
    size_t words = code.words.size();
    for (const codegen::CudaKernel& part : code.chain) words += part.words.size();
    return code.words_in_memory ? (words * sizeof(uint64_t) + 15) / 16 * 16 : 0;
  }
  char* scratch_of(const DeviceKernel& kernel) {
    const size_t words = words_bytes(kernel);
    char* const memory = workspace(checked_add(words, scratch_bytes_));
    return memory == nullptr ? nullptr : memory + words;
  }
  void launch(const DeviceKernel& kernel, const std::vector<codegen::CudaLaunch>& launches) {
    DeviceQueue& queue = run_.queue.get();
    for (const codegen::CudaLaunch& one : launches) {
      DeviceFunction& function = function_of(kernel, one.entry);
      if (!kernel.code->words_in_memory) {
        queue.launch(function, one.grid, one.block, one.words);
        continue;
      }
      char* const words = workspace(1);
      queue.upload(words, reinterpret_cast<const char*>(one.words.data()), one.words.size() * sizeof(uint64_t));
      queue.synchronize();  // the words must stay as they are until they are up; so many operands are rare
      const auto address = reinterpret_cast<uint64_t>(words);
      queue.launch(function, one.grid, one.block, {&address, 1});
    }
  }
  DeviceFunction& function_of(const DeviceKernel& kernel, size_t entry) {
    auto& function = functions_[kernel.modules[entry]];
    if (function == nullptr) function = kernel.modules[entry]->function(0, run_.text);
    return *function;
  }

  // ---- a reduction by parts

  // The variant is that of the whole, whose addresses are aligned as those of every part are.
  void prepare_parts(const StreamPass& pass) {
    const LoopNest& nest = plan_.kernels[pass.first];
    inner_ = nest.reduce_count() / pass.extent;
    parts_ = {nest.reduce_count(), pass.group};
    for (const MovingArray& one : pass.moving) {
      const ByteExtent range = pass.range_of(plan_.kernels, one.buffer, 0, std::min(pass.step, pass.extent));
      there_[one.buffer] = sets_[0].memory + place_of(one, range) - range.begin;
    }
    DeviceJob whole(0);
    whole.add(nest, there_.data());
    const DeviceKernels::Request wanted[] = {whole.request_by_parts()};
    parts_kernel_ = run_.space.kernels.get(wanted)[0];
    scratch_bytes_ = whole.parts_scratch_bytes(*parts_kernel_, parts_);
  }
  void combine(const StreamPass& pass) {
    DeviceJob whole(0);
    whole.add(plan_.kernels[pass.first], there_.data());
    launch(*parts_kernel_, whole.combine_launches(*parts_kernel_, parts_, scratch_of(*parts_kernel_)));
    parts_kernel_ = nullptr;
  }

  const StreamedRun& run_;
  Device& device_;
  const Specialisation& made_;
  const StreamPlan& plan_;
  const std::vector<StreamArray>& arrays_;  ///< [buffer]
  std::vector<char*> host_;                 ///< [buffer]: of element 0, where the caller has it
  std::vector<char*> there_;                ///< [buffer]: on the device, for the part at hand
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
  DeviceMemory* workspace_ = nullptr;
  std::vector<std::unique_ptr<runtime::Buffer>> staged_wholes_;  ///< kept until nothing is in flight
  std::vector<bool> is_pinned_;
  /// The modules stay until the end, so that no other one gets the address of one that the cache has dropped.
  std::map<std::shared_ptr<const DeviceModule>, std::shared_ptr<DeviceFunction>> functions_;
  std::array<Set, sets> sets_;
  size_t scratch_bytes_ = 0;
  std::shared_ptr<const DeviceKernel> parts_kernel_;  ///< of a reduction by parts, while it runs
  codegen::CudaParts parts_;
  int axis_ = -1;      ///< that the pass at hand is cut along
  int64_t inner_ = 1;  ///< its elements at one index of the axis that is cut
  bool has_written_ = false;
  bool is_done_ = false;
  std::unique_ptr<CopyLanes> lanes_;
};

}  // namespace

void StreamedRun::run(const Specialisation& made, const StreamPlan& plan, const std::vector<char*>& addresses) const {
  Stream(*this, made, plan, addresses).go();
}

}  // namespace fuseval::engine
