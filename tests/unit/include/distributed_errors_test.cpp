// What goes wrong on one rank of a distributed call: every rank hears of it, and none waits for ever. Ranks that are
// threads all fail when all of them wait, so a hang is a failure here, not a time limit.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/include/distributed_trial.hpp"

using namespace distributed_trial;
using fuseval::Distribution;
using Doubles = std::vector<double>;

namespace {

fuseval::Session session_of(const World& world, std::int64_t memory_of_rank_1) {
  fuseval::SessionOptions options;
  options.threads = 1;
  if (world.rank() == 1) options.memory_limit = memory_of_rank_1;
  return fuseval::Session(options);
}

}  // namespace

TEST_CASE("rank errors: values that the program does not take, on all ranks alike") {
  std::vector<std::int64_t> base(100, 2), exponent(100, 3);
  exponent[70] = -1;
  const std::string message = error_of([&] { fuseval::evaluate("a**b", {{"a", base}, {"b", exponent}}); }).message();
  for (const int ranks : {1, 2, 4, 7})
    fuseval::run_ranks(ranks, [&](const World& world) {
      const DistributedArray a = fuseval::scatter(world, base), b = fuseval::scatter(world, exponent);
      const auto error = error_of([&] { fuseval::evaluate("a**b", {{"a", a}, {"b", b}}); });
      require_code(error, FV_ERROR_VALUE, "a**b");
      require(error.message() == message, error.message());
      require(fuseval::evaluate("sum(a)", {{"a", a}}).item<std::int64_t>() == 200, "the world goes on");
    });
}

TEST_CASE("rank errors: no memory on one rank, and messages in the call") {
  const Doubles numbers = counted(4000);
  for (const char* text : {"a[1:] - a[:-1]", "a*2, sum(a)", "a - mean(a)"})
    for (const int ranks : {2, 3})
      fuseval::run_ranks(ranks, [&](const World& world) {
        const fuseval::Session session = session_of(world, 1000);
        const DistributedArray a = fuseval::scatter(world, numbers);
        const auto error = error_of([&] { session.evaluate(text, {{"a", a}}); });
        // Of a stencil those hear that get something from it, others in the next call; of partial results all do.
        const bool all = std::string(text).find("(a)") != std::string::npos;
        if (world.rank() == 1 || all) require_code(error, FV_ERROR_LIMIT, text);
        require(error.code() == FV_OK || error.code() == FV_ERROR_LIMIT, error.message());
        require(world.agree() == std::nullopt, "nobody is left waiting");
        require(fuseval::evaluate("sum(a)", {{"a", a}}).item<double>() == 3999 * 2000.0, "and all is well");
      });
}

namespace {

/// On rank 1 memory or threads end after some calls of a hook.
fuseval::Session session_that_fails(const World& world, fv_status how, std::atomic<int>& left) {
  fuseval::SessionOptions options;
  options.threads = 2;
  if (world.rank() == 1 && how == FV_ERROR_HOOK)
    options.hooks.parallel_for = [&left](std::int64_t count, const std::function<void(std::int64_t)>& task) {
      if (--left < 0) throw std::runtime_error("no more threads");
      for (std::int64_t k = 0; k < count; ++k) task(k);
    };
  if (world.rank() == 1 && how == FV_ERROR_MEMORY) {
    options.hooks.allocate = [&left](std::size_t bytes, std::size_t alignment) -> void* {
      if (--left < 0) return nullptr;
      return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    };
    options.hooks.deallocate = [](void* memory, std::size_t) { std::free(memory); };
  }
  return fuseval::Session(options);
}

}  // namespace

TEST_CASE("rank errors: a hook that throws, or memory that ends, in the middle of a program of one rank") {
  const std::int64_t rows = 120, columns = 2000;  // enough for two threads
  const Doubles numbers = counted(rows * columns);
  const auto whole = fuseval::view(numbers.data(), {rows, columns});
  for (const fv_status how : {FV_ERROR_HOOK, FV_ERROR_MEMORY})
    for (const char* text : {"sum(exp(a/1e9)), var(a)", "a - mean(a)", "a[2:] + a[:-2]", "sum(a[1:]*a[:-1])"})
      for (const int ranks : {2, 3, 5})
        fuseval::run_ranks(ranks, [&](const World& world) {
          std::atomic<int> left = 7;
          const fuseval::Session session = session_that_fails(world, how, left);
          const DistributedArray a = fuseval::scatter(world, whole);
          std::optional<fuseval::RankError> first;
          bool was_heard = false;
          for (int call = 0; call < 50 && !first; ++call) {
            const auto mine = error_of([&] { session.evaluate(text, {{"a", a}}); });
            was_heard = mine.code() != FV_OK;
            if (was_heard) require_code(mine, how, text);
            first = world.agree(was_heard ? &mine : nullptr);
          }
          require(first.has_value(), "it never failed");
          require_code(first->error, how, "as all agree");
          require(was_heard || std::string(text).find("var") == std::string::npos, "partial results tell all");
          // What all have agreed on is not said again by the next call.
          require(fuseval::evaluate("max(a)", {{"a", a}}).item<double>() == rows * columns - 1, "and then all is well");
        });
}

TEST_CASE("rank errors: arguments that are wrong on one rank, at the first call and later") {
  const Doubles numbers = counted(3000);
  fuseval::run_ranks(3, [&](const World& world) {
    const fuseval::Session session = session_of(world, 0);
    const DistributedArray a = fuseval::scatter(world, numbers);
    const Doubles few(10);
    const DistributedArray wrong(fuseval::view(few.data(), {10}), a.distribution());
    for (int call = 0; call < 2; ++call) {
      const auto error = error_of([&] { session.evaluate("max(a)", {{"a", world.rank() == 2 ? wrong : a}}); });
      require_code(error, world.rank() == 2 || call == 0 ? FV_ERROR_SHAPE : error.code(), "a part of another shape");
      require(error.code() != FV_OK, "an error everywhere");
      require(session.evaluate("max(a)", {{"a", a}}).item<double>() == 2999, "and then none");
    }
    fuseval::CancelToken token;
    if (world.rank() == 1) token.set();
    fuseval::RunOptions options;
    options.cancel = &token;
    require_code(error_of([&] {
                   session.evaluate("max(a)", {{"a", a}}, options);
                 }),
                 FV_ERROR_CANCELLED, "cancelled on rank 1");
    require(session.evaluate("max(a)", {{"a", a}}).item<double>() == 2999, "once");
  });
}

TEST_CASE("rank errors: ranks that call different things") {
  const Doubles numbers = counted(3000);
  fuseval::run_ranks(3, [&](const World& world) {
    const DistributedArray a = fuseval::scatter(world, numbers);
    const auto error = error_of([&] { fuseval::evaluate(world.rank() == 1 ? "min(a)" : "max(a)", {{"a", a}}); });
    require_code(error, FV_ERROR_ARGUMENT, "another text");
    require(error.message().find("rank 1") != std::string::npos, error.message());
  });
}

TEST_CASE("rank errors: a distributed result does not go into an array that every rank has") {
  const Doubles numbers = counted(30);
  fuseval::run_ranks(2, [&](const World& world) {
    const DistributedArray a = fuseval::scatter(world, numbers);
    Doubles out(30);
    const auto error = error_of([&] { fuseval::evaluate("a + 1", {{"a", a}}, fuseval::into(out)); });
    require_code(error, FV_ERROR_ARGUMENT, "a replicated output");
    require(out == Doubles(30), "untouched");
  });
}

TEST_CASE("ranks: arrays that are gathered nowhere unless somebody says so") {
  const Doubles numbers(300'000);
  fuseval::run_ranks(4, [&](const World& world) {
    const DistributedArray a = fuseval::scatter(world, numbers);
    const auto error = error_of([&] { fuseval::evaluate("sum(a[:, None]*0 + a[None, :], axis=1)[:1]", {{"a", a}}); });
    require(error.code() == FV_ERROR_UNSUPPORTED, error.message());
    require(error.message().find("gather it") != std::string::npos, error.message());
  });
}

TEST_CASE("ranks: a sum for a distributed output, while another result's boxes are on their way") {
  const std::int64_t rows = 90, columns = 12;
  const Doubles numbers = counted(rows * columns);
  const auto whole = fuseval::view(numbers.data(), {rows, columns});
  const std::string text = "sum(a*0.1, axis=0), sin(exp(a/999)).T.reshape(-1)[5:]";
  const Doubles expected = fuseval::evaluate(text, {{"a", whole}})[0].to_vector<double>();
  fuseval::run_ranks(3, [&](const World& world) {
    const DistributedArray a = fuseval::scatter(world, whole);
    const DistributedArray sums = fuseval::empty(Distribution(world, {columns}), fuseval::DType::float64);
    const DistributedArray rest = fuseval::empty(Distribution(world, {rows * columns - 5}), fuseval::DType::float64);
    fuseval::evaluate(text, {{"a", a}}, fuseval::into(sums, rest));
    require(fuseval::gather(sums).to_vector<double>() == expected, "the sums");
  });
}

TEST_CASE("ranks: results to a root, by an output that only it has memory for") {
  const std::int64_t rows = 90, columns = 12;
  const Doubles numbers = counted(rows * columns);
  const auto whole = fuseval::view(numbers.data(), {rows, columns});
  for (const char* text : {"sum(a*0.1, axis=0)", "a[4]*2 + mean(a)"}) {
    const Doubles expected = fuseval::evaluate(text, {{"a", whole}})[0].to_vector<double>();
    for (const int root : {0, 2})
      fuseval::run_ranks(3, [&](const World& world) {
        const DistributedArray a = fuseval::scatter(world, whole);
        std::vector<std::int64_t> offsets(4, 0);
        for (std::size_t k = static_cast<std::size_t>(root) + 1; k < 4; ++k) offsets[k] = columns;
        const DistributedArray out =
            fuseval::empty(Distribution(world, {columns}, 0, offsets), fuseval::DType::float64);
        fuseval::evaluate(text, {{"a", a}}, fuseval::into(out));
        const Doubles mine(out.data<double>(), out.data<double>() + out.local_shape()[0]);
        require(mine == (world.rank() == root ? expected : Doubles()), text);
      });
  }
}

TEST_CASE("ranks: outputs over inputs, parts that lie otherwise, steps over time") {
  const std::int64_t rows = 41, columns = 13;
  const Doubles start = counted(rows * columns);
  Doubles whole = start, next = start;
  const std::string text =
      "0.1*(a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]) + a[1:-1, 1:-1]";
  for (int step = 0; step < 6; ++step) {
    const auto inner = fuseval::view(next.data() + columns + 1, {rows - 2, columns - 2}, {8 * columns, 8});
    fuseval::evaluate(text, {{"a", fuseval::view(whole.data(), {rows, columns})}}, fuseval::into(inner));
    std::swap(whole, next);
  }
  for (const int ranks : {1, 2, 3, 5})
    fuseval::run_ranks(ranks, [&](const World& world) {
      DistributedArray a = fuseval::scatter(world, fuseval::view(start.data(), {rows, columns}));
      DistributedArray b = fuseval::scatter(world, fuseval::view(start.data(), {rows, columns}));
      const auto program = fuseval::compile(text, {{"a", a}});
      for (int step = 0; step < 6; ++step) {
        program.into(b.slice({{1, -1}, {1, -1}}))(a);
        std::swap(a, b);
      }
      require(fuseval::gather(a).to_vector<double>() == whole, "six steps");
      const DistributedArray same = fuseval::scatter(world, fuseval::view(start.data(), {rows, columns}));
      for (int step = 0; step < 6; ++step) program.into(same.slice({{1, -1}, {1, -1}}))(same);  // over its own input
      require(fuseval::gather(same).to_vector<double>() == whole, "six steps in place");

      // F order, and every other element of a larger array.
      const auto shape = a.local_shape();
      Doubles turned(static_cast<std::size_t>(shape[0] * shape[1])), sparse(2 * turned.size());
      const auto f_order = fuseval::view(turned.data(), shape, {8, 8 * shape[0]});
      const auto apart = fuseval::view(sparse.data(), shape, {16 * shape[1], 16});
      fuseval::Session::shared().copy(a.local(), f_order);
      fuseval::Session::shared().copy(a.local(), apart);
      for (const auto& view : {f_order, apart}) {
        const DistributedArray other(view, a.distribution());
        for (const char* each :
             {"sum(a)", "sum(a, axis=0)", "argmax(a)", "sum(a, axis=1)[2:] - 1", "a.reshape(-1)[7:] + 1", "var(a)"}) {
          const auto found = fuseval::evaluate(each, {{"a", other}}), expected = fuseval::evaluate(each, {{"a", a}});
          const auto on_all = [](const fuseval::Result& result) {
            return result.distribution(0).is_replicated()
                       ? fuseval::to_host(result.view()).to_vector<double>()
                       : fuseval::gather(DistributedArray(result)).to_vector<double>();
          };
          if (std::string(each) != "argmax(a)") require(on_all(found) == on_all(expected), each);
        }
      }
    });
}

TEST_CASE("rank errors: the limit on work is that of the whole program, and the same on all ranks") {
  const Doubles numbers = counted(3000);
  for (const int ranks : {1, 2, 4})
    fuseval::run_ranks(ranks, [&](const World& world) {
      fuseval::SessionOptions limited;
      limited.threads = 1;
      limited.work_limit = 5999;
      const fuseval::Session session(limited);
      const DistributedArray a = fuseval::scatter(world, numbers);
      const auto error = error_of([&] { session.evaluate("sum(a*2)", {{"a", a}}); });
      require_code(error, FV_ERROR_LIMIT, "sum(a*2)");
      require(error.message().find("the call would evaluate 6000 elements") != std::string::npos, error.message());
      require(session.evaluate("sum(a)", {{"a", a}}).item<double>() == 2999 * 1500.0, "what is within goes on");
      fuseval::RunOptions options;
      options.work_limit = 2999;  // of a program that is there
      require_code(error_of([&] { session.evaluate("sum(a)", {{"a", a}}, options); }), FV_ERROR_LIMIT, "sum(a)");
      world.agree();
      require(session.evaluate("sum(a)", {{"a", a}}).item<double>() == 2999 * 1500.0, "and goes on");
    });
}

TEST_CASE("rank errors: one rank's time limit ends the waiting of all") {
  const std::int64_t rows = 30'000;
  const Doubles numbers = counted(rows);
  fuseval::run_ranks(3, [&](const World& world) {
    fuseval::SessionOptions limited;
    limited.threads = 1;
    if (world.rank() == 1) limited.time_limit = 20;
    const fuseval::Session session(limited);
    const DistributedArray a = fuseval::scatter(world, numbers);
    const Doubles b(10'000, 1e-3);
    const auto error = error_of([&] { session.evaluate("sum(sin(a[:, newaxis]*b))", {{"a", a}, {"b", b}}); });
    require_code(error, FV_ERROR_LIMIT, "sum(sin(a*b))");
    const char* const said = world.rank() == 1 ? "its limit of 20 ms" : "limit";  // the others may hear no more
    require(error.message().find(said) != std::string::npos, error.message());
    world.agree();
    require(fuseval::evaluate("sum(a)", {{"a", a}}).item<double>() > 0, "and all is well");
  });
}
