// Mean, variance and extremes of a .npy file that is larger than the memory that any one process may have.
//
//   mpirun -n 4 mean_var_of_a_file FILE.npy [MEBIBYTES]
//
// MEBIBYTES limits the memory of each rank (RLIMIT_AS, as `ulimit -v` does) to what it has at the start and so much
// more. A rank reads its own part of the first axis and no more, so it is enough that this is room for one part, and
// some 64 MiB for compiling: the ranks together see a file that none of them could map.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
#include <string>

namespace {

/// Address space that this process takes now, in bytes.
unsigned long address_space() {
  unsigned long pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file != nullptr) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * 4096;
}

bool limit_memory(unsigned long mebibytes) {
  const rlim_t bytes = address_space() + (mebibytes << 20);
  const rlimit limit{bytes, bytes};
  return setrlimit(RLIMIT_AS, &limit) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: %s FILE.npy [MEBIBYTES]\n", argv[0]);
    return 2;
  }
  try {
    const fuseval::World world;
    fuseval::SessionOptions options;
    options.threads = 1;  // a thread's stack counts as well
    const fuseval::Session session(options);
    if (argc > 2 && !limit_memory(std::strtoul(argv[2], nullptr, 10))) {
      std::perror(argv[0]);
      return 1;
    }
    const auto a = session.load(world, argv[1]);
    const auto [mean, var, low, high] = session.evaluate("mean(a), var(a), min(a), max(a)", {{"a", a}}).unpack<4>();
    if (world.rank() == 0)
      std::printf("mean %.17g, var %.17g, from %.17g to %.17g\n", mean.item<double>(), var.item<double>(),
                  low.item<double>(), high.item<double>());
  } catch (const fuseval::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
