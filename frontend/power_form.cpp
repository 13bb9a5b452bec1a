#include "frontend/power_form.hpp"

#include <array>

namespace fuseval::frontend {
namespace {

PowerForm float_form(double exponent) {
  constexpr std::array<std::pair<double, PowerForm>, 7> forms = {{{2, PowerForm::square},
                                                                  {0.5, PowerForm::root},
                                                                  {-1, PowerForm::reciprocal},
                                                                  {0, PowerForm::one},
                                                                  {1, PowerForm::identity},
                                                                  {3, PowerForm::cube},
                                                                  {4, PowerForm::fourth}}};
  for (const auto& [number, form] : forms)
    if (exponent == number) return form;
  return PowerForm::general;
}

}  // namespace

PowerForm power_form(const WeakScalar& exponent, DType loop) {
  if (is_float(loop)) return float_form(as_double(exponent));
  if (is_signed(loop) && exponent.integer.is_negative()) return PowerForm::negative;
  return exponent.integer == 2 ? PowerForm::square : PowerForm::general;
}

std::string_view name_of(PowerForm form) {
  constexpr std::array<std::string_view, 9> names = {"general", "one",  "identity",   "square",  "cube",
                                                     "fourth",  "root", "reciprocal", "negative"};
  return names[static_cast<size_t>(form)];
}

}  // namespace fuseval::frontend
