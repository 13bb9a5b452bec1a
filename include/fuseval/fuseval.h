/* fuseval: the C ABI. NumPy-syntax array expressions, compiled to fused machine code.
 *
 * Conventions
 *  - Functions that can fail return fv_status and take a last parameter `fv_error** error`. On failure an owned error
 *    object is stored there (free it with fv_error_release); on success NULL. `error` may itself be NULL.
 *  - Everything returned through a pointer-to-pointer is owned by the caller and has its release function, which accepts
 *    NULL. Strings returned by accessors belong to their object and live as long as it does.
 *  - Views do not own their data. Data must stay valid during the call that uses it, no longer.
 *  - Every function is thread-safe unless it says otherwise. Releasing an object while another thread uses it is an error
 *    of the caller.
 *  - Options structs start with struct_size = sizeof(the struct), so that they can grow.
 */
#ifndef FUSEVAL_H
#define FUSEVAL_H

#include <stddef.h>
#include <stdint.h>

#if defined(FUSEVAL_STATIC)
#define FV_API
#else
#define FV_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define FV_VERSION_MAJOR 0
#define FV_VERSION_MINOR 1
#define FV_VERSION_PATCH 0
#define FV_MAX_RANK 64

/* The reason of a failure; append only. */
typedef enum fv_status {
  FV_OK = 0,
  FV_ERROR_SYNTAX = 1,
  FV_ERROR_UNKNOWN_NAME = 2,
  FV_ERROR_UNKNOWN_FUNCTION = 3,
  FV_ERROR_ARGUMENT = 4,
  FV_ERROR_DTYPE = 5,
  FV_ERROR_SHAPE = 6,
  FV_ERROR_CASTING = 7,
  FV_ERROR_AXIS = 8,
  FV_ERROR_LIMIT = 9,
  FV_ERROR_VALUE = 10,
  FV_ERROR_FILE = 11,
  FV_ERROR_MEMORY = 12,
  FV_ERROR_UNSUPPORTED = 13,
  FV_ERROR_INVALID_HANDLE = 14,
  FV_ERROR_CANCELLED = 15,
  FV_ERROR_INTERNAL = 16
} fv_status;

/* Element types; append only. float16 and complex are reserved and not computed with yet. */
typedef enum fv_dtype {
  FV_BOOL = 0,
  FV_INT8 = 1,
  FV_INT16 = 2,
  FV_INT32 = 3,
  FV_INT64 = 4,
  FV_UINT8 = 5,
  FV_UINT16 = 6,
  FV_UINT32 = 7,
  FV_UINT64 = 8,
  FV_FLOAT16 = 9,
  FV_FLOAT32 = 10,
  FV_FLOAT64 = 11,
  FV_COMPLEX64 = 12,
  FV_COMPLEX128 = 13
} fv_dtype;

typedef enum fv_device_type { FV_DEVICE_CPU = 0 } fv_device_type;

/* View flags. */
#define FV_VIEW_READONLY 1u /* may not be an output */
#define FV_VIEW_WEAK 2u     /* rank 0; a Python-like scalar under NEP 50: dtype bool, int64 or float64 */
#define FV_VIEW_MAPPED 4u   /* input data is a mapped file that may shrink: a fault becomes FV_ERROR_FILE */

/* A strided array in somebody's memory. byte_strides may be NULL for C order; strides may be negative or 0 (inputs), and
 * data may be unaligned. `data` is the address of element [0, 0, …]. */
typedef struct fv_view {
  void* data;
  int32_t dtype; /* fv_dtype */
  int32_t rank;  /* 0 … FV_MAX_RANK */
  const int64_t* shape;
  const int64_t* byte_strides;
  int32_t device_type; /* fv_device_type */
  int32_t device_id;
  uint32_t flags;
} fv_view;

typedef struct fv_error fv_error;
typedef struct fv_session fv_session;
typedef struct fv_program fv_program;
typedef struct fv_results fv_results;
typedef struct fv_npy fv_npy;

/* ---- errors (not shared between threads without the caller's own synchronisation) ---- */
FV_API fv_status fv_error_code(const fv_error* error);
FV_API const char* fv_error_message(const fv_error* error);
/* Byte range [begin, end) of the text; 0, 0 when the error has no place. */
FV_API void fv_error_span(const fv_error* error, uint32_t* begin, uint32_t* end);
/* Line and column (in code points) of the span's begin, from 1; 0 when there is no place. */
FV_API uint32_t fv_error_line(const fv_error* error);
FV_API uint32_t fv_error_column(const fv_error* error);
/* Two lines: the source line, and carets under the span; "" when there is no place. */
FV_API const char* fv_error_caret(const fv_error* error);
FV_API void fv_error_release(fv_error* error);

/* ---- sessions: thread pool and caches. NULL wherever a session is asked for means the process's default one ---- */
typedef struct fv_session_options {
  size_t struct_size;
  int32_t threads;         /* 0: as many as the process may use */
  int32_t vector_bits;     /* 0: the widest; 256 or 512. Changes speed, never results */
  int64_t program_limit;   /* programs kept by fv_evaluate; 0: 1024 */
  int64_t kernel_limit;    /* compiled kernels kept; 0: 1024 */
} fv_session_options;

FV_API fv_status fv_session_create(const fv_session_options* options, fv_session** session, fv_error** error);
/* Programs and results made by the session stay valid. */
FV_API void fv_session_release(fv_session* session);

/* ---- evaluation ---- */
typedef struct fv_run_options {
  size_t struct_size;
  int32_t threads;       /* at most this many; 0: the session's */
  int32_t casting;       /* how results may be cast to outputs: 0 same_kind, 1 unsafe, 2 safe, 3 no */
  const char* device;    /* NULL, "cpu" or "auto" */
  const char* result_dtype; /* NULL, or a dtype's name: without outputs, owned results are cast to it under `casting` */
} fv_run_options;

/* Evaluates `text` (length bytes; need not end in NUL) over named inputs. names[i] is bound to inputs[i]; the name of a
 * function or of a dtype is FV_ERROR_ARGUMENT.
 * outputs: NULL, or output_count views that the results are written to (output_count must be the number of results;
 * a view with data == NULL asks for an owned result, of its dtype, or of the result's own dtype when dtype is -1).
 * A result is cast to its output's dtype under options->casting, and broadcast to its shape. Outputs may be slices and may
 * overlap inputs: the result is as if the inputs had been copied first. An output that overlaps itself (two of its elements
 * share memory, or it takes too long to tell) is FV_ERROR_ARGUMENT. On failure no output has been touched (but see fv_view's FV_VIEW_MAPPED: a file that
 * shrinks while it is read may leave outputs partly written, and the message says so).
 * results: the results, outputs included (as views of the caller's memory); may be NULL if every output is given. */
FV_API fv_status fv_evaluate(fv_session* session, const char* text, size_t length, const char* const* names,
                             const fv_view* inputs, int32_t input_count, const fv_view* outputs, int32_t output_count,
                             const fv_run_options* options, fv_results** results, fv_error** error);

/* A program is a text fixed to its inputs' names, dtypes, ranks and weakness. It is immutable: run it from any number of
 * threads. Where every view has its shape (and every weak scalar its data), errors of dtypes and shapes are found and
 * machine code is made now, for owned results; otherwise at the first run. Other data is not read. Of an input that the
 * text does not use, fv_run looks at dtype, rank and FV_VIEW_WEAK alone. */
FV_API fv_status fv_compile(fv_session* session, const char* text, size_t length, const char* const* names,
                            const fv_view* inputs, int32_t input_count, fv_program** program, fv_error** error);
/* As fv_evaluate, inputs in the order given to fv_compile. */
FV_API fv_status fv_run(const fv_program* program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                        int32_t output_count, const fv_run_options* options, fv_results** results, fv_error** error);
FV_API void fv_program_release(fv_program* program);

/* ---- results (immutable; data lives until release, views handed out included) ---- */
FV_API int32_t fv_results_count(const fv_results* results);
/* 1 if the text's value is a tuple. */
FV_API int32_t fv_results_is_tuple(const fv_results* results);
/* shape and byte_strides point into `results`. */
FV_API fv_status fv_results_view(const fv_results* results, int32_t index, fv_view* view, fv_error** error);
FV_API void fv_results_release(fv_results* results);

/* ---- explain: what would run. stage: "ast", "graph", "loops", "llvm", "asm" or "plan" (kernels, loads, bytes) ----
 * *text is owned by the caller: fv_string_release. */
FV_API fv_status fv_explain(fv_session* session, const char* text, size_t length, const char* const* names,
                            const fv_view* inputs, int32_t input_count, const char* stage, char** result,
                            fv_error** error);
FV_API void fv_string_release(char* string);

/* ---- counters, for tests and tools: values since the session was made ---- */
typedef struct fv_counters {
  size_t struct_size;
  int64_t launches;         /* kernels started; kernels that run tile by tile together are one launch */
  int64_t tasks;            /* pieces of kernels that were cut into pieces */
  int64_t threads_used;     /* most threads that took part in one kernel so far */
  int64_t kernels_compiled; /* kernels turned into machine code */
  int64_t kernels_cached;   /* now in the cache */
  int64_t code_bytes;       /* now in the cache */
  int64_t programs_cached;
  int64_t plans_made;
  double compile_seconds;   /* spent in turning kernels into machine code */
  double front_seconds;     /* spent in parsing, binding and planning */
  int64_t kernels_run;      /* kernels started, each by itself */
} fv_counters;
FV_API fv_status fv_session_counters(const fv_session* session, fv_counters* counters, fv_error** error);

/* ---- .npy files ---- */
/* Opens for reading, memory-mapped where the data can be used as it lies (copied if `copy` is not 0). */
FV_API fv_status fv_npy_open(const char* path, int32_t copy, fv_npy** file, fv_error** error);
/* View of the whole array, valid until release; flags say FV_VIEW_READONLY, and FV_VIEW_MAPPED when it is a mapping. */
FV_API fv_status fv_npy_view(const fv_npy* file, fv_view* view, fv_error** error);
FV_API void fv_npy_release(fv_npy* file);
/* Writes to a temporary name beside `path` and renames it there. */
FV_API fv_status fv_npy_write(const char* path, const fv_view* view, fv_error** error);

/* ---- information ---- */
FV_API const char* fv_version(void);
/* Text, a "key: value" a line: versions, CPU, vector width, threads, caches, devices and why one is missing. Owned. */
FV_API fv_status fv_info(fv_session* session, char** result, fv_error** error);
/* "bool", "int8", …; NULL for a number that is no dtype. The inverse gives -1 for an unknown name. */
FV_API const char* fv_dtype_name(int32_t dtype);
FV_API int32_t fv_dtype_from_name(const char* name);
FV_API int32_t fv_dtype_size(int32_t dtype);

#ifdef __cplusplus
}
#endif
#endif /* FUSEVAL_H */
