#include <doctest/doctest.h>

#include "runtime/distributed/mpi_transport.hpp"
#include "tests/unit/environment_variables.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime::distributed;

TEST_CASE("launchers are known by their variables") {
  EnvironmentVariables variables;
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE"})
    variables.set(name, std::nullopt);
  CHECK(!find_launch());
  CHECK(default_transport()->place().name == "self");

  variables.set("PMI_RANK", "2");
  CHECK(!find_launch());  // half of it
  variables.set("PMI_SIZE", "3");
  REQUIRE(find_launch());
  CHECK(std::string(find_launch()->launcher) == "PMI");
  CHECK(find_launch()->rank == 2);
  CHECK(find_launch()->size == 3);
  for (const char* wrong : {"", "3", "-1", "two", "1x", "99999999999"}) {
    variables.set("PMI_RANK", wrong);
    CHECK(!find_launch());
  }
  variables.set("OMPI_COMM_WORLD_RANK", "0");
  variables.set("OMPI_COMM_WORLD_SIZE", "1");
  REQUIRE(find_launch());
  CHECK(std::string(find_launch()->launcher) == "Open MPI");
}

TEST_CASE("a missing plugin is an error that says where it was looked for") {
  EnvironmentVariables variables;
  variables.set("FUSEVAL_MPI_PLUGIN", "/nonexistent/plugin.so");
  const Error error = thrown([] { mpi_transport(); });
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(error.message().find("/nonexistent/plugin.so: cannot open shared object file") != std::string::npos);
  CHECK(error.message().find("$FUSEVAL_MPI_PLUGIN") != std::string::npos);
}
