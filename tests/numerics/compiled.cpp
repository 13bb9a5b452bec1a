#include "tests/numerics/compiled.hpp"

#include "fuseval/fuseval.hpp"

namespace fuseval::numerics {

template <class T>
std::vector<std::vector<T>> evaluate_on(const char* device, const std::string& text, const NamedColumns<T>& inputs) {
  static const Session session{SessionOptions{}};
  Bindings bindings;
  for (const auto& [name, column] : inputs) bindings.add(name, *column);
  RunOptions options;
  options.device = device;
  const Result result = session.evaluate(text, bindings, options);
  std::vector<std::vector<T>> columns;
  for (std::size_t k = 0; k < result.count(); ++k) {
    const T* const data = result[k].template data<T>();
    columns.emplace_back(data, data + result[k].size());
  }
  return columns;
}

template std::vector<std::vector<float>> evaluate_on(const char*, const std::string&, const NamedColumns<float>&);
template std::vector<std::vector<double>> evaluate_on(const char*, const std::string&, const NamedColumns<double>&);

}  // namespace fuseval::numerics
