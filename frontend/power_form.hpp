// How a power by a Python number is computed. Which of these it is changes what the graph looks like.
#pragma once

#include "frontend/weak.hpp"

namespace fuseval::frontend {

enum class PowerForm : uint8_t { general, one, identity, square, cube, fourth, root, reciprocal, negative };

/// The form of x ** exponent in a loop of `loop`. negative: an integer to a negative power, which is an error.
/// Integers have no other forms than that, square and general: they wrap, so that all ways give the same bits.
/// Throws Error(value) for an int beyond float64's range.
PowerForm power_form(const WeakScalar& exponent, DType loop);

std::string_view name_of(PowerForm form);

}  // namespace fuseval::frontend
