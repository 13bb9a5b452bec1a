// The C ABI: worlds and distributions.
#include "engine/abi/c_api_options.hpp"
#include "engine/arrays/movement.hpp"
#include "runtime/distributed/mpi_transport.hpp"
#include "runtime/distributed/planned_transport.hpp"
#include "runtime/distributed/thread_transport.hpp"
#include "runtime/host_hooks.hpp"

using namespace fuseval::engine;
using namespace fuseval::runtime::distributed;

namespace {

using fuseval::Error;
using fuseval::ErrorCode;

[[noreturn]] void refuse(const std::string& reason) { throw Error(ErrorCode::argument, reason); }

std::shared_ptr<Transport> transport_of(const fv_world_options& options) {
  switch (options.kind) {
    case FV_WORLD_DEFAULT:
      return default_transport();
    case FV_WORLD_SELF:
      return self_transport();
    case FV_WORLD_MPI:
      return mpi_transport();
    case FV_WORLD_COMMUNICATOR:
      require(options.communicator != nullptr, "fv_world_options.communicator is NULL");
      return mpi_transport(options.communicator);
    case FV_WORLD_FORTRAN_COMMUNICATOR:
      return mpi_transport_of_fortran(options.fortran_communicator);
    case FV_WORLD_PLANNED:
      return planned_transport(options.ranks);
  }
  refuse(fmt::format("there is no kind {} of worlds", options.kind));
}

CommunicatorSettings settings_of(const fv_world_options& options) {
  CommunicatorSettings settings;
  if (!(options.watchdog_seconds >= 0))
    refuse(fmt::format("watchdog_seconds is {}; it must not be negative", options.watchdog_seconds));
  if (options.watchdog_seconds > 0) settings.watchdog_seconds = options.watchdog_seconds;
  if (options.largest_message < 0)
    refuse(fmt::format("largest_message is {}; it must not be negative", options.largest_message));
  if (options.largest_message > 0) settings.largest_message = static_cast<size_t>(options.largest_message);
  settings.check_calls = options.check_calls != 0;
  return settings;
}

/// Collective, if the ranks are there.
fv_world* make_world(std::shared_ptr<Transport> transport, const CommunicatorSettings& settings, bool are_there) {
  auto world = std::make_shared<World>(std::move(transport), settings);
  if (are_there) world->share_cpus();
  return make_handle<fv_world>("world", std::move(world));
}

/// What a world says of itself; 0 for one that is not alive.
template <class Ask>
int32_t ask(const fv_world* world, Ask&& ask) {
  const Use used(world);
  return used.is_alive() ? ask(*used->world) : 0;
}

using OwnedWorld = std::unique_ptr<fv_world, void (*)(fv_world*)>;

OwnedWorld world_of_rank(const std::shared_ptr<Transport>& transport) {
  const fuseval::runtime::FloatEnvironment environment;
  return {make_world(transport, {}, true), fv_world_release};
}

/// A rank of fv_run_ranks. Its thread has inherited the host's floating-point environment, in which the function runs.
void run_rank(const std::shared_ptr<Transport>& transport, fv_rank_function function, void* user) {
  const int rank = transport->place().rank;
  const OwnedWorld world = world_of_rank(transport);
  const int status = fuseval::runtime::call_hook("rank", [&] { return function(user, world.get()); });
  if (status != 0) throw Error(ErrorCode::hook, fmt::format("the function of rank {} returned {}", rank, status));
}

fuseval::Shape shape_given(int32_t rank, const int64_t* shape) {
  if (rank < 0 || rank > FV_MAX_RANK) refuse(fmt::format("an array cannot have {} axes", rank));
  require(rank == 0 || shape != nullptr, "shape is NULL");
  fuseval::Shape given(shape, shape + rank);
  for (const int64_t extent : given)
    if (extent < 0) refuse(fmt::format("the shape {} has a negative extent", fuseval::to_string(given)));
  fuseval::element_count(given);  // throws when there are too many
  return given;
}

/// One of a distribution's lists; NULL for one that is not alive.
template <class Ask>
const int64_t* list_of(const fv_distribution* distribution, Ask&& ask) {
  const Use used(distribution);
  return used.is_alive() ? ask(*used.operator->()).data() : nullptr;
}

}  // namespace

fv_status fv_world_create(const fv_world_options* options, fv_world** world, fv_error** error) {
  return guard(error, {}, [&] {
    require(world != nullptr, "world is NULL");
    *world = nullptr;
    const fv_world_options given = read_options(options, "fv_world_options");
    const CommunicatorSettings settings = settings_of(given);
    *world = make_world(transport_of(given), settings, given.kind != FV_WORLD_PLANNED);
  });
}

int32_t fv_world_rank(const fv_world* world) {
  return ask(world, [](World& known) { return known.rank(); });
}
int32_t fv_world_size(const fv_world* world) {
  return ask(world, [](World& known) { return known.size(); });
}
int32_t fv_world_local_rank(const fv_world* world) {
  return ask(world, [](World& known) { return known.communicator().place().local_rank; });
}
int32_t fv_world_local_size(const fv_world* world) {
  return ask(world, [](World& known) { return known.communicator().place().local_size; });
}
int32_t fv_world_threads(const fv_world* world) {
  return ask(world, [](World& known) { return known.threads(); });
}

fv_status fv_world_barrier(fv_world* world, fv_error** error) {
  const Use used(world);
  return guard(error, {}, [&] {
    World& known = *used.get("world").world;
    call_together(known, "barrier", [&] { known.communicator().barrier(); });
  });
}

fv_status fv_world_agree(fv_world* world, fv_status status, const char* message, int32_t* rank, fv_error** error) {
  const Use used(world);
  return guard(error, {}, [&] {
    if (rank != nullptr) *rank = -1;
    World& known = *used.get("world").world;
    require(status == FV_OK || message != nullptr, "message is NULL");
    std::optional<Error> mine;
    if (status != FV_OK) mine.emplace(static_cast<ErrorCode>(status), message);
    const std::optional<RankError> agreed = known.agree(mine);
    if (!agreed) return;
    if (rank != nullptr) *rank = agreed->rank;
    throw agreed->error;
  });
}

fv_status fv_world_interrupt(fv_world* world, fv_status status, const char* message, fv_error** error) {
  const Use used(world);
  return guard(error, {}, [&] {
    require(message != nullptr, "message is NULL");
    if (status == FV_OK) refuse("status is FV_OK; it is to say what failed");
    Communicator& ranks = used.get("world").world->communicator();
    ranks.interrupt(Error(static_cast<ErrorCode>(status), message), Communicator::Made::whole);
  });
}

void fv_world_release(fv_world* world) { release_handle(world); }

// The ranks' threads inherit the host's floating-point environment.
fv_status fv_run_ranks(int32_t count, fv_rank_function function, void* user, fv_error** error) {
  return guard_host_code(error, {}, [&] {
    require(function != nullptr, "function is NULL");
    run_ranks(count, [&](const std::shared_ptr<Transport>& transport) { run_rank(transport, function, user); });
  });
}

fv_status fv_distribution_create(fv_world* world, int32_t rank, const int64_t* shape, int32_t axis,
                                 const int64_t* offsets, fv_distribution** distribution, fv_error** error) {
  const Use used(world);
  return guard(error, {}, [&] {
    require(distribution != nullptr, "distribution is NULL");
    *distribution = nullptr;
    const std::shared_ptr<World>& known = used.get("world").world;
    fuseval::Shape given = shape_given(rank, shape);
    Layout layout = completed(layout_asked(axis, offsets, known->size()), given, known->size());
    *distribution = make_distribution(
        std::make_shared<const Distribution>(Distribution{known, std::move(given), std::move(layout)}));
  });
}

int32_t fv_distribution_axis(const fv_distribution* distribution) {
  const Use used(distribution);
  return used.is_alive() ? used->distribution->layout.axis : -1;
}
int32_t fv_distribution_rank(const fv_distribution* distribution) {
  const Use used(distribution);
  return used.is_alive() ? static_cast<int32_t>(used->distribution->shape.size()) : 0;
}
const int64_t* fv_distribution_shape(const fv_distribution* distribution) {
  return list_of(
      distribution, [](const fv_distribution& known) -> auto& { return known.distribution->shape; });
}
const int64_t* fv_distribution_local_shape(const fv_distribution* distribution) {
  return list_of(
      distribution, [](const fv_distribution& known) -> auto& { return known.local_shape; });
}
const int64_t* fv_distribution_offsets(const fv_distribution* distribution) {
  if (fv_distribution_axis(distribution) < 0) return nullptr;
  return list_of(
      distribution, [](const fv_distribution& known) -> auto& { return known.distribution->layout.offsets; });
}
fv_status fv_distribution_world(const fv_distribution* distribution, fv_world** world, fv_error** error) {
  const Use used(distribution);
  return guard(error, {}, [&] {
    require(world != nullptr, "world is NULL");
    *world = nullptr;
    *world = make_handle<fv_world>("world", used.get("distribution").distribution->world);
  });
}
fv_status fv_distribution_describe(const fv_distribution* distribution, char** result, fv_error** error) {
  const Use used(distribution);
  return guard(error, {}, [&] {
    require(result != nullptr, "result is NULL");
    *result = nullptr;
    const Distribution& known = *used.get("distribution").distribution;
    *result = copy_string(describe(known.layout, known.shape));
  });
}
void fv_distribution_release(fv_distribution* distribution) { release_handle(distribution); }
