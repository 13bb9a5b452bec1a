// A program that links no MPI and runs on as many ranks as it is started with. Its argument says how it ends.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "runtime/distributed/cpu_share.hpp"
#include "runtime/distributed/mpi_transport.hpp"
#include "tests/unit/distributed/transport_checks.hpp"

using namespace fuseval;
using namespace fuseval::runtime::distributed;

namespace {

TEST_CASE("every operation on the default transport") { fuseval::testing::check_transport(default_transport(), {}); }

/// One message from rank 0 to rank 1, of these sizes.
void one_message(Communicator& ranks, size_t sent, size_t expected) {
  char bytes[64] = {};
  Exchange exchange(ranks, "exchange");
  if (ranks.rank() == 0 && sent != 0) exchange.send(bytes, sent, 1, 4);
  if (ranks.rank() == 1) exchange.receive(bytes, expected, 0, 4);
  exchange.start();
  exchange.wait();
}

/// What a rank gets that is bound to half of a machine of eight CPUs, and where it may really run.
void share_cpus(Communicator& ranks) {
  const int bound = share_of_cpus(ranks, {ranks.rank() % 2 == 0 ? uint64_t{0x0f} : uint64_t{0xf0}});
  const int here = share_of_cpus(ranks, runtime::allowed_cpus());
  const bool all = here == runtime::usable_cpus();
  std::printf("rank %d of %d, %d on machine %d: %d of eight CPUs, %s that it may use here\n", ranks.rank(),
              ranks.size(), ranks.place().local_size, ranks.place().machine, bound, all ? "all" : "some");
}

/// A program like a user's: what goes wrong on one rank is not known to the others.
void run(const std::string& how) {
  if (how == "given") mpi_transport_of_fortran(0);
  const auto transport = default_transport();
  CommunicatorSettings settings;
  // The first rank that ends takes the others with it: rank 1 is to be the first.
  if (how == "stuck") settings.watchdog_seconds = transport->place().rank == 1 ? 1 : 120;
  Communicator ranks(transport, settings);
  ranks.barrier();
  if (how == "share") share_cpus(ranks);
  const bool last = ranks.rank() == ranks.size() - 1;
  if (how == "throw" && last) throw std::runtime_error("no more paper");
  if (how == "kill" && last) std::raise(SIGKILL);
  if (how == "stuck") one_message(ranks, 0, 32);
  if (how == "short") one_message(ranks, 8, 32);
  if (how == "long") one_message(ranks, 64, 32);
  if (how == "agree") {
    const auto agreed =
        ranks.agree(last ? std::optional(Error(ErrorCode::file, "b.npy cannot be read")) : std::nullopt);
    throw agreed ? agreed->error : Error(ErrorCode::internal, "no agreement");
  }
  ranks.barrier();
  if (ranks.rank() == 0)
    std::printf("%d ranks, %d on this machine, by %s\n", ranks.size(), ranks.place().local_size,
                ranks.place().name.c_str());
  if (const char* limit = std::getenv("OMPI_MCA_btl_vader_eager_limit"); limit != nullptr && ranks.rank() == 0)
    std::printf("messages of up to %s bytes go at once\n", limit);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string how = count > 1 ? arguments[1] : "run";
  if (how == "check") return doctest::Context(1, arguments).run();
  try {
    run(how);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "job: %s\n", error.what());
    return 1;
  }
  return 0;
}
