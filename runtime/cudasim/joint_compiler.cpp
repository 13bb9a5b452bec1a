#include "runtime/cudasim/joint_compiler.hpp"

#include <exception>
#include <utility>

namespace fuseval::runtime::cudasim {

struct JointCompiler::Request {
  std::span<const Source> sources;
  std::vector<std::vector<Function>> functions;
  std::exception_ptr error;
  bool done = false;
};

namespace {

template <class Request>
void compile_together(std::span<Request* const> group) {
  std::vector<Source> sources;
  for (const Request* request : group) sources.insert(sources.end(), request->sources.begin(), request->sources.end());
  const Module module = Module::compile(sources);
  size_t source = 0;
  for (Request* request : group)
    for (const Source& text : request->sources) {
      request->functions.emplace_back();
      for (const std::string& kernel : text.kernels)
        request->functions.back().push_back(module.function(source, kernel));
      ++source;
    }
}

template <class Request>
void compile_alone(Request* request) {
  try {
    request->functions.clear();
    compile_together(std::span<Request* const>(&request, 1));
  } catch (...) {
    request->error = std::current_exception();
  }
}

/// Each request's result or error. Throws nothing: others wait for this to end.
template <class Request>
void compile_group(std::span<Request* const> group) noexcept {
  if (group.size() > 1) {
    try {
      compile_together(group);
      return;
    } catch (...) {  // because of whichever: each alone tells
    }
  }
  for (Request* request : group) compile_alone(request);
}

}  // namespace

std::vector<std::vector<Function>> JointCompiler::compile(std::span<const Source> sources) {
  Request mine{sources, {}, nullptr, false};
  std::unique_lock lock(mutex_);
  forget_parents();
  waiting_.push_back(&mine);
  while (!mine.done) {
    changed_.wait(lock, [&] { return mine.done || !running_; });
    if (mine.done) break;
    running_ = true;
    const std::vector<Request*> group = std::exchange(waiting_, {});
    lock.unlock();
    compile_group(std::span<Request* const>(group));
    lock.lock();
    for (Request* request : group) request->done = true;
    running_ = false;
    changed_.notify_all();
  }
  if (mine.error) std::rethrow_exception(mine.error);
  return std::move(mine.functions);
}

/// In a forked child nobody runs the compiler, and nobody waits.
void JointCompiler::forget_parents() {
  if (generation_ == fork_generation()) return;
  generation_ = fork_generation();
  waiting_.clear();
  running_ = false;
}

}  // namespace fuseval::runtime::cudasim
