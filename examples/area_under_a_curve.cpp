// The area under a curve, by many processes: the midpoint rule over strips of equal width.
//
//   mpirun -n 4 area_under_a_curve [FORMULA FROM TO [STRIPS]]
//
// FORMULA is of x. Without arguments: 0.7*x**3 - 2*x**2 + 4 from 0 to 3, whose area is 8.175, by ten million strips.
// Nothing is handed out and no array is made: each rank generates the midpoints of its own strips, by their numbers in
// the whole, and adds up; the ranks then exchange their partial sums. The sum has the same bits for any number of
// ranks, as its order is that of the strips. Without mpirun this is one rank.
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
#include <string>

namespace {

/// Every x in the formula is the midpoint of a strip.
double area(const fuseval::World& world, const fuseval::Session& session, const std::string& formula, double from,
            double to, long strips) {
  const double width = (to - from) / static_cast<double>(strips);
  fuseval::RunOptions together;
  together.world = &world;
  const fuseval::Bindings x{{"n", strips}, {"start", from + width / 2}, {"width", width}};
  std::string text = "sum(zeros(n) + (";  // a formula need not have an x in it
  for (std::size_t k = 0; k < formula.size(); ++k) {
    const auto is_part_of_a_name = [&](std::size_t place) {
      return place < formula.size() &&
             (std::isalnum(static_cast<unsigned char>(formula[place])) || formula[place] == '_');
    };
    const bool is_x = formula[k] == 'x' && (k == 0 || !is_part_of_a_name(k - 1)) && !is_part_of_a_name(k + 1);
    text += is_x ? "(start + width*arange(n))" : std::string(1, formula[k]);
  }
  return session.evaluate(text + "))", x, together).item<double>() * width;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 1 && argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: %s [FORMULA FROM TO [STRIPS]]\n", argv[0]);
    return 2;
  }
  const std::string formula = argc > 1 ? argv[1] : "0.7*x**3 - 2*x**2 + 4";
  const double from = argc > 1 ? std::atof(argv[2]) : 0, to = argc > 1 ? std::atof(argv[3]) : 3;
  const long strips = argc > 4 ? std::atol(argv[4]) : 10'000'000;
  if (strips < 1) {
    std::fprintf(stderr, "%s: there must be at least one strip\n", argv[0]);
    return 2;
  }
  try {
    const fuseval::World world;
    fuseval::SessionOptions options;
    options.threads = world.threads();
    const double found = area(world, fuseval::Session(options), formula, from, to, strips);
    if (world.rank() == 0)
      std::printf("area under %s from %g to %g: %.17g, by %d ranks\n", formula.c_str(), from, to, found, world.size());
  } catch (const fuseval::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
