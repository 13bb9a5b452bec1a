// The elementary functions, each written once in an emitter's primitives: the same bits on every target and at any
// vector width. float32 and float64 only (by the value's dtype). docs/functions.md has their bounds and measured
// errors.
#pragma once

#include "codegen/math/arctan.hpp"
#include "codegen/math/exp.hpp"
#include "codegen/math/hypot.hpp"
#include "codegen/math/inverse_trigonometric.hpp"
#include "codegen/math/log.hpp"
#include "codegen/math/pow.hpp"
#include "codegen/math/tanh.hpp"
#include "codegen/math/trigonometric.hpp"
