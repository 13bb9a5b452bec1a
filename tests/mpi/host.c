/* A host that has MPI and communicators of its own: each half of the ranks is a world, by address and by Fortran
 * handle. */
#include <mpi.h>
#include <stdio.h>

#include "fuseval/fuseval.h"

static int failed(const char* what, fv_error* error) {
  printf("host: %s: %s\n", what, fv_error_message(error));
  fv_error_release(error);
  return 1;
}

/* The mean of what all ranks of the world have, three numbers each. */
static int mean_over(fv_world* world, double mine[3], double* mean) {
  fv_error* error = NULL;
  const int64_t shape = 3;
  const fv_view view = {mine, FV_FLOAT64, 1, &shape, NULL, FV_DEVICE_CPU, 0, 0};
  fv_distribution* distribution = NULL;
  if (fv_distribute(world, &view, 0, &distribution, &error) != FV_OK) return failed("fv_distribute", error);
  const fv_distribution* const inputs = distribution;
  fv_run_options options = {0};
  options.struct_size = sizeof options;
  options.input_distributions = &inputs;
  const char* const name = "a";
  fv_results* results = NULL;
  const fv_status status = fv_evaluate(NULL, "mean(a)", 7, &name, &view, 1, NULL, 0, &options, &results, &error);
  fv_distribution_release(distribution);
  if (status != FV_OK) return failed("fv_evaluate", error);
  fv_view result;
  fv_results_view(results, 0, &result, NULL);
  *mean = *(const double*)result.data;
  fv_results_release(results);
  return 0;
}

static int check(fv_world_options options, MPI_Comm half) {
  int rank = 0, size = 0;
  MPI_Comm_rank(half, &rank);
  MPI_Comm_size(half, &size);
  options.struct_size = sizeof options;
  fv_error* error = NULL;
  fv_world* world = NULL;
  if (fv_world_create(&options, &world, &error) != FV_OK) return failed("fv_world_create", error);
  double mine[3] = {rank, 2 * rank, 3 * rank}, mean = -1;
  int wrong = fv_world_rank(world) != rank || fv_world_size(world) != size || mean_over(world, mine, &mean);
  fv_world_release(world);
  const double expected = size - 1; /* the ranks' mean, times 2 */
  if (mean != expected) printf("host: the mean is %g and not %g\n", mean, expected);
  return wrong || mean != expected;
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm half;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
  fv_world_options by_address = {0}, by_handle = {0};
  by_address.kind = FV_WORLD_COMMUNICATOR;
  by_address.communicator = &half;
  by_handle.kind = FV_WORLD_FORTRAN_COMMUNICATOR;
  by_handle.fortran_communicator = MPI_Comm_c2f(half);
  int wrong = check(by_address, half) || check(by_handle, half), any = 0;
  MPI_Allreduce(&wrong, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (rank == 0 && !any) printf("host: all is well\n");
  MPI_Comm_free(&half);
  MPI_Finalize();
  return any;
}
