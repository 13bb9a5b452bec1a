// xtensor's containers and views, bound by their names alone.
#include <fuseval/fuseval.hpp>
#include <fuseval/xtensor.hpp>
#include <iostream>
#include <xtensor/xarray.hpp>
#include <xtensor/xio.hpp>
#include <xtensor/xview.hpp>

int main() {
  xt::xarray<double> a = {{1, 2, 3}, {4, 5, 6}};
  xt::xarray<double> scaled = xt::zeros<double>({2, 3});
  fuseval::evaluate("(a - mean(a, axis=1, keepdims=True))/std(a)", {{"a", a}}, fuseval::into(scaled));
  std::cout << scaled << '\n';

  auto outer = xt::strided_view(a, {xt::all(), xt::range(0, 3, 2)});  // columns 0 and 2, in place
  fuseval::evaluate("-x", {{"x", outer}}, fuseval::into(outer));
  std::cout << a << '\n';
}
