// What being many costs: a program over the ranks of an MPI job beside what MPI alone takes for the same bytes, and
// beside the same computation with nothing to send. One line a case: its name, then seconds, medians of rounds in which
// the cases take turns, of the slowest rank. bench/ranks/run.py runs this and makes docs/scaling.md.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"

using fuseval::DistributedArray;
using fuseval::World;
using Doubles = std::vector<double>;

namespace {

struct Case {
  std::string name;
  int repeats;
  std::function<void()> call;
  std::vector<double> seconds = {};
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Bench {
 public:
  explicit Bench(const World& world) : world_(world) {}

  void add(const std::string& name, int repeats, std::function<void()> call) {
    cases_.push_back({name, repeats, std::move(call)});
  }
  void run(int rounds) {
    for (Case& each : cases_) each.call();
    for (int round = 0; round < rounds; ++round)
      for (Case& each : cases_) each.seconds.push_back(time(each));
    for (const Case& each : cases_)
      if (world_.rank() == 0) fmt::print("{} {:.9f}\n", each.name, median(each.seconds));
    cases_.clear();
  }

 private:
  static double time(const Case& each) {
    MPI_Barrier(MPI_COMM_WORLD);
    const double begin = MPI_Wtime();
    for (int k = 0; k < each.repeats; ++k) each.call();
    double own = (MPI_Wtime() - begin) / each.repeats, slowest = 0;
    MPI_Allreduce(&own, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return slowest;
  }

  const World& world_;
  std::vector<Case> cases_;
};

Doubles uneven_numbers(std::int64_t count) {
  Doubles numbers(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = std::sin(static_cast<double>(k)) + 0.1;
  return numbers;
}

// ---- MPI alone ----

void ping_pong(const World& world, std::vector<char>& bytes) {
  const int count = static_cast<int>(bytes.size()), other = 1 - world.rank();
  if (world.rank() > 1) return;
  for (const int sender : {0, 1})
    if (world.rank() == sender)
      MPI_Send(bytes.data(), count, MPI_CHAR, other, 1, MPI_COMM_WORLD);
    else
      MPI_Recv(bytes.data(), count, MPI_CHAR, other, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

void bench_messages(const World& world) {
  if (world.size() < 2) return;
  Bench bench(world);
  std::vector<std::vector<char>> buffers;
  for (const std::size_t size : {8, 1 << 10, 32 << 10, 1 << 20, 8 << 20}) buffers.emplace_back(size);
  for (auto& buffer : buffers)
    bench.add(fmt::format("message_there_and_back_{}", buffer.size()), buffer.size() > 100'000 ? 10 : 1000,
              [&] { ping_pong(world, buffer); });
  bench.run(11);
}

// ---- reductions ----

/// Each rank has one canonical block, or begins 1 000 elements before one.
void bench_reductions(const World& world, const fuseval::Session& session) {
  constexpr std::int64_t block = 4096;
  const Doubles whole = uneven_numbers(block * world.size());
  std::vector<std::int64_t> beside{0};
  for (int rank = 1; rank < world.size(); ++rank) beside.push_back(block * rank - 1000);
  beside.push_back(block * world.size());
  const DistributedArray on = session.scatter(world, whole), off = session.scatter(world, whole, 0, 0, beside);
  const Doubles own = uneven_numbers(block);
  const auto far = session.compile("sum(a)", {{"a", on}}), near = session.compile("sum(a)", {{"a", own}});
  double in = 1, out = 0;
  std::vector<double> many(64, 1), sums(64);
  Bench bench(world);
  bench.add("allreduce_8", 1000, [&] { MPI_Allreduce(&in, &out, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); });
  bench.add("allreduce_512", 1000,
            [&] { MPI_Allreduce(many.data(), sums.data(), 64, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD); });
  bench.add("sum_of_one_block", 1000, [&] { near(own); });
  bench.add("sum_on_blocks", 1000, [&] { far(on); });
  bench.add("sum_off_blocks", 1000, [&] { far(off); });
  bench.run(21);
}

// ---- a stencil ----

const std::string diffusion =
    "0.1*(a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]) + a[1:-1, 1:-1]";

void bench_diffusion(const World& world, const fuseval::Session& session, std::int64_t side) {
  const fuseval::Slice inner{1, -1};
  const fuseval::Distribution rows(world, {side, side});
  const DistributedArray a = session.empty(rows, fuseval::DType::float64),
                         b = session.empty(rows, fuseval::DType::float64);
  session.evaluate("zeros((n, n)) + arange(n)", {{"n", side}}, fuseval::into(a));
  session.evaluate("a", {{"a", a}}, fuseval::into(b));
  const auto step = session.compile(diffusion, {{"a", a}});
  const auto forth = step.into(b.slice({inner, inner}));

  // The same number of rows, with nobody beside them.
  const std::int64_t halos = (world.rank() > 0 ? 1 : 0) + (world.rank() + 1 < world.size() ? 1 : 0);
  const std::int64_t alone_rows = rows.local_shape()[0] + halos;
  const fuseval::Array c = session.empty({alone_rows, side}, fuseval::DType::float64, "cpu");
  const fuseval::Array d = session.empty({alone_rows, side}, fuseval::DType::float64, "cpu");
  auto* const first = static_cast<double*>(c.view().raw().data);
  auto* const second = static_cast<double*>(d.view().raw().data);
  std::fill_n(first, alone_rows * side, 1.0);
  std::fill_n(second, alone_rows * side, 1.0);
  const auto in = fuseval::view(first, {alone_rows, side});
  const auto out = fuseval::view(second + side + 1, {alone_rows - 2, side - 2}, {8 * side, 8});
  const auto alone = session.compile(diffusion, {{"a", in}});

  Bench bench(world);
  bench.add(fmt::format("diffusion_{}", side), 4, [&] { forth(a); });
  bench.add(fmt::format("diffusion_{}_alone", side), 4, [&] { alone.run({{"a", in}}, fuseval::into(out)); });
  bench.run(11);
}

// ---- much computation ----

void bench_compute(const World& world, const fuseval::Session& session) {
  const std::int64_t count = 4'000'000;
  const DistributedArray a = session.empty(fuseval::Distribution(world, {count}), fuseval::DType::float64);
  session.evaluate("linspace(0, 30, n)", {{"n", count}}, fuseval::into(a));
  const auto program = session.compile("sum(exp(-a)*sin(a)**2 + tanh(a)*cos(a))", {{"a", a}});
  Bench bench(world);
  bench.add("compute_bound", 2, [&] { program(a); });
  bench.run(11);
}

}  // namespace

int main(int count, char** arguments) {
  const World world;
  fuseval::SessionOptions options;
  options.threads = count > 1 ? std::atoi(arguments[1]) : 1;
  const fuseval::Session session(options);
  bench_messages(world);
  bench_reductions(world, session);
  bench_diffusion(world, session, 4096);
  bench_diffusion(world, session, 512);
  bench_compute(world, session);
}
