// The integral of cos(x) from 0 to pi/2, which is 1: how far Simpson's rule is from it, for finer and finer steps.
//
//   mpirun -n 4 cosine_integral [PANELS]
//
// Both sums are one program, and their parts go in one exchange of messages; the grid itself is never stored. Each rank
// generates its own part of it, by index in the whole. Without mpirun this is one rank.
#include <cstdio>
#include <cstdlib>
#include <fuseval/fuseval.hpp>

int main(int argc, char** argv) {
  const long finest = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  if (argc > 2 || finest < 1) {
    std::fprintf(stderr, "usage: %s [PANELS]\n", argv[0]);
    return 2;
  }
  try {
    const fuseval::World world;
    fuseval::SessionOptions options;
    options.threads = world.threads();
    const fuseval::Session session(options);
    fuseval::RunOptions together;
    together.world = &world;
    for (long panels = 10; panels <= finest; panels *= 10) {
      // Ends of the panels, and their middles: Simpson's rule is (ends + 4 middles + ends)/6.
      const auto [ends, middles] = session
                                       .evaluate(
                                           "sum(cos(linspace(0, pi/2, n + 1))[1:-1]), "
                                           "sum(cos((arange(n) + 0.5)*(pi/2/n)))",
                                           {{"n", panels}}, together)
                                       .unpack<2>();
      const double width = 1.5707963267948966 / static_cast<double>(panels);
      const double integral = width / 6 * (1 + 2 * ends.item<double>() + 4 * middles.item<double>());
      if (world.rank() == 0) std::printf("%ld panels: %.17g, off by %.1e\n", panels, integral, integral - 1);
    }
  } catch (const fuseval::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
