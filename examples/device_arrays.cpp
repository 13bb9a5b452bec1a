// Heat in a plate, on a GPU where there is one and else on the CUDA simulator.
//
//   device_arrays [SIDE [STEPS]]
//
// A square plate is cold but for one edge. Two arrays live on the device for the whole run and take turns: a step reads
// one and writes the inner points of the other, in one kernel, and returns as soon as the device has been asked for it.
// Only the numbers that are printed come to the host.
#include <cstdio>
#include <cstdlib>
#include <fuseval/fuseval.hpp>
#include <utility>
#include <vector>

namespace {

/// The simulator runs the same kernels, slowly, and needs a C++ compiler.
const char* device_here(const fuseval::Session& session) {
  try {
    session.synchronize("cuda");
    return "cuda";
  } catch (const fuseval::Error& error) {
    if (error.code() != FV_ERROR_UNSUPPORTED) throw;
    return "cudasim";
  }
}

/// Without the edges: a view of the same memory, so of the device's.
fuseval::View inner_points(const fuseval::Array& plate) {
  fv_view raw = plate.view().raw();
  const std::vector<std::int64_t> whole = plate.shape(), strides = plate.byte_strides();
  const std::int64_t shape[] = {whole[0] - 2, whole[1] - 2};
  raw.data = static_cast<char*>(raw.data) + strides[0] + strides[1];
  raw.shape = shape;
  raw.byte_strides = strides.data();
  return fuseval::View(raw);
}

class Plate {
 public:
  Plate(fuseval::Session& session, const char* device, std::int64_t side)
      : now_(session.to_device(cold_but_for_one_edge(side), device)),
        next_(session.to_device(now_, device)),
        step_(session.compile("(a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])/4", {{"a", now_}})),
        report_(session.compile("max(a[1:]), mean(a), a[1, a.shape[1]//2]", {{"a", now_}})) {}

  void step() {
    step_.into(inner_points(next_))(now_);
    std::swap(now_, next_);
  }
  void print(int steps) const {
    fuseval::RunOptions to_host;
    to_host.results_on = FV_RESULTS_ON_HOST;
    const fuseval::Result result = report_.run({{"a", now_}}, to_host);
    std::printf("%d steps: hottest %.17g, mean %.17g, beside the edge %.17g\n", steps, result[0].item<double>(),
                result[1].item<double>(), result[2].item<double>());
  }

 private:
  static fuseval::Result cold_but_for_one_edge(std::int64_t side) {
    return fuseval::evaluate("where(arange(n)[:, newaxis] == 0, 100.0, zeros((n, n)))", {{"n", side}});
  }

  fuseval::Array now_, next_;
  fuseval::Program step_, report_;
};

}  // namespace

int main(int count, char** words) try {
  const std::int64_t side = count > 1 ? std::atoll(words[1]) : 64;
  const int steps = count > 2 ? std::atoi(words[2]) : 40;
  if (side < 3 || steps < 1) {
    std::fputs("usage: device_arrays [SIDE [STEPS]]   (a side of 3 points at least)\n", stderr);
    return 2;
  }
  fuseval::Session session = fuseval::Session::shared();
  const char* const device = device_here(session);
  std::printf("on %s\n", device);
  Plate plate(session, device, side);
  for (int k = 1; k <= steps; ++k) {
    plate.step();
    if (k == steps || k % 100 == 0) plate.print(k);
  }
  return 0;
} catch (const fuseval::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
