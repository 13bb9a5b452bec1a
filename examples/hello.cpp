#include <fuseval/fuseval.hpp>
#include <iostream>
#include <vector>

int main(int count, char** words) try {
  const std::vector<double> x = {0, 0.25, 0.5, 0.75, 1}, y = {5, 4, 3, 2, 1};
  const auto result = fuseval::evaluate(count > 1 ? words[1] : "x**2 + y", {{"x", x}, {"y", y}});
  for (const double value : result.to_vector<double>()) std::cout << value << '\n';
} catch (const fuseval::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
