// What a call computes with its weak inputs before its kernels run, as Python computes it: exactly, and in the order of
// the text. It says whether a graph serves these values (a graph that was bound for y = 2.0 serves every y for which
// `y != 0` has the same outcome), and gives the kernels the numbers that they read (k + 1 of an int k).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "frontend/power_form.hpp"
#include "frontend/weak.hpp"

namespace fuseval::frontend {

/// A list of steps: inputs, numbers and operations on earlier steps, with requirements and elements in between.
class ScalarProgram {
 public:
  using Step = uint32_t;
  static constexpr Step none = UINT32_MAX;

  // Equal steps are one.
  Step input(uint32_t slot, DType dtype);
  Step number(const WeakScalar& value);
  Step unary(Operator op, Step a);
  Step binary(Operator op, Step a, Step b);
  Step compare(Operator op, Step a, Step b);
  Step logical_not(Step a);
  /// `a` may be an error: it is computed even where nothing follows from it.
  void note_risk(Step a) { items_[a].is_risky = true; }

  /// From here on the truth of `a` is `outcome`.
  void require(Step a, bool outcome);
  /// `a` is this very value: the sign of a zero and the bits of a NaN count.
  void fix(Step a, const WeakScalar& value);
  /// Powers by `a` in a loop of `loop` have this form.
  void require_form(Step a, DType loop, PowerForm form);

  /// `a` as an element of `dtype` (as_element) is an input of the kernels; its position among elements(). Where it is
  /// an error, the program serves no call.
  uint32_t element(Step a, DType dtype, WeakRule rule);
  const std::vector<DType>& elements() const { return elements_; }

  /// Drops the steps that nothing needs and that cannot be an error. No step may be used, or made, after that.
  void simplify();

  bool is_empty() const { return items_.empty(); }
  /// Whether the inputs have values that meet all requirements; then `elements` has the bits of each element,
  /// zero-extended. False as well where Python raises: binding anew finds the error and its place. What stays within
  /// int64 and float64 allocates nothing, up to a few dozen steps.
  bool run(const std::function<uint64_t(uint32_t)>& bits_of, uint64_t* elements) const;
  /// What is required, in order: "1 0 =3 square" for two outcomes, a value and the form of a power.
  std::string requirements() const;

 private:
  enum class Kind : uint8_t { input, number, unary, binary, compare, logical_not, require, fix, form, element };
  struct Item {
    Kind kind;
    Operator op = Operator::add;
    bool outcome = false;                 ///< require
    bool is_risky = false;                ///< operations
    PowerForm form = PowerForm::general;  ///< form
    WeakRule rule = WeakRule::checked;    ///< element
    DType dtype = DType::bool_;           ///< input, form, element
    Step a = 0, b = 0;                    ///< earlier steps; input: a is the slot; element: b is its position
    WeakScalar value = {};                ///< number, fix
  };
  using Key = std::tuple<Kind, Operator, DType, WeakRule, Step, Step>;

  static int operand_count(Kind kind);
  static bool is_needed_for_itself(const Item& item);
  Step add(Item item);
  Step find_or_add(Item item);
  static WeakScalar evaluate(const Item& item, std::span<const WeakScalar> values);
  static bool holds(const Item& item, const WeakScalar& value);
  static uint64_t element_bits(const WeakScalar& value, const Item& item);

  std::vector<Item> items_;
  std::map<Key, Step> known_;
  std::map<std::pair<fuseval::Kind, std::string>, Step> known_numbers_;
  std::vector<DType> elements_;
};

}  // namespace fuseval::frontend
