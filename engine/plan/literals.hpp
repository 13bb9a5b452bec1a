// The arrays that a program keeps of the lists in its text. To the engine they are inputs behind the caller's, in
// memory of the host.
#pragma once

#include <string>
#include <vector>

#include "frontend/literal_arrays.hpp"
#include "fuseval/fuseval.h"

namespace fuseval::engine {

/// Immutable; thread-safe. Its views refer to it.
class Literals {
 public:
  explicit Literals(const frontend::Ast& ast);
  Literals(const Literals&) = delete;
  Literals& operator=(const Literals&) = delete;

  struct Kept {
    frontend::ExprId list;
    std::string text;  ///< for messages, shortened
    std::vector<int64_t> shape;
    std::vector<char> data;
  };
  const std::vector<Kept>& kept() const { return kept_; }
  /// One each.
  const std::vector<fv_view>& views() const { return views_; }

 private:
  std::vector<Kept> kept_;
  std::vector<fv_view> views_;
};

class Program;

/// The views of a call: the caller's, one an input that the caller gives, and the program's literals.
class AllInputs {
 public:
  AllInputs(const Program& program, const fv_view* given);
  const fv_view* data() const { return all_.empty() ? given_ : all_.data(); }

 private:
  const fv_view* given_;
  std::vector<fv_view> all_;  ///< empty: there are no literals
};

}  // namespace fuseval::engine
