// xtensor's containers and views, bound by their names alone: a trait says how they lie in memory.
#include <fuseval/fuseval.hpp>
#include <iostream>
#include <xtensor/xarray.hpp>
#include <xtensor/xio.hpp>
#include <xtensor/xview.hpp>

/// Everything of xtensor's that has its elements in memory: xarray, xtensor, adaptors, and strided views of them.
template <class T>
struct fuseval::ViewTraits<T, std::enable_if_t<xt::has_data_interface<T>::value && xt::has_strides<T>::value>> {
  template <class Tensor>
  static View view(Tensor& x) {
    const std::vector<std::int64_t> shape(x.shape().begin(), x.shape().end());
    std::vector<std::int64_t> strides(x.strides().begin(), x.strides().end());
    for (std::int64_t& stride : strides) stride *= static_cast<std::int64_t>(sizeof(typename T::value_type));
    return fuseval::view(x.data() + x.data_offset(), shape, strides);
  }
};

int main() {
  xt::xarray<double> a = {{1, 2, 3}, {4, 5, 6}};
  xt::xarray<double> scaled = xt::zeros<double>({2, 3});
  fuseval::evaluate("(a - mean(a, axis=1, keepdims=True))/std(a)", {{"a", a}}, fuseval::into(scaled));
  std::cout << scaled << '\n';

  auto outer = xt::strided_view(a, {xt::all(), xt::range(0, 3, 2)});  // columns 0 and 2, in place
  fuseval::evaluate("-x", {{"x", outer}}, fuseval::into(outer));
  std::cout << a << '\n';
}
