// A session: a runtime and the programs that fv_evaluate has met, by text and inputs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/plan/program.hpp"
#include "engine/plan/runtime.hpp"
#include "frontend/hints.hpp"
#include "runtime/lru_cache.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

class Session {
 public:
  explicit Session(const SessionOptions& options);

  /// The process's own, made at its first use. It is never destroyed: threads may still use it while the process ends.
  static Session& instance();

  /// names: nullptr binds by position, to those of the text's free names that mean nothing else.
  std::shared_ptr<Program> compile(std::string_view text, const char* const* names, const fv_view* inputs,
                                   int32_t count) const;
  /// As compile, remembered.
  std::shared_ptr<Program> program(std::string_view text, const char* const* names, const fv_view* inputs,
                                   int32_t count);

  /// Of the text with these inputs bound, as far as they are: it need not be complete. names as in compile.
  std::vector<frontend::Hint> hints(std::string_view text, const char* const* names, const fv_view* inputs,
                                    int32_t count) const;

  const std::shared_ptr<Runtime>& runtime() const { return runtime_; }
  size_t program_count() const;

 private:
  std::shared_ptr<Runtime> runtime_;
  mutable runtime::Mutex mutex_;
  runtime::LruCache<std::shared_ptr<Program>> programs_;
};

}  // namespace fuseval::engine
