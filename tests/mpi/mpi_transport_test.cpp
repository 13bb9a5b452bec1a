#include "runtime/distributed/mpi_transport.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdlib>
#include <numeric>

#include "tests/mpi/counted.hpp"
#include "tests/unit/distributed/transport_checks.hpp"
#include "tests/unit/thrown.hpp"

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

using namespace fuseval;
using namespace fuseval::runtime::distributed;

namespace {

int world_size() {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

CommunicatorSettings watched(size_t largest = size_t{1} << 30) {
  CommunicatorSettings settings;
  settings.watchdog_seconds = 120;  // a failed test ends
  settings.largest_message = largest;
  return settings;
}

/// Messages and bytes that this rank sends in f().
template <class F>
Counted sent_by(F&& f) {
  const Counted before = counted();
  f();
  Counted after = counted();
  after.sends -= before.sends;
  after.bytes -= before.bytes;
  after.prepared -= before.prepared;
  after.other -= before.other;
  return after;
}

uint64_t rounds(int size) { return static_cast<uint64_t>(std::bit_width(static_cast<unsigned>(size - 1))); }

int copied_attributes = 0;
int deleted_attributes = 0;
int copy_attribute(MPI_Comm, int, void*, void* value, void* copy, int* flag) {
  ++copied_attributes;
  *static_cast<void**>(copy) = value;
  *flag = 1;
  return MPI_SUCCESS;
}
int delete_attribute(MPI_Comm, int, void*, void*) {
  ++deleted_attributes;
  return MPI_SUCCESS;
}

int host_errors = 0;
void host_error(MPI_Comm*, int*, ...) { ++host_errors; }

}  // namespace

TEST_CASE("every operation, whole and in pieces") {
  const auto transport = mpi_transport();
  CHECK(transport->place().size == world_size());
  // One machine has all ranks; of two machines each has every other one (two_machines.sh).
  const bool two = std::getenv("FUSEVAL_TWO_MACHINES") != nullptr;
  const int rank = transport->place().rank, machine = two ? rank % 2 : 0;
  CHECK(transport->place().machine == machine);
  CHECK(transport->place().local_rank == (two ? rank / 2 : rank));
  CHECK(transport->place().local_size == (two ? (world_size() + 1 - machine) / 2 : world_size()));
  CHECK(transport->place().name.find("MPI") != std::string::npos);
  for (const size_t largest : {size_t{1} << 30, size_t{1000}, size_t{17}})
    fuseval::testing::check_transport(transport, watched(largest));
  CommunicatorSettings checked = watched();
  checked.check_calls = true;
  fuseval::testing::check_transport(transport, checked);
}

TEST_CASE("one rank gives up, and all do") {
  const auto transport = mpi_transport();
  for (const size_t largest : {size_t{1} << 30, size_t{5000}})
    fuseval::testing::check_interruptions(transport, watched(largest));
}

TEST_CASE("ranks that call different things get the same error") {
  if (world_size() > 1) fuseval::testing::check_differing_calls(mpi_transport());
}

TEST_CASE("a host's communicator is duplicated and left as it was found") {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  // Ranks in reverse order: whoever took another communicator would be seen.
  MPI_Comm host = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, 0, world_size() - rank, &host);
  int key = MPI_KEYVAL_INVALID;
  int value = 5;
  MPI_Errhandler handler = MPI_ERRHANDLER_NULL, found = MPI_ERRHANDLER_NULL;
  MPI_Comm_create_keyval(copy_attribute, delete_attribute, &key, nullptr);
  MPI_Comm_set_attr(host, key, &value);
  MPI_Comm_create_errhandler(host_error, &handler);
  MPI_Comm_set_errhandler(host, handler);
  const Counted before = counted();
  copied_attributes = deleted_attributes = host_errors = 0;

  const int reversed = world_size() - 1 - rank;
  for (const bool fortran : {false, true}) {
    const auto transport = fortran ? mpi_transport_of_fortran(MPI_Comm_c2f(host)) : mpi_transport(&host);
    CHECK(transport->place().rank == reversed);
    // The host's own message with our tags is not ours.
    int from_host = 0, ours = reversed, host_value = 77, heard = -1;
    const int to = (reversed + 1) % world_size(), from = (reversed + world_size() - 1) % world_size();
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Irecv(&from_host, 1, MPI_INT, from, 3, host, &request);
    Communicator ranks(transport, watched());
    Exchange exchange(ranks, "exchange");
    exchange.send(&ours, sizeof ours, to, 3);
    exchange.receive(&heard, sizeof heard, from, 3);
    exchange.start();
    exchange.wait();
    PMPI_Send(&host_value, 1, MPI_INT, to, 3, host);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    CHECK(heard == from);
    CHECK(from_host == 77);
  }

  CHECK(copied_attributes == deleted_attributes);
  CHECK(counted().communicators == before.communicators);
  CHECK(host_errors == 0);
  int compared = MPI_UNEQUAL, has = 0;
  int* attribute = nullptr;
  MPI_Comm_get_attr(host, key, &attribute, &has);
  CHECK(has == 1);
  CHECK(attribute == &value);
  MPI_Comm_get_errhandler(host, &found);
  CHECK(found == handler);
  MPI_Comm_compare(host, MPI_COMM_WORLD, &compared);
  CHECK(compared == (world_size() == 1 ? MPI_CONGRUENT : MPI_SIMILAR));
  MPI_Errhandler_free(&found);
  MPI_Errhandler_free(&handler);
  MPI_Comm_free(&host);
  CHECK(deleted_attributes == copied_attributes + 1);
  MPI_Comm_free_keyval(&key);
}

TEST_CASE("a communicator that is a part of the ranks") {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
  {
    const auto transport = mpi_transport(&half);
    CHECK(transport->place().rank == rank / 2);
    fuseval::testing::check_transport(transport, watched());
  }
  MPI_Comm_free(&half);
}

TEST_CASE("communicators that cannot be used are refused") {
  const MPI_Comm none = MPI_COMM_NULL;
  CHECK(thrown([&] { mpi_transport(&none); }).message() == "MPI: the communicator is MPI_COMM_NULL");
  CHECK(thrown([&] { mpi_transport(nullptr); }).code() == ErrorCode::argument);
  CHECK(thrown([&] { mpi_transport_of_fortran(MPI_Comm_c2f(MPI_COMM_NULL)); }).code() == ErrorCode::communication);
  if (world_size() == 1) return;
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm half = MPI_COMM_NULL, between = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
  MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - rank % 2, 0, &between);
  CHECK(thrown([&] { mpi_transport(&between); }).message() == "MPI: the communicator is an intercommunicator");
  MPI_Comm_free(&between);
  MPI_Comm_free(&half);
}

TEST_CASE("exact counts of messages and bytes") {
  const int size = world_size();
  const auto n = static_cast<uint64_t>(size);
  Communicator ranks(mpi_transport(), watched());
  const bool root = ranks.rank() == 0;
  const Counted barrier = sent_by([&] { ranks.barrier(); });
  CHECK(barrier.sends == rounds(size));
  CHECK(barrier.bytes == 0);
  const Counted agreement = sent_by([&] { ranks.agree(std::nullopt); });
  CHECK(agreement.sends == rounds(size));
  CHECK(agreement.bytes == 24 * rounds(size));

  std::vector<char> mine(100), all(100 * n);
  const std::vector<size_t> counts(n, 100);
  const Counted allgather = sent_by([&] { ranks.allgather(mine.data(), counts, all.data()); });
  CHECK(allgather.sends == rounds(size));
  CHECK(allgather.bytes == 100 * (n - 1));
  const Counted gather = sent_by([&] { ranks.gather(mine.data(), counts, all.data(), 0); });
  CHECK(gather.sends == (root ? 0u : 1u));
  const Counted scatter = sent_by([&] { ranks.scatter(all.data(), counts, mine.data(), 0); });
  CHECK(scatter.sends == (root ? n - 1 : 0));
  std::vector<char> to(100 * n);
  const Counted alltoall = sent_by([&] { ranks.alltoall(all.data(), counts, to.data(), counts); });
  CHECK(alltoall.sends == n - 1);
  CHECK(alltoall.bytes == 100 * (n - 1));

  // All ranks' broadcasts together: every rank but the root hears it once.
  const Counted broadcast = sent_by([&] { ranks.broadcast(mine.data(), 100, 0); });
  uint64_t total = 0;
  MPI_Allreduce(&broadcast.sends, &total, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
  CHECK(total == n - 1);
  CHECK(broadcast.other + alltoall.other + gather.other + allgather.other + barrier.other == 0);  // none of MPI's own
}

TEST_CASE("a halo exchange is prepared once and is one message a neighbour a step") {
  Communicator ranks(mpi_transport(), watched(1 << 20));
  const int left = ranks.rank() - 1, right = ranks.rank() + 1;
  const bool has_left = left >= 0, has_right = right < ranks.size();
  const auto neighbours = static_cast<uint64_t>(has_left) + static_cast<uint64_t>(has_right);
  std::vector<double> edge(512, ranks.rank()), from_left(512), from_right(512);
  const size_t bytes = edge.size() * sizeof(double);
  Exchange halo(ranks, "halo exchange", Exchange::Use::repeated);
  const Counted setting_up = sent_by([&] {
    if (has_left) halo.send(edge.data(), bytes, left, 0), halo.receive(from_left.data(), bytes, left, 1);
    if (has_right) halo.send(edge.data(), bytes, right, 1), halo.receive(from_right.data(), bytes, right, 0);
  });
  CHECK(setting_up.prepared == 2 * neighbours);
  CHECK(setting_up.sends == 0);
  const Counted steps = sent_by([&] {
    for (int step = 0; step < 10; ++step) {
      halo.start();
      halo.progress();
      halo.wait();
    }
  });
  CHECK(steps.sends == 10 * neighbours);
  CHECK(steps.bytes == 10 * neighbours * bytes);
  CHECK(steps.prepared == 0);
  if (has_left) CHECK(from_left == std::vector<double>(512, left));
  if (has_right) CHECK(from_right == std::vector<double>(512, right));
}
