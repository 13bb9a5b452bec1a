// A rank that fails where its messages do not tell all the others: they give up as well, wherever they are, with the
// same error, and go on together after they have agreed. Ranks that wait for ever all fail, so a hang is a failure.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <optional>
#include <random>
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

/// Whose memory ends after some allocations, on one rank.
fuseval::Session session_that_ends(bool here, std::atomic<int>& left) {
  fuseval::SessionOptions options;
  options.threads = 1;
  if (here) {
    options.hooks.allocate = [&left](std::size_t bytes, std::size_t alignment) -> void* {
      if (--left < 0) return nullptr;
      return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    };
    options.hooks.deallocate = [](void* memory, std::size_t) { std::free(memory); };
  }
  return fuseval::Session(options);
}

/// All ranks give up with one error of this code by the failing rank; until they agree, nothing goes.
void require_interrupted(const World& world, const fuseval::Error& error, fv_status code, int failing) {
  const std::string begin = "rank " + std::to_string(failing) + ": ";
  require(error.code() == code && error.message().starts_with(begin), std::to_string(error.code()) + error.message());
  const Doubles numbers = counted(10);
  for (const auto& call :
       std::vector<std::function<void()>>{[&] { world.barrier(); }, [&] { fuseval::scatter(world, numbers); }}) {
    const auto again = error_of(call);
    require(again.code() == code, again.message());
    require(again.message() == error.message() + "; no rank goes on before all have agreed (World::agree)",
            again.message());
  }
}

void require_agreed(const World& world, const fuseval::Error* error, fv_status code) {
  const auto agreed = world.agree(error);
  require(agreed.has_value() == (code != FV_OK), "what all agree on");
  if (agreed) require(agreed->error.code() == code, agreed->error.message());
  require(fuseval::evaluate("sum(a)", {{"a", fuseval::scatter(world, counted(3000))}}).item<double>() == 2999 * 1500,
          "the world goes on");
}

/// Four rows a rank and a stencil over them, which runs from a to b and back.
struct Steps {
  explicit Steps(const World& world)
      : whole(counted(4 * world.size() * columns)),
        a(fuseval::scatter(world, fuseval::view(whole.data(), {4 * world.size(), columns}))),
        b(fuseval::scatter(world, fuseval::view(whole.data(), {4 * world.size(), columns}))) {}

  /// sin: what is stored for the edges takes memory.
  static constexpr const char* text = "sin(a[2:]) + sin(a[:-2])";
  static constexpr std::int64_t columns = 30;

  void step(const fuseval::Session& session, int k) {
    const auto& from = k % 2 == 0 ? a : b;
    const auto& to = k % 2 == 0 ? b : a;
    session.evaluate(text, {{"a", from}}, fuseval::into(to.slice({{1, -1}})));
  }

  Doubles whole;
  DistributedArray a, b;
};

}  // namespace

TEST_CASE("interruptions: a step that fails on one rank, far from others, and caught outside of the loop") {
  for (const int ranks : {2, 3, 5, 7})
    for (int failing = 0; failing < ranks; failing += 2)
      fuseval::run_ranks(ranks, [&](const World& world) {
        std::atomic<int> left = 9;
        const fuseval::Session session = session_that_ends(world.rank() == failing, left);
        Steps steps(world);
        int made = 0;
        const auto error = error_of([&] {
          for (; made < 100; ++made) steps.step(session, made);
        });
        require_interrupted(world, error, FV_ERROR_MEMORY, failing);
        require_agreed(world, &error, FV_ERROR_MEMORY);
        // The same steps again, from the beginning: nothing of the first time is on its way.
        Steps again(world);
        const fuseval::Session& well = fuseval::Session::shared();
        for (int k = 0; k < 6; ++k) again.step(well, k);
        Steps alone(world);
        Doubles one = alone.whole, other = alone.whole;
        const std::int64_t rows = 4 * world.size();
        for (int k = 0; k < 6; ++k) {
          const auto inner = fuseval::view(other.data() + Steps::columns, {rows - 2, Steps::columns});
          fuseval::evaluate(Steps::text, {{"a", fuseval::view(one.data(), {rows, Steps::columns})}},
                            fuseval::into(inner));
          std::swap(one, other);
        }
        require(fuseval::gather(again.a).to_vector<double>() == one, "six steps");
      });
}

namespace {

using Call = std::function<void(const World&, const DistributedArray&)>;

/// In which ranks wait for each other. The second time they have been made before.
const Call calls[] = {[](const World&, const DistributedArray& a) {
                        fuseval::evaluate("sum(a)", {{"a", a}});
                      },
                      [](const World&, const DistributedArray& a) {
                        fuseval::evaluate("a[1:] - a[:-1]", {{"a", a}});
                      },
                      [](const World&, const DistributedArray& a) { fuseval::gather(a); },
                      [](const World&, const DistributedArray& a) {
                        fuseval::redistribute(a, 0, {0, 0, 3000, 3000});
                      },
                      [](const World& world, const DistributedArray&) { fuseval::scatter(world, counted(30)); },
                      [](const World& world, const DistributedArray&) {
                        Doubles mine = counted(3);
                        fuseval::distribute(world, mine);
                      },
                      [](const World& world, const DistributedArray&) { world.barrier(); }};

}  // namespace

TEST_CASE("interruptions: a call without messages fails on one rank, and the others are in the next") {
  for (const Call& next : calls)
    for (const bool again : {false, true})
      fuseval::run_ranks(3, [&](const World& world) {
        std::atomic<int> left = 0;
        const fuseval::Session session = session_that_ends(world.rank() == 1, left);
        const DistributedArray a = fuseval::scatter(world, counted(3000));
        if (again) next(world, a);
        auto error = error_of([&] { session.evaluate("a*2", {{"a", a}}); });
        require(error.code() == (world.rank() == 1 ? FV_ERROR_MEMORY : FV_OK), error.message());
        if (world.rank() != 1) error = error_of([&] { next(world, a); });
        require_interrupted(world, error, FV_ERROR_MEMORY, 1);
        require_agreed(world, &error, FV_ERROR_MEMORY);
        next(world, a);
      });
}

TEST_CASE("interruptions: a rank that gives up by itself, and goes its own way") {
  for (const Call& next : calls)
    fuseval::run_ranks(3, [&](const World& world) {
      const DistributedArray a = fuseval::scatter(world, counted(3000));
      fuseval::Error error(FV_ERROR_FILE, "no such machine");
      require(error_of([&] { world.interrupt(fuseval::Error(FV_OK, "")); }).code() == FV_ERROR_ARGUMENT, "no error");
      if (world.rank() == 2)
        world.interrupt(error);
      else
        error = error_of([&] { next(world, a); });
      if (world.rank() != 2) require_interrupted(world, error, FV_ERROR_FILE, 2);
      // Errors that have been told need not be told again.
      require_agreed(world, nullptr, FV_OK);
      next(world, a);
    });
}

TEST_CASE("interruptions: every rank makes the calls before the one that fails, agreements too") {
  for (int round = 0; round < 20; ++round)
    fuseval::run_ranks(4, [&](const World& world) {
      const DistributedArray a = fuseval::scatter(world, counted(3000));
      require(world.agree() == std::nullopt, "the first agreement");
      fuseval::Error error(FV_ERROR_FILE, "no such machine");
      if (world.rank() == 3)
        world.interrupt(error);
      else
        error = error_of([&] { fuseval::evaluate("sum(a)", {{"a", a}}); });
      require(error.code() == FV_ERROR_FILE, error.message());
      require_agreed(world, &error, FV_ERROR_FILE);
    });
}

namespace {

/// Calls that a rank refuses before it has sent anything.
struct Refused {
  fv_status code;
  Call call;
};

const Refused refused[] = {{FV_ERROR_SYNTAX,
                            [](const World&, const DistributedArray& a) {
                              fuseval::evaluate("sum(a", {{"a", a}});
                            }},
                           {FV_ERROR_LIMIT,
                            [](const World&, const DistributedArray& a) {
                              fuseval::evaluate(std::string(600, '('), {{"a", a}});
                            }},
                           {FV_ERROR_UNSUPPORTED,
                            [](const World&, const DistributedArray& a) {
                              fuseval::RunOptions options;
                              options.device = "abacus";
                              fuseval::evaluate("sum(a)", {{"a", a}}, options);
                            }},
                           {FV_ERROR_ARGUMENT,
                            [](const World&, const DistributedArray& a) {
                              fuseval::RunOptions options;
                              options.threads = -1;
                              fuseval::evaluate("sum(a)", {{"a", a}}, options);
                            }},
                           {FV_ERROR_ARGUMENT,
                            [](const World& world, const DistributedArray&) {
                              Doubles mine = counted(3);
                              fuseval::distribute(world, mine, -1);
                            }},
                           {FV_ERROR_ARGUMENT, [](const World& world, const DistributedArray&) {
                              fuseval::scatter(world, counted(3), 0, -2);
                            }}};

}  // namespace

TEST_CASE("interruptions: a call that one rank refuses, at the first time and later") {
  for (const Refused& one : refused)
    for (const Call& next : calls)
      fuseval::run_ranks(3, [&](const World& world) {
        const DistributedArray a = fuseval::scatter(world, counted(3000));
        for (int time = 0; time < 2; ++time) {
          const bool here = world.rank() == 1;
          const auto error = error_of([&] { (here ? one.call : next)(world, a); });
          require_code(error, one.code);
          if (!here) require_interrupted(world, error, one.code, 1);
          require_agreed(world, &error, one.code);
          next(world, a);
        }
      });
}

TEST_CASE("interruptions: a rank that refuses a call, and then gives up") {
  for (const Call& next : calls)
    fuseval::run_ranks(3, [&](const World& world) {
      const DistributedArray a = fuseval::scatter(world, counted(3000));
      const bool here = world.rank() == 0;
      const auto error = error_of([&] { (here ? refused[0].call : next)(world, a); });
      require_code(error, FV_ERROR_SYNTAX);
      if (here)
        world.interrupt(error);
      else
        require_interrupted(world, error, FV_ERROR_SYNTAX, 0);
      require_agreed(world, &error, FV_ERROR_SYNTAX);
    });
}

TEST_CASE("interruptions: calls that all ranks refuse interrupt nobody") {
  for (const int ranks : {1, 2, 3, 6})
    for (const Call& next : calls) {
      if (ranks != 3 && &next == &calls[3]) continue;
      fuseval::run_ranks(ranks, [&](const World& world) {
        const DistributedArray a = fuseval::scatter(world, counted(3000));
        for (const Refused& one : refused) require_code(error_of([&] { one.call(world, a); }), one.code);
        next(world, a);
        require(error_of([&] { refused[0].call(world, a); }).code() == FV_ERROR_SYNTAX, "and again");
        require(world.agree() == std::nullopt, "all is well");
      });
    }
}

TEST_CASE("interruptions: a rank that refuses more than the others did") {
  fuseval::run_ranks(4, [&](const World& world) {
    const DistributedArray a = fuseval::scatter(world, counted(3000));
    const auto without_messages = [&] { fuseval::evaluate("a*2", {{"a", a}}); };
    without_messages();
    const auto first = error_of([&] {
      if (world.rank() == 2) return refused[0].call(world, a);
      without_messages();
    });
    require_code(first, world.rank() == 2 ? FV_ERROR_SYNTAX : FV_OK);
    require_code(error_of([&] { refused[1].call(world, a); }), FV_ERROR_LIMIT);
    const auto error = error_of([&] { fuseval::evaluate("sum(a)", {{"a", a}}); });
    require_interrupted(world, error, FV_ERROR_SYNTAX, 2);
    require_agreed(world, &error, FV_ERROR_SYNTAX);
  });
}

namespace {

/// What all ranks do in a round, drawn alike on all of them: calls, and what goes wrong on whom before which of them.
struct Round {
  enum class Failure { memory, refused, own };
  struct Trouble {
    int rank;
    std::size_t call;
    Failure how;
  };

  Round(std::mt19937& random, int ranks) {
    const auto below = [&](std::size_t n) { return random() % n; };
    for (std::size_t k = 0; k < 12; ++k) chosen.push_back(below(std::size(calls) + 3));
    for (std::size_t k = below(3); k > 0; --k)
      troubles.push_back({static_cast<int>(below(static_cast<std::size_t>(ranks))), below(chosen.size()),
                          static_cast<Failure>(below(3))});
  }

  std::vector<std::size_t> chosen;
  std::vector<Trouble> troubles;
};

/// One rank's round; an agreement may end it with the error of all.
class RoundOfRank {
 public:
  RoundOfRank(const Round& round, const World& world, const DistributedArray& a, Steps& steps)
      : round_(round), world_(world), a_(a), steps_(steps), session_(session_that_ends(true, left_)) {}

  /// The error that all have agreed on.
  std::optional<fuseval::RankError> run() {
    std::optional<fuseval::Error> mine;
    try {
      for (std::size_t k = 0; k < round_.chosen.size() && !agreed_; ++k) call(k);
    } catch (const fuseval::Error& error) {
      mine = error;
    }
    return agreed_ ? agreed_ : world_.agree(mine ? &*mine : nullptr);
  }

 private:
  void call(std::size_t k) {
    left_ = 1'000'000;
    for (const Round::Trouble& trouble : round_.troubles) {
      if (trouble.rank != world_.rank() || trouble.call != k) continue;
      if (trouble.how == Round::Failure::refused) refused[0].call(world_, a_);
      if (trouble.how == Round::Failure::own) {
        world_.interrupt(fuseval::Error(FV_ERROR_FILE, "no such machine"));
        throw fuseval::Error(FV_ERROR_FILE, "no such machine");
      }
      left_ = 0;
    }
    const std::size_t chosen = round_.chosen[k], others = std::size(calls);
    if (chosen < others) calls[chosen](world_, a_);
    if (chosen == others) session_.evaluate("a*2", {{"a", a_}});
    if (chosen == others + 1) steps_.step(session_, static_cast<int>(k));
    if (chosen == others + 2) agreed_ = world_.agree();
  }

  const Round& round_;
  const World& world_;
  const DistributedArray& a_;
  Steps& steps_;
  std::atomic<int> left_ = 0;
  const fuseval::Session session_;
  std::optional<fuseval::RankError> agreed_;
};

}  // namespace

TEST_CASE("interruptions: random calls, and what goes wrong") {
  const unsigned seed = std::random_device{}();
  MESSAGE("seed " << seed);
  std::atomic<int> failed = 0;
  fuseval::run_ranks(3, [&](const World& world) {
    std::mt19937 random(seed);
    const DistributedArray a = fuseval::scatter(world, counted(3000));
    for (int number = 0; number < 60; ++number) {
      const Round round(random, world.size());
      Steps steps(world);
      const auto error = RoundOfRank(round, world, a, steps).run();
      require(!error || !round.troubles.empty(), "nothing was wrong: " + (error ? error->error.message() : ""));
      failed += error.has_value();
      require(fuseval::evaluate("sum(a)", {{"a", a}}).item<double>() == 2999 * 1500, "the world goes on");
    }
  });
  CHECK(failed > 0);
}
