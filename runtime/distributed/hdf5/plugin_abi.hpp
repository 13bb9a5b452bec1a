// What libfuseval_hdf5.so and libfuseval_hdf5_mpi.so offer: the datasets of HDF5 files, through HDF5's serial and its
// MPI build, behind C functions, so that the core knows no hdf5.h and the plugins nothing of the core.
//
// Functions that return int return 0, or anything else and a sentence in `error`. They may be called by any thread;
// HDF5 itself is used by one at a time.
#pragma once

#include <stdint.h>

extern "C" {

/// Goes up by one with every change below.
#define FUSEVAL_HDF5_ABI 2
/// HDF5's own limit (H5S_MAX_RANK).
#define FUSEVAL_HDF5_MAX_RANK 32

typedef struct {
  char text[1024];
} fuseval_hdf5_error;

/// Elements as h5py stores NumPy's. Numbers as in DType.
typedef struct {
  int32_t dtype;
  int32_t rank;
  int64_t shape[FUSEVAL_HDF5_MAX_RANK];
} fuseval_hdf5_type;

/// The elements lower <= index < lower + extent of a dataset.
typedef struct {
  int64_t lower[FUSEVAL_HDF5_MAX_RANK];
  int64_t extent[FUSEVAL_HDF5_MAX_RANK];
} fuseval_hdf5_box;

/// An open dataset.
typedef struct fuseval_hdf5_dataset fuseval_hdf5_dataset;

typedef struct {
  int32_t abi;          ///< FUSEVAL_HDF5_ABI: read before anything else
  uint32_t bytes;       ///< of this struct
  const char* mpi;      ///< the MPI that this HDF5 uses: what MPI_Get_library_version begins with; "": it has none
  const char* version;  ///< of HDF5: "1.10.8"

  /// To read, by this process alone: what others do with the file does not matter. `name`: of the dataset; empty: the
  /// only one of the file.
  int (*open)(const char* path, const char* name, fuseval_hdf5_dataset** dataset, fuseval_hdf5_type* type,
              fuseval_hdf5_error* error);
  /// Makes what `path` is, an empty file, a file of one dataset in one piece, whose elements have their place and no
  /// values; groups are made as they are needed.
  int (*create)(const char* path, const char* name, const fuseval_hdf5_type* type, fuseval_hdf5_error* error);
  /// To write into what `create` has made. With a communicator (the address of an MPI_Comm) it is collective, as
  /// closing and writing are then; NULL: by this process alone. An error for HDF5 without MPI: a communicator.
  int (*open_to_write)(const char* path, const char* name, const void* communicator, fuseval_hdf5_dataset** dataset,
                       fuseval_hdf5_error* error);
  /// `data` lies in C order. An empty box reads or writes nothing.
  int (*read)(fuseval_hdf5_dataset* dataset, const fuseval_hdf5_box* box, void* data, fuseval_hdf5_error* error);
  int (*write)(fuseval_hdf5_dataset* dataset, const fuseval_hdf5_box* box, const void* data, fuseval_hdf5_error* error);
  /// The dataset is gone, whatever is returned.
  int (*close)(fuseval_hdf5_dataset* dataset, fuseval_hdf5_error* error);
  /// Whether a file can be replaced by one that has this dataset and no more: an error names what would be lost.
  int (*replaceable)(const char* path, const char* name, fuseval_hdf5_error* error);
} fuseval_hdf5_table;

/// The plugin's one symbol. The table is the plugin's, for good.
const fuseval_hdf5_table* fuseval_hdf5_plugin(void);
}
