// What a program's results will be, for inputs whose shapes are known and whose elements need not be there.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/plan/program.hpp"

namespace fuseval::engine {

struct ResultType {
  DType dtype = DType::float64;
  Shape shape;
  bool is_weak = false;  ///< a plain number
};

struct ResultTypes {
  std::vector<ResultType> items;
  bool is_tuple = false;
};

/// Of owned results. given: `count` views, of which weak scalars alone need data. Nothing is planned or compiled.
/// Throws Error as a run does, but for what depends on elements.
ResultTypes result_types(const Program& program, const fv_view* given, int32_t count);

}  // namespace fuseval::engine
