#include "tools/ranks.hpp"

#include "tools/commands.hpp"
#include "tools/diagnostics.hpp"

namespace fuseval::tools {
namespace {

WorldOptions world_options(const std::optional<Arguments>& arguments) {
  WorldOptions options;
  if (arguments) options.watchdog_seconds = arguments->watchdog;
  return options;
}

int report_and_exit(const Failure& failure) {
  report(failure);
  return failure.status;
}

}  // namespace

int run_on_ranks(const std::optional<Arguments>& arguments, std::optional<Failure> failure) {
  std::optional<World> world;
  if (const auto alone = failure_of([&] { world.emplace(world_options(arguments)); })) return report_and_exit(*alone);
  int status = 0;
  if (!failure) failure = failure_of([&] { run_eval(*arguments, &*world); });
  if (!failure) status = finish_output();
  std::optional<RankError> first;
  const auto apart = failure_of([&] {
    if (failure) world->interrupt(failure->error);  // the others may wait in a call that this rank will not make
    first = world->agree(failure ? &failure->error : nullptr);
  });
  if (apart) return report_and_exit(failure ? *failure : *apart);  // the ranks cannot hear each other any more
  if (!first) return status;
  if (first->rank == world->rank()) report(*failure);
  return failure ? failure->status : 1;
}

}  // namespace fuseval::tools
