// libfuseval_hdf5.so and libfuseval_hdf5_mpi.so: the one place, with what it includes, that knows hdf5.h. See
// plugin_abi.hpp.
//
// Reading is done by each rank for itself: what is wrong with a file, a broken chunk too, is then found by a rank that
// nobody waits for. (HDF5's collective reads wait for each other inside of the library, also for a rank that has
// failed.) Writing is collective, into a dataset whose place rank 0 has made before: nothing of the file's structure
// changes then.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

#include "runtime/distributed/hdf5/datatypes.hpp"
#include "runtime/distributed/hdf5/objects.hpp"
#include "runtime/distributed/hdf5/plugin_abi.hpp"

using fuseval::DType;

struct fuseval_hdf5_dataset {
  fuseval_hdf5::Handle file, dataset, datatype, transfer;
  int rank = 0;

  // In this order: HDF5 keeps a file open while there is a dataset of it.
  void close() {
    transfer.close();
    datatype.close();
    dataset.close();
    file.close();
  }
};

namespace {

using namespace fuseval_hdf5;

static_assert(FUSEVAL_HDF5_MAX_RANK == H5S_MAX_RANK);

/// HDF5 is for one thread at a time; ranks may be threads.
std::mutex& one_at_a_time() {
  static std::mutex only;
  return only;
}

template <class F>
int guarded(fuseval_hdf5_error* error, F&& f) {
  const std::lock_guard lock(one_at_a_time());
  const QuietErrors quiet;
  try {
    f();
    return 0;
  } catch (const std::exception& failure) {
    std::snprintf(error->text, sizeof error->text, "%s", failure.what());
    return 1;
  }
}

Handle open_file(const char* path, unsigned flags, hid_t access) {
  if (H5Fis_hdf5(path) == 0) throw Failure("it is not an HDF5 file");
  H5Eclear2(H5E_DEFAULT);
  return {H5Fopen(path, flags, access), H5Fclose};
}

fuseval_hdf5_type type_of(hid_t dataset) {
  const Handle datatype(H5Dget_type(dataset), H5Tclose), space(H5Dget_space(dataset), H5Sclose);
  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) throw Failure("the dataset is empty: it has no shape");
  fuseval_hdf5_type type{};
  type.dtype = static_cast<int32_t>(dtype_of(datatype.get()));
  hsize_t shape[H5S_MAX_RANK] = {};
  type.rank = H5Sget_simple_extent_dims(space.get(), shape, nullptr);
  checked_status(type.rank);
  std::copy(shape, shape + type.rank, type.shape);
  return type;
}

int open(const char* path, const char* name, fuseval_hdf5_dataset** dataset, fuseval_hdf5_type* type,
         fuseval_hdf5_error* error) {
  return guarded(error, [&] {
    fuseval_hdf5_dataset made;
    made.file = open_file(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    made.dataset = open_dataset(made.file.get(), name);
    *type = type_of(made.dataset.get());
    made.rank = type->rank;
    made.datatype = datatype_of(static_cast<DType>(type->dtype));
    made.transfer = Handle(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
    *dataset = new fuseval_hdf5_dataset(std::move(made));
  });
}

Handle space_of(const fuseval_hdf5_type& type) {
  if (type.rank == 0) return {H5Screate(H5S_SCALAR), H5Sclose};
  hsize_t shape[H5S_MAX_RANK] = {};
  std::copy(type.shape, type.shape + type.rank, shape);
  return {H5Screate_simple(type.rank, shape, nullptr), H5Sclose};
}

int create(const char* path, const char* name, const fuseval_hdf5_type* type, fuseval_hdf5_error* error) {
  return guarded(error, [&] {
    Handle file(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Handle datatype = datatype_of(static_cast<DType>(type->dtype));
    const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose), how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    checked_status(H5Pset_create_intermediate_group(links.get(), 1));
    checked_status(H5Pset_alloc_time(how.get(), H5D_ALLOC_TIME_EARLY));
    checked_status(H5Pset_fill_time(how.get(), H5D_FILL_TIME_NEVER));
    Handle dataset(H5Dcreate2(file.get(), absolute(name).c_str(), datatype.get(), space_of(*type).get(), links.get(),
                              how.get(), H5P_DEFAULT),
                   H5Dclose);
    dataset.close();
    file.close();
  });
}

#if defined(H5_HAVE_PARALLEL)
#if defined(OPEN_MPI)
constexpr const char* own_mpi = "Open MPI";
#else
constexpr const char* own_mpi = "MPICH";
#endif

void use_ranks(const void* communicator, hid_t access, hid_t transfer) {
  MPI_Comm ranks = MPI_COMM_NULL;
  std::memcpy(&ranks, communicator, sizeof ranks);
  checked_status(H5Pset_fapl_mpio(access, ranks, MPI_INFO_NULL));
  checked_status(H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE));
}
#else
constexpr const char* own_mpi = "";

void use_ranks(const void*, hid_t, hid_t) { throw Failure("this HDF5 is built without MPI"); }
#endif

/// Of the library that is loaded, which may be newer than the headers.
const char* own_version() {
  static const std::string text = [] {
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
  }();
  return text.c_str();
}

int open_to_write(const char* path, const char* name, const void* communicator, fuseval_hdf5_dataset** dataset,
                  fuseval_hdf5_error* error) {
  return guarded(error, [&] {
    fuseval_hdf5_dataset made;
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    made.transfer = Handle(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
    if (communicator != nullptr) use_ranks(communicator, access.get(), made.transfer.get());
    made.file = Handle(H5Fopen(path, H5F_ACC_RDWR, access.get()), H5Fclose);
    made.dataset = Handle(H5Dopen2(made.file.get(), absolute(name).c_str(), H5P_DEFAULT), H5Dclose);
    const fuseval_hdf5_type type = type_of(made.dataset.get());
    made.rank = type.rank;
    made.datatype = datatype_of(static_cast<DType>(type.dtype));
    *dataset = new fuseval_hdf5_dataset(std::move(made));
  });
}

/// What is selected of the file, and as much memory.
struct Selection {
  Handle file, memory;

  Selection(const fuseval_hdf5_dataset& dataset, const fuseval_hdf5_box& box)
      : file(H5Dget_space(dataset.dataset.get()), H5Sclose) {
    hsize_t lower[H5S_MAX_RANK] = {}, extent[H5S_MAX_RANK] = {}, count = 1;
    for (int k = 0; k < dataset.rank; ++k) {
      lower[k] = static_cast<hsize_t>(box.lower[k]);
      extent[k] = static_cast<hsize_t>(box.extent[k]);
      count *= extent[k];
    }
    memory = Handle(H5Screate_simple(1, &count, nullptr), H5Sclose);
    if (count == 0) {
      checked_status(H5Sselect_none(file.get()));
      checked_status(H5Sselect_none(memory.get()));
    } else if (dataset.rank > 0) {
      checked_status(H5Sselect_hyperslab(file.get(), H5S_SELECT_SET, lower, nullptr, extent, nullptr));
    }
  }
};

int read(fuseval_hdf5_dataset* dataset, const fuseval_hdf5_box* box, void* data, fuseval_hdf5_error* error) {
  return guarded(error, [&] {
    const Selection selected(*dataset, *box);
    checked_status(H5Dread(dataset->dataset.get(), dataset->datatype.get(), selected.memory.get(), selected.file.get(),
                           dataset->transfer.get(), data));
  });
}

int write(fuseval_hdf5_dataset* dataset, const fuseval_hdf5_box* box, const void* data, fuseval_hdf5_error* error) {
  return guarded(error, [&] {
    const Selection selected(*dataset, *box);
    checked_status(H5Dwrite(dataset->dataset.get(), dataset->datatype.get(), selected.memory.get(), selected.file.get(),
                            dataset->transfer.get(), data));
  });
}

int close(fuseval_hdf5_dataset* dataset, fuseval_hdf5_error* error) {
  return guarded(error, [&] {
    const std::unique_ptr<fuseval_hdf5_dataset> gone(dataset);
    gone->close();
  });
}

int replaceable(const char* path, const char* name, fuseval_hdf5_error* error) {
  return guarded(error, [&] {
    Handle file = open_file(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const std::vector<std::string> lost = others_than(file.get(), name);
    if (!lost.empty()) throw Failure("it would be replaced, and it has more in it, which would be lost: " + list(lost));
  });
}

}  // namespace

__attribute__((visibility("default"))) const fuseval_hdf5_table* fuseval_hdf5_plugin() {
  static const fuseval_hdf5_table table = {FUSEVAL_HDF5_ABI,
                                           sizeof(fuseval_hdf5_table),
                                           own_mpi,
                                           own_version(),
                                           open,
                                           create,
                                           open_to_write,
                                           read,
                                           write,
                                           close,
                                           replaceable};
  return &table;
}
