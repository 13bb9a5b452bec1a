// Worlds: the ranks that distributed arrays are spread over.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

/// 0 stands for the default everywhere; fuseval.h has the details.
struct WorldOptions {
  fv_world_kind kind = FV_WORLD_DEFAULT;
  const void* communicator = nullptr;      ///< of FV_WORLD_COMMUNICATOR: the address of an MPI_Comm
  int fortran_communicator = 0;            ///< of FV_WORLD_FORTRAN_COMMUNICATOR
  double watchdog_seconds = 0;             ///< a rank that waits this long fails; 0: it waits for ever
  std::int64_t largest_message_bytes = 0;  ///< longer ones go in pieces; 0: 2^30. The same on all ranks
  bool check_calls = false;                ///< ranks compare what they call: for debugging. The same on all ranks
  int ranks = 0;                           ///< of FV_WORLD_PLANNED
};

/// The first rank, in their order, that something failed on, and what.
struct RankError {
  int rank;
  Error error;
};

/// One rank's end. Copies are the same world. Used by one thread at a time, with everything that is distributed over
/// it.
class World {
 public:
  /// Collective under MPI.
  explicit World(const WorldOptions& options = {}) {
    fv_world_options raw{};
    raw.struct_size = sizeof raw;
    raw.kind = options.kind;
    raw.fortran_communicator = static_cast<std::int32_t>(options.fortran_communicator);
    raw.communicator = options.communicator;
    raw.watchdog_seconds = options.watchdog_seconds;
    raw.largest_message = options.largest_message_bytes;
    raw.check_calls = options.check_calls ? 1 : 0;
    raw.ranks = static_cast<std::int32_t>(options.ranks);
    fv_world* world = nullptr;
    detail::check([&](fv_error** error) { return fv_world_create(&raw, &world, error); });
    handle_.reset(world, fv_world_release);
  }
  /// Takes the handle over.
  explicit World(detail::Handle<fv_world, fv_world_release> handle) : handle_(std::move(handle)) {}

  int rank() const { return fv_world_rank(handle()); }
  int size() const { return fv_world_size(handle()); }
  /// Among the ranks that share this machine's memory.
  int local_rank() const { return fv_world_local_rank(handle()); }
  int local_size() const { return fv_world_local_size(handle()); }
  /// That suit a session of this rank: each CPU that it may use, over the local ranks that may use it.
  int threads() const { return fv_world_threads(handle()); }

  /// Collective: returns when all ranks have called it.
  void barrier() const {
    detail::check([&](fv_error** error) { return fv_world_barrier(handle(), error); });
  }
  /// Collective: what failed on the first rank that something failed on; none: all is well. mine: what failed here. An
  /// interrupted world goes on afterwards.
  std::optional<RankError> agree(const Error* mine = nullptr) const {
    std::int32_t rank = -1;
    try {
      detail::check([&](fv_error** error) {
        return fv_world_agree(handle(), mine ? mine->code() : FV_OK, mine ? mine->message().c_str() : nullptr, &rank,
                              error);
      });
      return std::nullopt;
    } catch (const Error& error) {
      if (rank < 0) throw;
      return RankError{rank, error};
    }
  }

  /// Not collective: this rank gives up, all others fail with its error where they next wait for a message, and every
  /// collective call fails until all have called agree.
  void interrupt(const Error& mine) const {
    detail::check(
        [&](fv_error** error) { return fv_world_interrupt(handle(), mine.code(), mine.message().c_str(), error); });
  }

  fv_world* handle() const { return handle_.get(); }

 private:
  template <class F>
  friend void run_ranks(int count, F&& function);
  struct NotOwned {};
  World(fv_world* lent, NotOwned) : handle_(lent, [](fv_world*) {}) {}

  std::shared_ptr<fv_world> handle_{};
};

namespace detail {

template <class F>
struct RankCall {
  F& function;
  std::mutex mutex = {};
  std::exception_ptr first = {};

  void keep(const std::exception_ptr& thrown) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!first) first = thrown;
  }
};

}  // namespace detail

/// Runs function(world) on `count` threads at once, one a rank: for tests and for debugging. The world lives until the
/// function returns. Throws what the first of them threw.
template <class F>
void run_ranks(int count, F&& function) {
  using Call = detail::RankCall<std::remove_reference_t<F>>;
  Call call{function};
  const auto run_one = [](void* user, fv_world* world) {
    Call& shared = *static_cast<Call*>(user);
    try {
      shared.function(World(world, World::NotOwned{}));
      return 0;
    } catch (...) {
      shared.keep(std::current_exception());
      return 1;
    }
  };
  try {
    detail::check([&](fv_error** error) { return fv_run_ranks(count, run_one, &call, error); });
  } catch (const Error&) {
    if (call.first) std::rethrow_exception(call.first);
    throw;
  }
}

}  // namespace abi_0
}  // namespace fuseval
