// A program: a parsed text fixed to its inputs' names, dtypes, ranks and weakness, with the specialisations made of it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/plan/direct_call.hpp"
#include "engine/plan/literals.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

struct Runtime;

/// Parses a text, within the session's limits. Throws Error.
frontend::Ast parsed(std::string_view text, Runtime& runtime);

/// Immutable to its users; thread-safe.
class Program {
 public:
  struct Input {
    std::string name;
    DType dtype = DType::float64;
    int32_t rank = 0;
    bool is_weak = false;
    std::optional<frontend::ExprId> literal = {};  ///< the list of the text that the program keeps as this array
  };

  /// Throws Error: of an input's dtype, then of the text.
  Program(std::shared_ptr<Runtime> runtime, std::string_view text, const std::vector<Input>& inputs);
  /// The same of a text that has been parsed.
  Program(std::shared_ptr<Runtime> runtime, frontend::Ast ast, const std::vector<Input>& inputs);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::string& text() const { return ast_.source; }
  /// Unlike any other program's of this process, also of one that is gone.
  uint64_t number() const { return number_; }
  /// The caller's, and behind them those of literals().
  const std::vector<Input>& inputs() const { return inputs_; }
  /// How many of them the caller gives.
  size_t given_count() const { return inputs_.size() - literals_.views().size(); }
  const Literals& literals() const { return literals_; }
  const frontend::Ast& ast() const { return ast_; }
  Runtime& runtime() const { return *runtime_; }
  const std::shared_ptr<Runtime>& shared_runtime() const { return runtime_; }

  /// Throws Error(argument) unless the caller has given as many inputs as the program takes.
  void check_count(int32_t count) const;
  /// Throws Error(argument) unless the views are well-formed and fit what the program was made for. Of an input that
  /// the text does not use, dtype, rank and weakness count; its shape and data are never looked at. Here and below
  /// `inputs` has one view for each of inputs().
  void check_inputs(const fv_view* inputs) const;

  /// Whether the text mentions this input, also where Python might not evaluate it.
  bool is_used(size_t slot) const;

  /// One of the specialisations at hand, if it serves this call; then check_inputs holds.
  const Specialisation* find(const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                             const ResultRule& rule) const {
    if (!unused_inputs_fit(inputs)) return nullptr;
    for (const Pinned* entry = pinned_.load(std::memory_order_acquire); entry != nullptr; entry = entry->next)
      if (entry->made->serves(inputs, outputs, output_count, rule)) return entry->made.get();
    return nullptr;
  }
  /// Runs the call if one of the specialisations at hand can do it directly; false: nothing was done. inputs: those
  /// that the caller gives.
  bool run_directly(const fv_view* inputs, int32_t input_count, const fv_view* outputs, int32_t output_count) const;
  /// The specialisation for this call: one of those at hand, or a new one, which `keep` then keeps. The views have been
  /// checked.
  const Specialisation& specialisation(const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                                       const ResultRule& rule, const PlanOptions& options,
                                       std::shared_ptr<const Specialisation>& keep) const {
    if (const Specialisation* known = find(inputs, outputs, output_count, rule)) return *known;
    keep = specialise(inputs, outputs, output_count, rule, options);
    return *keep;
  }
  /// A specialisation that the caller shares. It is planned even if find() has one. The views have been checked.
  std::shared_ptr<const Specialisation> specialise(const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                                                   const ResultRule& rule, const PlanOptions& options) const;
  /// What the graph for this call is made for. The views have been checked.
  CallSignature signature_of(const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                             const ResultRule& rule) const;

 private:
  // The first few specialisations stay for the program's life in a list that is read without a lock: most programs meet
  // few layouts, and an uncontended lock would cost a third of a small call. The rest share a bounded cache.
  struct Pinned {
    std::shared_ptr<const Specialisation> made;
    std::unique_ptr<const DirectCall> direct;  ///< may be nullptr
    Pinned* next = nullptr;
  };
  static constexpr int pinned_limit = 16;
  static constexpr size_t recent_limit = 32;

  static bool fits(const Input& wanted, const fv_view& view) {
    return view.dtype == static_cast<int32_t>(wanted.dtype) && view.rank == wanted.rank &&
           ((view.flags & FV_VIEW_WEAK) != 0) == wanted.is_weak;
  }
  bool unused_inputs_fit(const fv_view* inputs) const {
    for (const uint32_t slot : unused_slots_)
      if (!fits(inputs_[slot], inputs[slot])) return false;
    return true;
  }
  std::shared_ptr<const Specialisation> find_recent(const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                                                    const ResultRule& rule) const;
  void remember(std::shared_ptr<const Specialisation> made, const fv_view* inputs, const fv_view* outputs,
                int32_t output_count, const ResultRule& rule) const;

  static uint64_t next_number();

  std::shared_ptr<Runtime> runtime_;
  uint64_t number_ = next_number();
  frontend::Ast ast_;
  Literals literals_;
  std::vector<Input> inputs_;
  std::vector<uint32_t> unused_slots_;  // sorted
  mutable std::atomic<Pinned*> pinned_{nullptr};
  mutable runtime::Mutex mutex_;
  mutable int pinned_count_ = 0;
  mutable std::vector<std::shared_ptr<const Specialisation>> recent_;  // most recent first
};

}  // namespace fuseval::engine
