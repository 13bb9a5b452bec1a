// Diffusion in two dimensions over many processes: a hot square in a cold plate whose edge stays cold.
//
//   mpirun -n 4 diffusion_2d_distributed [SIDE [STEPS [OUT.npy]]]
//
// The plate's rows are spread over the ranks; no rank has all of it, neither at the beginning (each fills in its own
// rows, by their numbers in the whole) nor at the end (each writes its own part of the file). There are two plates, and
// a step computes the inside of one from the other; a prepared step each way is called again and again. Before a step
// neighbours send each other the row at their border, and each computes the rest of its rows while that is under way.
// The temperatures have the same bits for any number of ranks.
#include <cstdio>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
#include <string>

namespace {

constexpr const char* step_text =
    "a[1:-1, 1:-1] + k*(a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] - 4*a[1:-1, 1:-1])";
constexpr double k = 0.2;

struct Arguments {
  long side = 512;
  long steps = 1000;
  std::string file;
};

/// Warm inside the middle third of both axes.
constexpr const char* start_text =
    "100.0*((abs(arange(n) - n//2) < n//6)[:, newaxis] & (abs(arange(n) - n//2) < n//6)[newaxis, :])";

void run(const Arguments& arguments) {
  if (!arguments.file.empty()) fuseval::check_kind(arguments.file);  // no file of another kind is lost
  const fuseval::World world;
  fuseval::SessionOptions options;
  options.threads = world.threads();
  const fuseval::Session session(options);

  const fuseval::Distribution rows(world, {arguments.side, arguments.side});
  const auto a = session.empty(rows, fuseval::DType::float64), b = session.empty(rows, fuseval::DType::float64);
  session.evaluate(start_text, {{"n", arguments.side}}, fuseval::into(a));
  session.evaluate("a", {{"a", a}}, fuseval::into(b));  // the edge, which no step writes

  const auto step = session.compile(step_text, {{"a", a}, {"k", k}});
  const auto forth = step.into(b.slice({{1, -1}, {1, -1}}));
  const auto back = step.into(a.slice({{1, -1}, {1, -1}}));
  const auto report = [&](long done, const fuseval::DistributedArray& plate) {
    const auto [heat, hottest] = session.evaluate("sum(a), max(a)", {{"a", plate}}).unpack<2>();
    if (world.rank() == 0)
      std::printf("%ld steps: heat %.17g, hottest %.17g\n", done, heat.item<double>(), hottest.item<double>());
  };
  for (long done = 0; done < arguments.steps; ++done) {
    if (done % 100 == 0) report(done, done % 2 == 0 ? a : b);
    done % 2 == 0 ? forth(a, k) : back(b, k);
  }
  const fuseval::DistributedArray& last = arguments.steps % 2 == 0 ? a : b;
  report(arguments.steps, last);
  if (!arguments.file.empty()) fuseval::save(arguments.file, last);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (argc > 1) arguments.side = std::atol(argv[1]);
  if (argc > 2) arguments.steps = std::atol(argv[2]);
  if (argc > 3) arguments.file = argv[3];
  if (argc > 4 || arguments.side < 3 || arguments.steps < 0) {
    std::fprintf(stderr, "usage: %s [SIDE [STEPS [OUT.npy]]]\n", argv[0]);
    return 2;
  }
  try {
    run(arguments);
  } catch (const fuseval::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
