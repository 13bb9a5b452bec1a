/* fuseval: the C ABI. NumPy-syntax array expressions, compiled to fused machine code.
 *
 * Conventions
 *  - Failure. Functions that can fail return fv_status and take a last parameter `fv_error** error`. On failure an
 * owned error object is stored there (fv_error_release); on success NULL. `error` may itself be NULL. Unless a function
 * says otherwise, what it was to make is set to NULL when it fails. Every such function may give
 * FV_ERROR_INVALID_HANDLE (a null pointer, a malformed view or struct, a negative count) and FV_ERROR_MEMORY; other
 * codes are listed. Nothing that a caller passes makes the library throw, exit or write to a terminal.
 *  - Ownership. What is returned through a pointer to a pointer is owned by the caller and has its release function,
 *    which accepts NULL. Strings and views returned by accessors belong to their object and live as long as it does.
 *    Arguments are borrowed for the call: texts, names, options and views may be freed once it returns. Views do not
 * own their data.
 *  - Threads. Every function may be called from any thread at any time, on the same objects too, unless it says
 *    otherwise; release functions are the exception: an object that another thread is using must not be released, and
 *    after its release it must not be used. Debug builds of the library check both: a use after release is
 *    FV_ERROR_INVALID_HANDLE, a second release a message on stderr, a release during use an abort().
 *  - Versions. Structs that may grow start with struct_size, to be set to sizeof(the struct) by the caller; what a
 * caller built against an older header does not have is taken as 0. The SONAME is libfuseval.so.0, symbols carry the
 *    version FUSEVAL_0.1; enums are append only.
 *  - Processes. After fork() the child may use everything, whatever other threads were doing: fork() waits until no
 *    thread is compiling (milliseconds). Exceptions: CUDA and worlds of ranks belong to the process that initialised
 *    them, and a child forked within a hook or progress function must not return from it. _Exit() and exec*() are
 *    always possible. Everything may also be used while the process exits: in atexit() handlers, in destructors of
 *    static and thread-local objects, and by threads that still run when main() returns. dlclose() is allowed, and
 *    leaves the library mapped, because threads of the default session may still run its code.
 *  - Floating point. A call ignores the caller's rounding mode, masks and flags (fenv.h) and restores them on return.
 *    Hooks run in the library's floating-point environment, and their changes to it are undone.
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
  FV_ERROR_SYNTAX = 1,           /* the text is not in the grammar */
  FV_ERROR_UNKNOWN_NAME = 2,     /* a name that nobody bound */
  FV_ERROR_UNKNOWN_FUNCTION = 3, /* a call or attribute that the language does not have */
  FV_ERROR_ARGUMENT = 4,         /* a wrong number or kind of arguments, of a function in the text or of this ABI */
  FV_ERROR_DTYPE = 5,            /* an operation that these dtypes do not have */
  FV_ERROR_SHAPE = 6,            /* shapes that do not broadcast */
  FV_ERROR_CASTING = 7,          /* an output cannot hold the result under the casting rule */
  FV_ERROR_AXIS = 8,             /* an axis or index out of range */
  FV_ERROR_LIMIT = 9,            /* a limit: text, depth, nodes, operands, an integer's bits, memory, work, time */
  FV_ERROR_VALUE = 10,           /* depends on values: an integer to a negative power */
  FV_ERROR_FILE = 11,            /* a file that cannot be read or written, or changed while it was mapped */
  FV_ERROR_MEMORY = 12,          /* out of memory, more than 2^56 elements, or a size that overflows */
  FV_ERROR_UNSUPPORTED = 13,     /* valid, but not in this version, session or on this device */
  FV_ERROR_INVALID_HANDLE = 14,  /* a null or malformed argument, or an object that was released */
  FV_ERROR_CANCELLED = 15,       /* by a cancel token or a progress hook */
  FV_ERROR_INTERNAL = 16,        /* a bug in fuseval */
  FV_ERROR_HOOK = 17,            /* a function of the host's threw, failed or broke its contract */
  FV_ERROR_DEVICE = 18,          /* a device that failed, or was lost; other devices were not */
  FV_ERROR_COMMUNICATION = 19    /* ranks of a distributed run: MPI's failure, a wait without end, calls that differ */
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

/* Where an array's memory is. */
typedef enum fv_device_type {
  FV_DEVICE_CPU = 0,    /* the host's memory, pinned or not */
  FV_DEVICE_CUDA = 1,   /* NVIDIA GPU number device_id */
  FV_DEVICE_CUDASIM = 2 /* the CUDA simulator of the session */
} fv_device_type;

/* View flags. */
#define FV_VIEW_READONLY 1u /* may not be an output */
#define FV_VIEW_WEAK 2u     /* rank 0; a plain number, weak under NEP 50: dtype bool, int64 or float64 */
#define FV_VIEW_MAPPED 4u   /* data is a mapped file that may shrink: a fault becomes FV_ERROR_FILE */

/* A strided array in somebody's memory. byte_strides may be NULL for C order; strides may be negative or 0 (inputs),
 * and data may be unaligned. `data` is the address of element [0, 0, …]. */
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

/* The memory that a view must stay inside of; bytes == 0: not known, and not checked. */
typedef struct fv_extent {
  const void* data;
  size_t bytes;
} fv_extent;

typedef struct fv_error fv_error;
typedef struct fv_session fv_session;
typedef struct fv_program fv_program;
typedef struct fv_results fv_results;
typedef struct fv_types fv_types;
typedef struct fv_names fv_names;
typedef struct fv_hints fv_hints;
typedef struct fv_tokens fv_tokens;
typedef struct fv_cancel fv_cancel;
typedef struct fv_npy fv_npy;
typedef struct fv_data fv_data;
typedef struct fv_world fv_world;
typedef struct fv_distribution fv_distribution;

/* ---- errors: immutable. NULL is an error that says FV_OK and "" ---- */
FV_API fv_status fv_error_code(const fv_error* error);
/* One line, without the place. Owned by the error. */
FV_API const char* fv_error_message(const fv_error* error);
/* Byte range [begin, end) of the text; 0, 0 when the error has no place. Either pointer may be NULL. */
FV_API void fv_error_span(const fv_error* error, uint32_t* begin, uint32_t* end);
/* Line and column (in code points) of the span's begin, from 1; 0 when there is no place. */
FV_API uint32_t fv_error_line(const fv_error* error);
FV_API uint32_t fv_error_column(const fv_error* error);
/* Two lines: the source line, and carets under the span; "" when there is no place. Owned by the error. */
FV_API const char* fv_error_caret(const fv_error* error);
FV_API void fv_error_release(fv_error* error);

/* ---- hooks: functions that a host lends to a session ----
 * They are called from any thread that uses the session, and from several at a time, so they must be thread-safe, and
 * they must work until `release` is called. A hook may throw a C++
 * exception: the call that it serves then fails with FV_ERROR_HOOK (deallocate's is dropped). A hook must not use the
 * session that it belongs to. */
typedef void (*fv_task)(void* context, int64_t index);

typedef enum fv_log_level { FV_LOG_DEBUG = 0, FV_LOG_INFO = 1, FV_LOG_WARNING = 2 } fv_log_level;

typedef struct fv_hooks {
  size_t struct_size;
  void* user; /* first argument of every hook */
  /* Memory for results and temporaries. Both or neither. allocate gives `bytes` (at least 1) at a multiple of
   * `alignment` (64), or NULL: the call then fails with FV_ERROR_MEMORY. Scratch memory of reductions and the library's
   * own objects are not asked for here. */
  void* (*allocate)(void* user, size_t bytes, size_t alignment);
  void (*deallocate)(void* user, void* memory, size_t bytes);
  /* Threads, in place of the session's own. Calls task(context, index) exactly once for each index in [0, count), from
   * any threads and at the same time if it can (count is at most the session's number of threads), and returns when all
   * calls have returned: 0, or anything else to fail with FV_ERROR_HOOK. */
  int (*parallel_for)(void* user, int64_t count, fv_task task, void* context);
  /* A message of one line, without a line's end, owned by the library. level: fv_log_level. */
  void (*log)(void* user, int32_t level, const char* message);
  /* Called once, after the last call of any other hook: when the session, all its programs, and all results whose
   * memory came from allocate have been released. Not called when fv_session_create fails. */
  void (*release)(void* user);
} fv_hooks;

/* ---- sessions: a thread pool, caches, limits and hooks. Sessions share nothing but the process's pool of free memory.
 * NULL wherever a session is asked for means the process's default one, made at its first use ---- */
typedef struct fv_session_options {
  size_t struct_size;
  /* 0: the value of the environment variable FUSEVAL_THREADS, or else the number of CPUs available to the process. The
   * default session has 0. */
  int32_t threads;
  int32_t vector_bits;   /* 0: the widest; 256 or 512. Changes speed, never results */
  int64_t program_limit; /* programs kept by fv_evaluate; 0: 1024 */
  int64_t kernel_limit;  /* compiled kernels kept; 0: 1024 */
  const fv_hooks* hooks; /* NULL: none. Copied */
  int64_t text_limit;    /* bytes of a text; 0: 1 MiB */
  int64_t depth_limit;   /* nesting of brackets, calls, unary operators and **; 0: 200, and 1000 at most */
  int64_t node_limit;    /* nodes of a text, and operations of its program; 0: 100 000 */
  int64_t operand_limit; /* arrays that a text may use; 0: 1024 */
  int64_t memory_limit;  /* bytes one call may take for results, temporaries and its kernels' work; 0: no limit */
  /* Elements that one call may evaluate, on all ranks together: one for each operation, cast or reduction of an
   * element, and one for an element that is only copied. It is checked before anything is compiled; 0: no limit. */
  int64_t work_limit;
  int64_t time_limit; /* milliseconds that a call may take, with compiling; 0: no limit. See fv_run_options */
  /* Milliseconds to compile one text for one kind of call; 0: no limit. Kernels compiled by then are kept, so that a
   * later call gets further. */
  int64_t compile_limit;
  /* function_count names of the functions and methods that texts may call ("where", "sum": also np.sum(a), a.sum());
   * each spelling counts by itself (abs, absolute). A call of another one is FV_ERROR_UNSUPPORTED, with its place,
   * where Python would evaluate it. Operators, indexing, lists, constants, attributes (a.T) and dtypes (float32(x)) are
   * always allowed. fv_words and fv_help still know all words. NULL: every function; not NULL and 0: none. Copied. */
  const char* const* functions;
  int32_t function_count;
} fv_session_options;

/* options may be NULL. Starts no thread: that is done by the first call that can use one.
 * Errors: FV_ERROR_ARGUMENT (a number out of range, or FUSEVAL_THREADS is none), FV_ERROR_UNSUPPORTED (a CPU below
 * x86-64-v3). */
FV_API fv_status fv_session_create(const fv_session_options* options, fv_session** session, fv_error** error);
/* Programs and results made by the session stay valid, and its threads are joined when the last program is released. */
FV_API void fv_session_release(fv_session* session);

/* ---- cancelling ---- */
/* A token that calls may be given; one serves any number of calls, one after another or at a time. */
FV_API fv_status fv_cancel_create(fv_cancel** cancel, fv_error** error);
/* Calls that have the token stop within 10 ms of computing, and calls that are given it later do not begin, until it is
 * cleared; both fail with FV_ERROR_CANCELLED. What is being compiled then is compiled to its end in the background, and
 * the session's release waits for it (milliseconds). Async-signal-safe, lock-free, from any thread. NULL is ignored.
 * Exception: in a float sum along the last axis with more than ten of `%`, `//`, `fmod`, `gcd` and `lcm` in one kernel,
 * a call may take 1 ms more for each of them. */
FV_API void fv_cancel_set(fv_cancel* cancel);
/* Async-signal-safe. A call that has not seen that the token was set goes on. */
FV_API void fv_cancel_clear(fv_cancel* cancel);
/* 1 or 0. Async-signal-safe. */
FV_API int32_t fv_cancel_is_set(const fv_cancel* cancel);
/* No call may be using the token. */
FV_API void fv_cancel_release(fv_cancel* cancel);

/* ---- evaluation ---- */
/* Where results go that no output was given for. */
typedef enum fv_results_on {
  FV_RESULTS_WHERE_INPUTS_ARE = 0, /* on the device if one of the inputs is there, else on the host */
  FV_RESULTS_ON_HOST = 1,
  FV_RESULTS_ON_DEVICE = 2 /* on the device that the call runs on; FV_ERROR_ARGUMENT if that is the CPU */
} fv_results_on;

typedef struct fv_run_options {
  size_t struct_size;
  int32_t threads; /* at most this many; 0: the session's */
  int32_t casting; /* how results may be cast to outputs: 0 same_kind, 1 unsafe, 2 safe, 3 no */
  /* Where to run: NULL, on the device where the inputs and outputs are; "cpu", "cuda" (GPU 0), "cuda:1" …, "cudasim"
   * (the CUDA simulator, for debugging). "auto" takes, for arrays on the host, the faster of the CPU and GPU 0 by
   * estimates, and otherwise the device where the arrays are. See "arrays on devices" and docs/gpu.md. */
  const char* device;
  const char* result_dtype; /* NULL, or a dtype's name: without outputs, owned results are cast to it under `casting` */
  const fv_cancel* cancel;  /* NULL, or a token that must outlive the call */
  /* NULL, or called on the thread that made the call, between blocks of work and about 50 times a second, with the
   * fraction that is done: in [0, 1], never less than before. A call of less than 20 ms may not call it. Anything but 0
   * stops the call with FV_ERROR_CANCELLED. May throw: FV_ERROR_HOOK. */
  int (*progress)(void* user, double fraction);
  void* progress_user;
  const fv_extent* input_extents;  /* NULL, or one an input: views that leave theirs are FV_ERROR_INVALID_HANDLE */
  const fv_extent* output_extents; /* NULL, or one an output */
  int32_t results_on;              /* fv_results_on */
  /* A CUDA stream of the caller's (CUstream, cudaStream_t; the legacy default stream is 1) that the call's work is put
   * into; NULL: the session's own. The session's later work waits for it. */
  void* stream;
  /* The ranks that make this call together, or NULL: that of the distributions, and where there are none, nobody else.
   * See "ranks". */
  fv_world* world;
  const fv_distribution* const* input_distributions;  /* NULL, or one an input; NULL for one: replicated */
  const fv_distribution* const* output_distributions; /* NULL, or one an output */
  int64_t work_limit; /* of this call; 0: the session's. The smaller of the two applies */
  /* Milliseconds until this call fails with FV_ERROR_LIMIT, including compiling; 0: the session's. The smaller of the
   * two applies. The clock is polled where a cancel token is: at least every 10 ms of computing (exception:
   * fv_cancel_set), and between kernels on devices. A call shorter than 20 us may not poll it. */
  int64_t time_limit;
} fv_run_options;

/* Evaluates `text` (length bytes of UTF-8; need not end in NUL) over inputs.
 * names: names[k] is bound to inputs[k], whatever its name: a bound name shadows a constant, function, dtype or module
 * of the language, but a call f(x) always calls the function of the language, because arrays cannot be called. A name
 * that no text can spell (None, a b) is ignored. Names are compared in NFKC form, as in Python; two equal names are
 * FV_ERROR_ARGUMENT. NULL binds by position, to the free names of the text without a meaning (see fv_free_names).
 * outputs: NULL, or output_count views that
 * the results are written to (output_count must be the number of results; a view with data == NULL asks for an owned
 * result, of its dtype, or of the result's own dtype when dtype is -1). A result is cast to its output's dtype under
 * options->casting, and broadcast to its shape. Outputs may be slices and may overlap inputs: the result is as if the
 * inputs had been copied first. An output that overlaps itself (two of its elements share memory, or it takes too long
 * to tell) is FV_ERROR_ARGUMENT. options: may be NULL. results: the results, outputs included (as views of the caller's
 * memory); may be NULL if every output is given. The program is kept by the session, by text and inputs, so that the
 * next call finds it. Arrays of the host's that do not fit a device's memory go through it part by part; what cannot is
 * FV_ERROR_MEMORY. Errors: every code but FV_ERROR_INTERNAL. On failure no output has been touched, except after
 * FV_ERROR_CANCELLED, FV_ERROR_HOOK, FV_ERROR_LIMIT (its time_limit) and FV_ERROR_FILE (a mapped input that changed) of
 * a call that had begun, and after
 * FV_ERROR_DEVICE and FV_ERROR_MEMORY of one that goes part by part: outputs may then be partly written, and the
 * message says so. Those of a distributed call may be after any failure that not all ranks could foresee. Threads:
 * calls may share inputs. An output must not be used by another thread during the call. */
FV_API fv_status fv_evaluate(fv_session* session, const char* text, size_t length, const char* const* names,
                             const fv_view* inputs, int32_t input_count, const fv_view* outputs, int32_t output_count,
                             const fv_run_options* options, fv_results** results, fv_error** error);

/* A program is a text fixed to its inputs' names, dtypes, ranks and weakness. It is immutable: run it from any number
 * of threads. names and inputs are as in fv_evaluate. Where every view has its shape (and every weak scalar its data),
 * errors of dtypes and shapes are found and machine code is made now, for owned results; otherwise at the first run.
 * Other data is not read. Of an input that the text does not use, fv_run looks at dtype, rank and FV_VIEW_WEAK alone.
 * Errors: those of fv_evaluate that do not depend on data. */
FV_API fv_status fv_compile(fv_session* session, const char* text, size_t length, const char* const* names,
                            const fv_view* inputs, int32_t input_count, fv_program** program, fv_error** error);
/* As fv_evaluate, inputs by position: in the order given to fv_compile. */
FV_API fv_status fv_run(const fv_program* program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                        int32_t output_count, const fv_run_options* options, fv_results** results, fv_error** error);
/* The same, inputs by name: in any order, each of the program's once. (input_extents and input_distributions go by this
 * order as well.) */
FV_API fv_status fv_run_named(const fv_program* program, const char* const* names, const fv_view* inputs,
                              int32_t input_count, const fv_view* outputs, int32_t output_count,
                              const fv_run_options* options, fv_results** results, fv_error** error);
/* The text, ending in NUL; owned by the program. NULL for NULL. */
FV_API const char* fv_program_text(const fv_program* program);
/* 0 for NULL. */
FV_API int32_t fv_program_input_count(const fv_program* program);
/* *name (owned by the program) and *description (dtype, rank and FV_VIEW_WEAK; no shape, no data) of one input. Either
 * pointer may be NULL. */
FV_API fv_status fv_program_input(const fv_program* program, int32_t index, const char** name, fv_view* description,
                                  fv_error** error);
FV_API void fv_program_release(fv_program* program);

/* ---- what results will be, before anything is run ---- */
/* The dtype, shape and weakness of each result that fv_evaluate would give with these names and inputs, without outputs
 * and result_dtype. Nothing is evaluated, planned, compiled or kept. Of an array only dtype, rank and shape are needed:
 * its data is not read, and may be NULL. A weak scalar needs its data, because shapes and conditions may depend on its
 * value. With distributed arrays, give the shapes of the whole arrays. *types is owned by the caller: fv_types_release.
 * Errors: those of fv_evaluate that do not depend on elements, with their place in the text; memory_limit and
 * work_limit are not looked at. */
FV_API fv_status fv_result_types(fv_session* session, const char* text, size_t length, const char* const* names,
                                 const fv_view* inputs, int32_t input_count, fv_types** types, fv_error** error);
/* The same of fv_run: inputs by position, in the order given to fv_compile. */
FV_API fv_status fv_program_result_types(const fv_program* program, const fv_view* inputs, int32_t input_count,
                                         fv_types** types, fv_error** error);
/* Number of results. 0 for NULL. */
FV_API int32_t fv_types_count(const fv_types* types);
/* 1 if the text's value is a tuple. */
FV_API int32_t fv_types_is_tuple(const fv_types* types);
/* *description: dtype, rank, shape (owned by `types`) and FV_VIEW_WEAK of one result; no strides, no data. Errors:
 * FV_ERROR_INVALID_HANDLE (there is no result of that index). */
FV_API fv_status fv_types_get(const fv_types* types, int32_t index, fv_view* description, fv_error** error);
FV_API void fv_types_release(fv_types* types);

/* Every name of the text that a binding would change, in NFKC form, in order of first appearance. fv_names_kind is -1
 * for a name that must be bound, and otherwise the meaning of the unbound name: FV_WORD_CONSTANT (pi, e, inf, nan,
 * euler_gamma, newaxis), FV_WORD_DTYPE (float32 ...) or FV_WORD_MODULE (np, numpy). A host that has a column of such a
 * name should bind it. The name of a called function is not included; elsewhere a function's name must be bound. Inputs
 * by position (names == NULL) are bound only to names that must be bound: sin(pi*x) takes one input. If a later version
 * adds a constant, a text that uses its name by position then fails by its number of inputs, and never changes its
 * result silently. session: its limits apply. Errors: FV_ERROR_SYNTAX, FV_ERROR_LIMIT, FV_ERROR_UNSUPPORTED. */
FV_API fv_status fv_free_names(fv_session* session, const char* text, size_t length, fv_names** names,
                               fv_error** error);
/* 0 for NULL. */
FV_API int32_t fv_names_count(const fv_names* names);
/* Owned by `names`; NULL out of range. */
FV_API const char* fv_names_get(const fv_names* names, int32_t index);
/* For fv_free_names, the meaning of the unbound name (fv_word_kind), or -1 if it has none. For fv_words, the requested
 * kind. -1 out of range. */
FV_API int32_t fv_names_kind(const fv_names* names, int32_t index);
FV_API void fv_names_release(fv_names* names);

/* ---- the language itself: for completion and help ---- */
/* What a text can use besides the names that its caller binds; append only. */
typedef enum fv_word_kind {
  FV_WORD_FUNCTION = 0,  /* sum, sin … */
  FV_WORD_METHOD = 1,    /* a.sum() … */
  FV_WORD_ATTRIBUTE = 2, /* a.shape … */
  FV_WORD_CONSTANT = 3,  /* pi … */
  FV_WORD_DTYPE = 4,     /* float32 … */
  FV_WORD_MODULE = 5     /* np, numpy: in front of any other word */
} fv_word_kind;
/* All words of that kind that this version has, sorted. *names is owned by the caller: fv_names_release. kind:
 * fv_word_kind. Errors: FV_ERROR_ARGUMENT (no such kind). */
FV_API fv_status fv_words(int32_t kind, fv_names** names, fv_error** error);
/* How a word or an operator ("+", "and") is written, "sum(a, axis=..., keepdims=...)", and in indented lines below what
 * it is. *result is owned by the caller: fv_string_release. Errors: FV_ERROR_UNKNOWN_FUNCTION (with the nearest word),
 * FV_ERROR_UNSUPPORTED (of a later version). */
FV_API fv_status fv_help(const char* name, char** result, fv_error** error);

/* ---- tokens: for highlighting in an editor ---- */
typedef enum fv_token_kind {
  FV_TOKEN_NUMBER = 0,
  FV_TOKEN_STRING = 1,
  FV_TOKEN_NAME = 2, /* bound by the host, or unknown to the language */
  FV_TOKEN_FUNCTION = 3,
  FV_TOKEN_METHOD = 4,    /* sum in a.sum() */
  FV_TOKEN_ATTRIBUTE = 5, /* T in a.T */
  FV_TOKEN_PARAMETER = 6, /* axis in sum(a, axis=0) */
  FV_TOKEN_CONSTANT = 7,  /* pi; also True, False and None */
  FV_TOKEN_DTYPE = 8,
  FV_TOKEN_MODULE = 9,   /* np, numpy, and linalg behind them */
  FV_TOKEN_KEYWORD = 10, /* if, and ...; also those of Python that the language does not have */
  FV_TOKEN_OPERATOR = 11,
  FV_TOKEN_BRACKET = 12,     /* ( ) [ ] { }, whether they match or not */
  FV_TOKEN_PUNCTUATION = 13, /* , : ; . ... and a backslash that continues a line */
  FV_TOKEN_COMMENT = 14,
  FV_TOKEN_ERROR = 15 /* no token of the language: 5abc, a string that is not closed, && */
} fv_token_kind;      /* append only */
/* Its layout never changes. */
typedef struct fv_token {
  int32_t kind;        /* fv_token_kind */
  uint32_t begin, end; /* bytes of the text; begin < end */
} fv_token;
/* The tokens of a text in their order. The text may be incomplete and wrong, even without valid UTF-8: what is no token
 * has the kind FV_TOKEN_ERROR, and the tokens behind it follow. Tokens do not overlap; blanks and line ends between
 * them are no tokens. A text without FV_TOKEN_ERROR may still be wrong in other ways.
 * names (ending in NUL, in any Unicode form; may be NULL if name_count is 0): the names that the host binds. A bound
 * name is FV_TOKEN_NAME also if it is a constant, dtype, module or function of the language, except where a function or
 * dtype is called; this is how texts are evaluated. Any thread may call this at any time. *tokens is owned by the
 * caller: fv_tokens_release. Errors: FV_ERROR_INVALID_HANDLE, FV_ERROR_LIMIT (a text of 2 GiB), FV_ERROR_MEMORY. */
FV_API fv_status fv_tokenize(const char* text, size_t length, const char* const* names, int32_t name_count,
                             fv_tokens** tokens, fv_error** error);
/* 0 for NULL. */
FV_API int32_t fv_tokens_count(const fv_tokens* tokens);
/* All of them, one after the other; owned by `tokens`. NULL for NULL, and maybe NULL if there are none. */
FV_API const fv_token* fv_tokens_data(const fv_tokens* tokens);
FV_API void fv_tokens_release(fv_tokens* tokens);

/* ---- lint hints: likely mistakes in valid texts. Only fv_lint and the stage "hints" look for them ---- */
typedef enum fv_hint_kind {
  FV_HINT_MASK = 0,  /* a comparison beside & or |, which bind tighter: (a >= 1) & b > 1 */
  FV_HINT_AXIS = 1,  /* max(a, 0), whose 0 is the axis, for maximum(a, 0) */
  FV_HINT_NAN = 2,   /* a == nan, which nothing is */
  FV_HINT_POWER = 3, /* x^2, an exclusive or, for x**2 */
  FV_HINT_COMMA = 4  /* 3,5 * x, two results, for 3.5 * x */
} fv_hint_kind;      /* append only */
typedef struct fv_hint {
  size_t struct_size;
  int32_t kind;        /* fv_hint_kind */
  uint32_t begin, end; /* bytes of the text */
  uint32_t line;       /* and column (in code points) of begin, from 1 */
  uint32_t column;
  const char* message; /* one line, without the place */
  const char* caret;   /* two lines: the source line, and carets under the span */
} fv_hint;
/* The hints of a text, in order of their place. names and inputs: as in fv_evaluate; names may stay unbound, and only
 * the dtypes of inputs are read. *hints is owned by the caller: fv_hints_release. Errors: FV_ERROR_SYNTAX,
 * FV_ERROR_LIMIT, FV_ERROR_UNSUPPORTED. */
FV_API fv_status fv_lint(fv_session* session, const char* text, size_t length, const char* const* names,
                         const fv_view* inputs, int32_t input_count, fv_hints** hints, fv_error** error);
/* 0 for NULL. */
FV_API int32_t fv_hints_count(const fv_hints* hints);
/* hint->struct_size must be set; that many bytes are written. Its strings are owned by `hints`. */
FV_API fv_status fv_hints_get(const fv_hints* hints, int32_t index, fv_hint* hint, fv_error** error);
FV_API void fv_hints_release(fv_hints* hints);

/* ---- results (immutable; data lives until release, views handed out included) ---- */
/* 0 for NULL. */
FV_API int32_t fv_results_count(const fv_results* results);
/* 1 if the text's value is a tuple. */
FV_API int32_t fv_results_is_tuple(const fv_results* results);
/* shape and byte_strides point into `results`; data too, unless it is an output of the caller's. flags: FV_VIEW_WEAK
 * when the text gives a plain number (2 + 3, a.size) and neither outputs nor a result_dtype were requested. */
FV_API fv_status fv_results_view(const fv_results* results, int32_t index, fv_view* view, fv_error** error);
FV_API void fv_results_release(fv_results* results);

/* ---- arrays on devices ----
 * A view whose device_type is not FV_DEVICE_CPU is of memory on that device: of this session's arrays, or (CUDA) of any
 * other library's in the same process, whose memory is used as it lies. `data` must then be aligned to its dtype's
 * size. A call runs where its inputs are, takes inputs on the host along (they are copied for the call), and leaves
 * results there (fv_results_on). Arrays on two devices in one call are FV_ERROR_ARGUMENT. Each session has a stream of
 * its own on each device, in whose order everything is done: a call whose arrays are all on the device returns once its
 * work is in the stream, and errors of the device (FV_ERROR_DEVICE) may come from any later function that uses it. What
 * touches the host's memory is done when the function returns. Arrays of the session may be released while work on them
 * is going on. */
typedef struct fv_array fv_array; /* an array that owns its memory, on the host or a device */
/* Not initialised, in C order. device: "cpu", "cuda", "cuda:1" … or "cudasim". pinned: if not 0, page-locked memory of
 * the host, from and to which `device` copies at full speed. Errors: FV_ERROR_UNSUPPORTED (no such device here),
 * FV_ERROR_LIMIT, FV_ERROR_DEVICE. */
FV_API fv_status fv_array_create(fv_session* session, const char* device, int32_t pinned, int32_t dtype, int32_t rank,
                                 const int64_t* shape, fv_array** array, fv_error** error);
/* A copy in C order of an array wherever it is, on `device` or on the host. Errors: as fv_array_create. */
FV_API fv_status fv_to_device(fv_session* session, const fv_view* view, const char* device, fv_array** array,
                              fv_error** error);
FV_API fv_status fv_to_host(fv_session* session, const fv_view* view, fv_array** array, fv_error** error);
/* Copies every element, from anywhere to anywhere, any strides. Errors: FV_ERROR_SHAPE, FV_ERROR_DTYPE (they differ),
 * FV_ERROR_ARGUMENT (`to` is read-only or overlaps itself), FV_ERROR_DEVICE. */
FV_API fv_status fv_copy(fv_session* session, const fv_view* from, const fv_view* to, fv_error** error);
/* Points into the array. */
FV_API fv_status fv_array_view(const fv_array* array, fv_view* view, fv_error** error);
/* Result `index` as an array, which shares its memory with the results and may outlive them. Errors:
 * FV_ERROR_ARGUMENT: it was written to an output of the caller's. */
FV_API fv_status fv_results_array(const fv_results* results, int32_t index, fv_array** array, fv_error** error);
FV_API void fv_array_release(fv_array* array);

/* DLPack: https://dmlc.github.io/dlpack. managed: a DLManagedTensorVersioned, or a DLManagedTensor if versioned is 0.
 * It belongs to the array from then on: its deleter is called after the array's release, when the session's work on it
 * is done. Its data must be ready in the session's stream (fv_session_stream is what __dlpack__ is to be given). On
 * failure it stays the caller's. Errors: FV_ERROR_UNSUPPORTED (a version, device or dtype that fuseval does not have),
 * FV_ERROR_ARGUMENT (memory that was freed or is not the device's, elements that are not aligned). */
FV_API fv_status fv_array_from_dlpack(fv_session* session, void* managed, int32_t versioned, fv_array** array,
                                      fv_error** error);
/* The tensor shares the array's memory, and is the caller's: its deleter gives it back. Its data is ready in the
 * session's stream (fv_stream_wait_for_session). A mapped array of fv_load_slab (FV_VIEW_MAPPED of
 * its view) is not protected against a file that shrinks while it is read through the tensor: copy it first, or load it
 * with `copy`. Errors:
 * FV_ERROR_ARGUMENT (read-only, and versioned is 0), FV_ERROR_UNSUPPORTED (the simulator's memory). */
FV_API fv_status fv_array_to_dlpack(const fv_array* array, int32_t versioned, void** managed, fv_error** error);

/* Waits for all the session's work on a device. Errors: FV_ERROR_DEVICE: what went wrong there. */
FV_API fv_status fv_synchronize(fv_session* session, const char* device, fv_error** error);
/* The session's stream on a CUDA device (a CUstream); it lives as long as the session's arrays. NULL on "cudasim". */
FV_API fv_status fv_session_stream(fv_session* session, const char* device, void** stream, fv_error** error);
/* Order between the session's stream and one of the caller's (a CUstream; NULL and 1 are the legacy default stream):
 * what is put into the first from now on waits for what the second has now; and the other way round. Nobody else waits.
 * Whoever works on an array that another session, or another library, has work on orders the two so, or waits
 * (fv_synchronize) in between: before reading what the other writes, before writing what the other reads or writes, and
 * before releasing an array of this session that the other uses: its memory is free in this session's order.
 * Errors: FV_ERROR_ARGUMENT (the CPU and the simulator have no streams), FV_ERROR_UNSUPPORTED, FV_ERROR_DEVICE. */
FV_API fv_status fv_session_wait_for_stream(fv_session* session, const char* device, void* stream, fv_error** error);
FV_API fv_status fv_stream_wait_for_session(fv_session* session, const char* device, void* stream, fv_error** error);

/* ---- explain: what would run. stage: "types" (what the results are, one line each; "dtype float32" of a text
 * like a.dtype, which is no result), "hints" (see fv_lint), "ast",
 * "graph", "loops", "llvm", "asm", "cuda" (CUDA C++ for aligned arrays; needs no GPU), "plan" (kernels, loads, bytes),
 * a pass by its name ("bind", "results", "simplify", "fuse", "lower", "chain", "collapse", "place": the program as the
 * pass leaves it), "trace" (all passes, with the lines that each of them changes)
 * or "device" ---- "device": what "auto" would choose for results on the host, and the estimates. Looks for a GPU, and
 * measures it and the CPU once (up to half a second). Inputs as in fv_evaluate; only weak scalars' data is read.
 * *result: release with fv_string_release. Errors: those of fv_compile; FV_ERROR_ARGUMENT for an unknown stage. */
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
  double compile_seconds; /* spent in turning kernels into machine code */
  double front_seconds;   /* spent in parsing, binding and planning */
  int64_t kernels_run;    /* kernels started, each by itself */
} fv_counters;
/* counters->struct_size must be set; that many bytes are written. */
FV_API fv_status fv_session_counters(const fv_session* session, fv_counters* counters, fv_error** error);

/* ---- files ---- */
/* Opens a .npy file for reading, memory-mapped where its layout allows (copied if `copy` is not 0). *file is owned by
 * the caller. A mapped file keeps a file descriptor open, and every read by the library fails with FV_ERROR_FILE if the
 * size or modification time has changed since. A file that is replaced by a rename, as by fv_npy_write, leaves the
 * mapping unchanged. Errors:
 * FV_ERROR_FILE (also if the file changes while it is copied), FV_ERROR_UNSUPPORTED (a dtype that fuseval does not
 * have). */
FV_API fv_status fv_npy_open(const char* path, int32_t copy, fv_npy** file, fv_error** error);
/* View of the whole array, valid until release; flags say FV_VIEW_READONLY, and FV_VIEW_MAPPED when it is a mapping. */
FV_API fv_status fv_npy_view(const fv_npy* file, fv_view* view, fv_error** error);
FV_API void fv_npy_release(fv_npy* file);
/* For hosts that read elements through the addresses of views: calls read(context), and returns FV_ERROR_FILE if a file
 * behind a view with FV_VIEW_MAPPED has shrunk or changed, before or after it. The data read is then invalid: missing
 * pages read as zeros during the call. Without this call an access to such a page raises SIGBUS. The library's own
 * reads do not need it. */
FV_API fv_status fv_read_mapped(const fv_view* views, int32_t count, void (*read)(void* context), void* context,
                                fv_error** error);
/* Writes the array as a .npy file, atomically: the file appears under its name when it is complete. It replaces an
 * existing file, through symbolic links, and takes over its owner, group, mode and access control list; other hard
 * links keep the old file. The last of several concurrent writers wins. If the process is killed, nothing is left; on
 * file systems without O_TMPFILE a file named ".fuseval-*.tmp" may stay unless fv_files_discard was called. Errors:
 * FV_ERROR_FILE, also for a read-only target, one whose owner would change, a directory, a device or a pipe. */
FV_API fv_status fv_npy_write(const char* path, const fv_view* view, fv_error** error);
/* Writes these bytes in the same way. */
FV_API fv_status fv_file_write(const char* path, const void* data, size_t bytes, fv_error** error);
/* Checks before a long evaluation whether fv_npy_write, fv_data_write, fv_file_write or fv_save_slab can write all of
 * these files, by creating and removing their temporary files. Errors: FV_ERROR_FILE; FV_ERROR_ARGUMENT for two paths
 * of one file (links or other spellings). */
FV_API fv_status fv_files_check(const char* const* paths, int32_t count, fv_error** error);
/* Removes the temporary files that this process is writing; these writes then fail. Async-signal-safe, for a host's
 * handlers of fatal signals. The library installs no such handlers. */
FV_API void fv_files_discard(void);

/* ---- data files: arrays under names ----
 * One format is as good as another here. It is told by the ending of the file's name:
 *   "npy"  .npy         one array, mapped where its layout allows
 *   "npz"  .npz         members as of numpy.savez; names are without ".npy"
 *   "csv"  .csv         columns between commas, or semicolons or tabs if the first line has these
 *   "tsv"  .tsv         columns between tabs
 *   "txt"  .txt         columns between blanks, or commas and so on; lines that begin with # are comments
 *   "raw"  .bin, .raw   nothing but elements, in C order and this machine's byte order; mapped
 * Text tables follow RFC 4180: cells in "…" may hold separators, line ends and "" for a quote; lines end with LF, CRLF
 * or CR; a byte order mark is skipped, and so are empty lines. The first row names the columns if one of its cells is
 * no value; without such a header the names are "0", "1" and so on. A column is int64 if all cells are integers in its
 * range, else float64; bool if all are true or false; a cell that is empty or NA is NaN, so the column is float64.
 * Decimal commas are refused. A column with other words has no array. All rows have as many cells as the first. */
typedef struct fv_data_options {
  size_t struct_size;
  const char* format;       /* NULL: by the path's ending; of descriptors and pipes, which may have any name, by what
                               they begin with ("raw" if there is a dtype), and when writing "npy" */
  int32_t descriptor;       /* in place of a path that is NULL: an open file, pipe or socket. It is read to its end, or
                               written to, and stays open */
  int32_t together;         /* not 0: the columns of a text table are one array without a name, of the dtype that all
                               promote to: one row a row, or of one column with one axis */
  int32_t copy;             /* not 0: nothing is mapped */
  int32_t rank;             /* of `shape` */
  const int64_t* shape;     /* of raw elements; NULL: one axis, as long as the file */
  const char* dtype;        /* of raw elements, as "float32" */
  const char* const* names; /* the columns or members to read; NULL: all */
  int32_t name_count;
  int32_t passes_over_missing; /* not 0: names that the file does not have are no error, and not among its arrays */
} fv_data_options;
/* Reads the arrays of a file, which is of no use afterwards unless it is mapped (see fv_npy_open). *data is the
 * caller's. options may be NULL. Nothing is half read: a fault anywhere is an error, which for text tables says row
 * (from 1, behind the header), line and column. Errors: FV_ERROR_FILE; FV_ERROR_ARGUMENT (an ending or a format that is
 * not known, which is found before anything is opened; options that the format does not have). */
FV_API fv_status fv_data_open(const char* path, const fv_data_options* options, fv_data** data, fv_error** error);
/* How many arrays there are, in the file's order, and what their names are: "" for the one array of a format without
 * names. NULL for an index that is out of range. The names are the data's. */
FV_API int32_t fv_data_count(const fv_data* data);
FV_API const char* fv_data_name(const fv_data* data, int32_t index);
/* Array `index`, valid until release; flags say FV_VIEW_READONLY, and FV_VIEW_MAPPED when it is a mapping. Errors:
 * FV_ERROR_FILE: it is a column of words (the message has the first one and its place), or of a dtype that is no
 * number's; FV_ERROR_ARGUMENT: an index that is out of range. */
FV_API fv_status fv_data_view(const fv_data* data, int32_t index, fv_view* view, fv_error** error);
FV_API void fv_data_release(fv_data* data);
/* Writes arrays in the format of the path's ending, or in options->format (struct_size, format and descriptor are
 * used): a file as fv_npy_write does it. Text tables take one array of up to two axes, without a header, or several of
 * one length, or of rank 0, whose names (names may be NULL for one array) become the header; floats have the fewest
 * digits that read back. npz takes any, the others one. Errors: FV_ERROR_FILE, FV_ERROR_ARGUMENT (as fv_data_open; too
 * many arrays), FV_ERROR_SHAPE (no table), FV_ERROR_UNSUPPORTED (a dtype that no text has). */
FV_API fv_status fv_data_write(const char* path, const char* const* names, const fv_view* views, int32_t count,
                               const fv_data_options* options, fv_error** error);
/* Static: the format of a path's ending, as above, for reading (writes == 0) or writing. Opens nothing. Errors:
 * FV_ERROR_ARGUMENT: there is none; the message lists the endings that there are. */
FV_API fv_status fv_data_format(const char* path, int32_t writes, const char** format, fv_error** error);
/* Looks whether replacing a file would destroy something of another kind than its ending says: a table in letters under
 * the name x.npy, a picture under x.csv. Pictures (.png, .svg) and files of HDF5 are known as well. The functions that
 * write replace whatever is there; call this before them where a user may have mistyped a name. A file that is missing
 * or empty, and one of an unknown ending, is fine. Errors: FV_ERROR_FILE. */
FV_API fv_status fv_file_check_kind(const char* path, fv_error** error);

/* ---- ranks: arrays that no process holds whole ----
 * A world is a number of ranks that work together: processes under MPI, or threads of this process. Each holds its part
 * of a distributed array as memory of its own, and hands it over as a view; a distribution says what the parts are of.
 * An array is cut along one axis by offsets (rank r holds [offsets[r], offsets[r + 1]), which may be nothing), or
 * replicated: every rank has all of it, with the same bits, and a NULL distribution says so too.
 *
 * Functions that say "collective" are called by all ranks of the world, in the same order, with the same texts, layouts
 * and options; they wait for each other there. One thread of a rank uses its world, and everything collective that is
 * of that world, at a time; under MPI it is the thread that made the world. Where the ranks would find something
 * different (a file that one cannot read, memory that one does not have), all of them get the error of the first that
 * failed. A handle or a place for results that is missing is found by its own rank alone, before anything is sent.
 * After FV_ERROR_COMMUNICATION a world is broken: each further call fails with the same error.
 * docs/distributed.md tells how to start ranks and what is sent when. */
typedef enum fv_world_kind {
  FV_WORLD_DEFAULT = 0,      /* MPI_COMM_WORLD in a process that a launcher started (mpirun), else a rank by itself */
  FV_WORLD_SELF = 1,         /* a rank by itself; no MPI is loaded */
  FV_WORLD_MPI = 2,          /* MPI_COMM_WORLD; MPI is initialised if nobody has */
  FV_WORLD_COMMUNICATOR = 3, /* the MPI_Comm that `communicator` points to (mpi4py: MPI._addressof(comm)) */
  FV_WORLD_FORTRAN_COMMUNICATOR = 4, /* the Fortran handle `fortran_communicator` (mpi4py: comm.py2f()) */
  FV_WORLD_PLANNED = 5 /* rank 0 of `ranks` that are not there: for fv_explain_distributed; it sends nothing */
} fv_world_kind;

typedef struct fv_world_options {
  size_t struct_size;
  int32_t kind; /* fv_world_kind */
  int32_t fortran_communicator;
  const void* communicator;
  double watchdog_seconds; /* a rank that waits this long with nothing arriving fails and says for whom; 0: off */
  int64_t largest_message; /* bytes; longer ones go in pieces. 0: 2^30. The same on all ranks */
  int32_t check_calls;     /* not 0: before each collective ranks compare what they call. The same on all ranks */
  int32_t ranks;           /* of FV_WORLD_PLANNED */
} fv_world_options;

/* Collective, under MPI. options may be NULL. A host's communicator is duplicated, and left as it is.
 * Errors: FV_ERROR_ARGUMENT (a number out of range, or FUSEVAL_THREADS is none), FV_ERROR_UNSUPPORTED (no
 * libfuseval_mpi.so, or no MPI), FV_ERROR_COMMUNICATION (MPI's; an mpirun of another MPI). */
FV_API fv_status fv_world_create(const fv_world_options* options, fv_world** world, fv_error** error);
/* This rank's number, and how many there are; local: of those that share this machine's memory. 0 for NULL. */
FV_API int32_t fv_world_rank(const fv_world* world);
FV_API int32_t fv_world_size(const fv_world* world);
FV_API int32_t fv_world_local_rank(const fv_world* world);
FV_API int32_t fv_world_local_size(const fv_world* world);
/* Threads that suit a session of this rank, at least 1: each CPU that the thread that made the world may use, over the
 * ranks of this machine that may use it. Ranks that a launcher has bound get the CPUs that they are bound to. 0 for
 * NULL. */
FV_API int32_t fv_world_threads(const fv_world* world);
/* Collective: returns when all ranks have called it. Errors: FV_ERROR_COMMUNICATION. */
FV_API fv_status fv_world_barrier(fv_world* world, fv_error** error);
/* Collective: whether all is well, for what ranks do by themselves. status, message: what failed on this rank, or FV_OK
 * and anything. If something failed on any rank, all of them get the error of the first such rank, whose number goes to
 * *rank (-1: none failed); rank may be NULL. After it an interrupted world goes on. Errors: that one, and
 * FV_ERROR_COMMUNICATION with *rank -1. */
FV_API fv_status fv_world_agree(fv_world* world, fv_status status, const char* message, int32_t* rank,
                                fv_error** error);
/* Not collective: this rank gives up, and will make no further calls before fv_world_agree. Returns at once. Each other
 * rank fails with this error ("rank 3: ...") in the call in which it next waits for a message, in whatever call that
 * is. From then on every collective call fails on every rank, until all have called fv_world_agree. A collective call
 * that fails on one rank, in a way that its messages do not tell all others, interrupts the world by itself.
 * status: an error's. Errors: FV_ERROR_ARGUMENT (FV_OK), FV_ERROR_COMMUNICATION. */
FV_API fv_status fv_world_interrupt(fv_world* world, fv_status status, const char* message, fv_error** error);
/* Its distributions keep what they need of it. The communicator is given back once the last of them is released too,
 * which all ranks do in the same order. */
FV_API void fv_world_release(fv_world* world);

/* 0, or anything else to fail. May throw. `world` belongs to the library and lives until the function returns. */
typedef int (*fv_rank_function)(void* user, fv_world* world);
/* Runs function(user, world) on `count` threads at once, one a rank, and returns when all have: for tests and for
 * debugging. When ranks wait for each other for ever, all of them fail. When one fails, the others' next use of their
 * worlds does. Errors: FV_ERROR_ARGUMENT (count < 1), FV_ERROR_HOOK (the function threw or failed). */
FV_API fv_status fv_run_ranks(int32_t count, fv_rank_function function, void* user, fv_error** error);

/* How an array is distributed; immutable. axis: that is cut, or -1: replicated. shape: the whole array's. offsets:
 * as many as ranks and one, from 0 to shape[axis], not falling; NULL: lengths that differ by one at most, the longer
 * first. Not collective, but the same on all ranks. Errors: FV_ERROR_ARGUMENT. */
FV_API fv_status fv_distribution_create(fv_world* world, int32_t rank, const int64_t* shape, int32_t axis,
                                        const int64_t* offsets, fv_distribution** distribution, fv_error** error);
/* -1: replicated; also for NULL. */
FV_API int32_t fv_distribution_axis(const fv_distribution* distribution);
/* Number of dimensions. 0 for NULL. */
FV_API int32_t fv_distribution_rank(const fv_distribution* distribution);
/* The whole array's shape, this rank's part's, and the offsets (NULL: replicated). Owned by the distribution. NULL for
 * NULL. */
FV_API const int64_t* fv_distribution_shape(const fv_distribution* distribution);
FV_API const int64_t* fv_distribution_local_shape(const fv_distribution* distribution);
FV_API const int64_t* fv_distribution_offsets(const fv_distribution* distribution);
/* The world, as one more handle of it. */
FV_API fv_status fv_distribution_world(const fv_distribution* distribution, fv_world** world, fv_error** error);
/* "Replicated", "Block(axis 0, even)", "Block(axis 1, offsets 0 5 7 9)". Owned by the caller: fv_string_release. */
FV_API fv_status fv_distribution_describe(const fv_distribution* distribution, char** result, fv_error** error);
FV_API void fv_distribution_release(fv_distribution* distribution);

/* Calls: fv_evaluate, fv_run and fv_run_named are collective when their options have a world or a distribution. Views
 * are then of this rank's parts; shapes and axes in the text are the whole arrays'. They run on the ranks' CPUs,
 * or each on a device of one kind: where the parts are, or on fv_run_options.device, which is the same on all ranks.
 * "cuda" is GPU fv_world_local_rank modulo the machine's GPUs. A part on a device fits it as a whole, or it is
 * FV_ERROR_MEMORY. Result `index`'s distribution, owned by the caller; NULL where it is replicated: every rank has all
 * of it. fv_results_view gives this rank's part. */
FV_API fv_status fv_results_distribution(const fv_results* results, int32_t index, fv_distribution** distribution,
                                         fv_error** error);
/* What a distributed call does: layouts, messages and their bytes. Not collective. distributions: NULL, or one an
 * input. Views need no data, but for weak scalars. world: NULL: the distributions'. Errors: as fv_explain. */
FV_API fv_status fv_explain_distributed(fv_session* session, const char* text, size_t length, const char* const* names,
                                        const fv_view* inputs, int32_t input_count, fv_world* world,
                                        const fv_distribution* const* distributions, char** result, fv_error** error);

/* Moving arrays. All of these are collective; views have any strides; what is made is this rank's part, in C order
 * (files: as they are), in memory of the session's, and its distribution, both owned by the caller. axis and offsets
 * are as in fv_distribution_create. Errors of all: FV_ERROR_ARGUMENT (a layout that does not fit, ranks that ask for
 * different things, views on a device), FV_ERROR_MEMORY, FV_ERROR_LIMIT, FV_ERROR_COMMUNICATION. */
#define FV_EVERY_RANK (-1) /* as a root: every rank gets the whole */
/* The root's array to all ranks, each its part. view: on other ranks than the root not looked at, and may be NULL. */
FV_API fv_status fv_scatter(fv_session* session, fv_world* world, const fv_view* view, int32_t root, int32_t axis,
                            const int64_t* offsets, fv_array** local, fv_distribution** distribution, fv_error** error);
/* The whole array on the root, or on every rank; *whole is NULL on the others. Errors: FV_ERROR_SHAPE (a part is not of
 * the distribution's local shape), FV_ERROR_DTYPE (parts differ). */
FV_API fv_status fv_gather(fv_session* session, const fv_view* local, const fv_distribution* distribution, int32_t root,
                           fv_array** whole, fv_error** error);
/* The same elements, cut otherwise. Errors: as fv_gather. */
FV_API fv_status fv_redistribute(fv_session* session, const fv_view* local, const fv_distribution* from, int32_t axis,
                                 const int64_t* offsets, fv_array** moved, fv_distribution** distribution,
                                 fv_error** error);
/* What the array is whose parts the ranks have already, one behind the other along `axis` (>= 0) in order of rank.
 * Nothing is copied. Errors: FV_ERROR_DTYPE, FV_ERROR_SHAPE (parts that do not fit each other). */
FV_API fv_status fv_distribute(fv_world* world, const fv_view* local, int32_t axis, fv_distribution** distribution,
                               fv_error** error);
/* This rank's part of the array in a .npy file that every rank sees; no more is read than that and the header. Where
 * the part is one range of bytes it is mapped (FV_VIEW_MAPPED), unless `copy` is not 0; what is not copied is
 * read-only. Elements lie in the file's order, C or Fortran. An array of rank 0 is replicated, whatever `axis` is.
 * "file.h5:/group/dataset" (or .hdf5, .he5) is a dataset of a file of HDF5, "file.h5" the only one in it: the part is
 * then memory of this rank's, in C order. Errors: FV_ERROR_FILE (also where ranks see different files),
 * FV_ERROR_UNSUPPORTED (HDF5, and its plugin cannot be loaded). */
FV_API fv_status fv_load_slab(fv_session* session, fv_world* world, const char* path, int32_t copy, int32_t axis,
                              const int64_t* offsets, fv_array** local, fv_distribution** distribution,
                              fv_error** error);
/* All parts as one .npy file, of which nothing is seen before it is whole; the folder is one that every rank sees. A
 * replicated array is written by rank 0. "file.h5:/group/dataset": as a file of HDF5 with this dataset, which replaces
 * a file only if that has nothing else in it. Errors: FV_ERROR_FILE, FV_ERROR_SHAPE, FV_ERROR_DTYPE,
 * FV_ERROR_UNSUPPORTED. */
FV_API fv_status fv_save_slab(const char* path, const fv_view* local, const fv_distribution* distribution,
                              fv_error** error);

/* ---- information ---- */
/* "0.1.0"; static. */
FV_API const char* fv_version(void);
/* Text, a "key: value" a line: versions, CPU, vector width, threads, caches, devices and why one is missing. Where
 * there is an NVIDIA driver this initialises it: a child that is forked afterwards cannot use it. Owned by the caller:
 * fv_string_release. */
FV_API fv_status fv_info(fv_session* session, char** result, fv_error** error);
/* "bool", "int8", …, static; NULL for a number that is no dtype. The inverse gives -1 for NULL and unknown names. */
FV_API const char* fv_dtype_name(int32_t dtype);
FV_API int32_t fv_dtype_from_name(const char* name);
/* Bytes of an element; 0 for a number that is no dtype. */
FV_API int32_t fv_dtype_size(int32_t dtype);
/* Gives memory that the process keeps for the next results back to the system. */
FV_API void fv_memory_trim(void);

#ifdef __cplusplus
}
#endif
#endif /* FUSEVAL_H */
