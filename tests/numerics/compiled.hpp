// A program's results on a device, by the public interface (whose names are not the internal headers').
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fuseval::numerics {

template <class T>
using NamedColumns = std::vector<std::pair<std::string, const std::vector<T>*>>;

/// One vector a result. T: float, double.
template <class T>
std::vector<std::vector<T>> evaluate_on(const char* device, const std::string& text, const NamedColumns<T>& inputs);

}  // namespace fuseval::numerics
