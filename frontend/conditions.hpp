// Conditions on weak inputs that a graph is for, as Python evaluates them: exactly, and in the order of the text. A
// graph that was bound for y = 2.0 serves every y for which `y != 0` has the same outcome.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "frontend/weak.hpp"

namespace fuseval::frontend {

/// A list of steps, each an input, a number or an operation on earlier steps, with requirements in between.
class Conditions {
 public:
  using Step = uint32_t;
  static constexpr Step none = UINT32_MAX;

  Step input(uint32_t slot, DType dtype);
  Step number(const WeakScalar& value);
  Step unary(Operator op, Step a);
  Step binary(Operator op, Step a, Step b);
  Step compare(Operator op, Step a, Step b);
  Step logical_not(Step a);
  /// From here on the truth of `a` is `outcome`.
  void require(Step a, bool outcome);

  /// Calls visit(slot) for each input that `a` is computed from and that no earlier call has visited.
  void visit_inputs(Step a, const std::function<void(uint32_t)>& visit);
  /// Drops requirements that fixed values of some inputs ([slot]) imply, and the steps that no requirement needs.
  void simplify(const std::vector<uint8_t>& is_fixed);

  bool is_empty() const { return steps_.empty(); }
  /// Whether every requirement is met where the inputs have these values. False as well where Python raises: binding
  /// anew finds the error and its place.
  bool hold(const std::function<uint64_t(uint32_t)>& bits_of) const;
  /// The required outcomes in order, "10" for True and False.
  std::string outcomes() const;

 private:
  enum class Kind : uint8_t { input, number, unary, binary, compare, logical_not, require };
  struct Item {
    Kind kind;
    Operator op = Operator::add;
    bool outcome = false;  ///< require
    bool visited = false;
    DType dtype = DType::bool_;  ///< input
    Step a = 0, b = 0;           ///< earlier steps; input: a is the slot
    WeakScalar value = {};       ///< number
  };
  static int operand_count(Kind kind);
  Step add(Item item);
  WeakScalar evaluate(const Item& item, std::span<const WeakScalar> values) const;

  std::vector<Item> steps_;
};

}  // namespace fuseval::frontend
