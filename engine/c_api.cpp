// The C ABI: thin translations of handles, options and exceptions. See include/fuseval/fuseval.h for the contract.
#include <fmt/format.h>

#include <algorithm>

#include "engine/c_api_error.hpp"
#include "engine/explain.hpp"
#include "engine/float_environment.hpp"
#include "engine/run.hpp"
#include "engine/session.hpp"

struct fv_session {
  fuseval::engine::Session session;
};

struct fv_program {
  std::shared_ptr<fuseval::engine::Program> program;
};

struct fv_results {
  fuseval::engine::Results results;
};

namespace fuseval::engine {
namespace {

Session& session_of(fv_session* session) { return session != nullptr ? session->session : Session::instance(); }
const Session& session_of(const fv_session* session) {
  return session != nullptr ? session->session : Session::instance();
}

// Fields that a caller compiled against an older header does not have keep their defaults.
template <class Options>
Options read_options(const Options* given, const char* name) {
  Options options{};
  if (given == nullptr) return options;
  if (given->struct_size < sizeof(size_t) || given->struct_size > 4096)
    throw Error(ErrorCode::invalid_handle,
                fmt::format("{}.struct_size is {}; set it to sizeof({})", name, given->struct_size, name));
  std::memcpy(&options, given, std::min(given->struct_size, sizeof options));
  return options;
}

Casting casting_of(int32_t casting) {
  switch (casting) {
    case 0:
      return Casting::same_kind;
    case 1:
      return Casting::unsafe;
    case 2:
      return Casting::safe;
    case 3:
      return Casting::no;
  }
  throw Error(ErrorCode::argument, fmt::format("casting is 0, 1, 2 or 3, not {}", casting));
}

int32_t result_dtype_of(const char* name) {
  if (name == nullptr) return -1;
  const auto dtype = fuseval::dtype_from_name(name);
  if (!dtype) throw Error(ErrorCode::argument, fmt::format("result_dtype: '{}' is no dtype", name));
  if (!is_computed(*dtype))
    throw Error(ErrorCode::unsupported, fmt::format("result_dtype: this version does not compute with {}", name));
  return static_cast<int32_t>(*dtype);
}

RunOptions run_options(const fv_run_options* given) {
  if (given == nullptr) return {};
  const fv_run_options options = read_options(given, "fv_run_options");
  const std::string_view device = options.device == nullptr ? "cpu" : options.device;
  if (device != "cpu" && device != "auto")
    throw Error(ErrorCode::unsupported,
                fmt::format("the device '{}' is not available in this version; use cpu or auto", device));
  if (options.threads < 0)
    throw Error(ErrorCode::argument, fmt::format("threads is {}; it must not be negative", options.threads));
  return {options.threads, {casting_of(options.casting), result_dtype_of(options.result_dtype)}};
}

SessionOptions session_options(const fv_session_options* given) {
  const fv_session_options options = read_options(given, "fv_session_options");
  SessionOptions result;
  result.threads = options.threads;
  result.vector_bits = options.vector_bits;
  require(options.program_limit >= 0 && options.kernel_limit >= 0, "program_limit or kernel_limit is negative");
  if (options.program_limit > 0) result.program_limit = static_cast<size_t>(options.program_limit);
  if (options.kernel_limit > 0) result.kernel_limit = static_cast<size_t>(options.kernel_limit);
  return result;
}

// Whether the views say enough to make machine code for them.
bool is_complete(const fv_view* inputs, int32_t count) {
  return std::all_of(inputs, inputs + count, [](const fv_view& view) {
    return (view.rank == 0 || view.shape != nullptr) && ((view.flags & FV_VIEW_WEAK) == 0 || view.data != nullptr);
  });
}

void run_program(const Program& program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                 int32_t output_count, const fv_run_options* options, fv_results** results) {
  require(input_count >= 0 && (inputs != nullptr || input_count == 0), "input_count is negative, or inputs is NULL");
  require(output_count >= 0 && (outputs != nullptr || output_count == 0),
          "output_count is negative, or outputs is NULL");
  const RunOptions run = run_options(options);
  if (results == nullptr) return engine::run(program, inputs, input_count, outputs, output_count, run, nullptr);
  auto made = std::make_unique<fv_results>();
  engine::run(program, inputs, input_count, outputs, output_count, run, &made->results);
  *results = made.release();
}

}  // namespace
}  // namespace fuseval::engine

using namespace fuseval::engine;

fv_status fv_error_code(const fv_error* error) { return error == nullptr ? FV_OK : error->code; }
const char* fv_error_message(const fv_error* error) { return error == nullptr ? "" : error->message.c_str(); }
void fv_error_span(const fv_error* error, uint32_t* begin, uint32_t* end) {
  if (begin != nullptr) *begin = error == nullptr ? 0 : error->span.begin;
  if (end != nullptr) *end = error == nullptr ? 0 : error->span.end;
}
uint32_t fv_error_line(const fv_error* error) { return error == nullptr ? 0 : error->line; }
uint32_t fv_error_column(const fv_error* error) { return error == nullptr ? 0 : error->column; }
const char* fv_error_caret(const fv_error* error) { return error == nullptr ? "" : error->caret.c_str(); }
void fv_error_release(fv_error* error) { delete error; }

fv_status fv_session_create(const fv_session_options* options, fv_session** session, fv_error** error) {
  return guard(error, {}, [&] {
    require(session != nullptr, "session is NULL");
    *session = nullptr;
    *session = new fv_session{Session(session_options(options))};
  });
}
void fv_session_release(fv_session* session) { delete session; }

fv_status fv_evaluate(fv_session* session, const char* text, size_t length, const char* const* names,
                      const fv_view* inputs, int32_t input_count, const fv_view* outputs, int32_t output_count,
                      const fv_run_options* options, fv_results** results, fv_error** error) {
  if (results != nullptr) *results = nullptr;
  const std::string_view view(text == nullptr ? "" : text, text == nullptr ? 0 : length);
  return guard(error, view, [&] {
    require(text != nullptr, "text is NULL");
    const FloatEnvironment environment;  // literals are read and constants folded in it
    const auto program = session_of(session).program(view, names, inputs, input_count);
    run_program(*program, inputs, input_count, outputs, output_count, options, results);
  });
}

fv_status fv_compile(fv_session* session, const char* text, size_t length, const char* const* names,
                     const fv_view* inputs, int32_t input_count, fv_program** program, fv_error** error) {
  const std::string_view view(text == nullptr ? "" : text, text == nullptr ? 0 : length);
  return guard(error, view, [&] {
    require(text != nullptr, "text is NULL");
    require(program != nullptr, "program is NULL");
    *program = nullptr;
    const FloatEnvironment environment;
    auto made = session_of(session).compile(view, names, inputs, input_count);
    if (is_complete(inputs, input_count)) made->specialise(inputs, nullptr, 0, ResultRule{});
    *program = new fv_program{std::move(made)};
  });
}

// What run_directly could not do. Apart, so that a direct call does not set up a frame for what may throw.
[[gnu::noinline]] static fv_status run_generally(const fv_program* program, const fv_view* inputs, int32_t input_count,
                                                 const fv_view* outputs, int32_t output_count,
                                                 const fv_run_options* options, fv_results** results,
                                                 fv_error** error) {
  if (results != nullptr) *results = nullptr;
  return guard(error, program == nullptr ? std::string_view{} : program->program->text(), [&] {
    require(program != nullptr, "program is NULL");
    run_program(*program->program, inputs, input_count, outputs, output_count, options, results);
  });
}

fv_status fv_run(const fv_program* program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                 int32_t output_count, const fv_run_options* options, fv_results** results, fv_error** error) {
  const bool plain = program != nullptr && options == nullptr && results == nullptr;
  if (!plain || !program->program->run_directly(inputs, input_count, outputs, output_count))
    return run_generally(program, inputs, input_count, outputs, output_count, options, results, error);
  if (error != nullptr) *error = nullptr;
  return FV_OK;
}
void fv_program_release(fv_program* program) { delete program; }

int32_t fv_results_count(const fv_results* results) {
  return results == nullptr ? 0 : static_cast<int32_t>(results->results.items.size());
}
int32_t fv_results_is_tuple(const fv_results* results) {
  return results != nullptr && results->results.is_tuple ? 1 : 0;
}

fv_status fv_results_view(const fv_results* results, int32_t index, fv_view* view, fv_error** error) {
  return guard(error, {}, [&] {
    require(results != nullptr && view != nullptr, "results or view is NULL");
    require(index >= 0 && index < fv_results_count(results), "there is no result of that index");
    const Result& item = results->results.items[static_cast<size_t>(index)];
    *view = {item.data,
             static_cast<int32_t>(item.dtype),
             static_cast<int32_t>(item.shape.size()),
             item.shape.data(),
             item.strides.data(),
             FV_DEVICE_CPU,
             0,
             0};
  });
}
void fv_results_release(fv_results* results) { delete results; }

fv_status fv_explain(fv_session* session, const char* text, size_t length, const char* const* names,
                     const fv_view* inputs, int32_t input_count, const char* stage, char** result, fv_error** error) {
  const std::string_view view(text == nullptr ? "" : text, text == nullptr ? 0 : length);
  return guard(error, view, [&] {
    require(text != nullptr && stage != nullptr && result != nullptr, "text, stage or result is NULL");
    *result = nullptr;
    const FloatEnvironment environment;
    const auto program = session_of(session).compile(view, names, inputs, input_count);
    *result = copy_string(explain(*program, inputs, input_count, stage));
  });
}
void fv_string_release(char* string) { ::operator delete(string); }

fv_status fv_session_counters(const fv_session* session, fv_counters* counters, fv_error** error) {
  return guard(error, {}, [&] {
    require(counters != nullptr, "counters is NULL");
    require(counters->struct_size >= sizeof(size_t), "fv_counters.struct_size is not set");
    const Session& owner = session_of(session);
    const Runtime& runtime = *owner.runtime();
    fv_counters now{};
    now.struct_size = counters->struct_size;
    now.launches = runtime.counters.launches;
    now.kernels_run = now.launches + runtime.counters.chained_kernels;
    now.tasks = runtime.counters.tasks;
    now.threads_used = runtime.counters.threads_used;
    now.kernels_compiled = runtime.counters.kernels_compiled;
    now.kernels_cached = static_cast<int64_t>(runtime.kernels.size());
    now.code_bytes = runtime.kernels.code_bytes();
    now.programs_cached = static_cast<int64_t>(owner.program_count());
    now.plans_made = runtime.counters.plans_made;
    now.compile_seconds = static_cast<double>(runtime.counters.compile_nanoseconds) * 1e-9;
    now.front_seconds = static_cast<double>(runtime.counters.front_nanoseconds) * 1e-9;
    std::memcpy(counters, &now, std::min(counters->struct_size, sizeof now));
  });
}

const char* fv_version(void) { return "0.1.0"; }

fv_status fv_info(fv_session* session, char** result, fv_error** error) {
  return guard(error, {}, [&] {
    require(result != nullptr, "result is NULL");
    *result = copy_string(information(*session_of(session).runtime()));
  });
}

const char* fv_dtype_name(int32_t dtype) {
  if (dtype < 0 || dtype >= fuseval::dtype_count) return nullptr;
  return fuseval::name_of(static_cast<fuseval::DType>(dtype)).data();  // names are literals: they end in NUL
}
int32_t fv_dtype_from_name(const char* name) {
  const auto dtype = name == nullptr ? std::nullopt : fuseval::dtype_from_name(name);
  return dtype ? static_cast<int32_t>(*dtype) : -1;
}
int32_t fv_dtype_size(int32_t dtype) {
  return dtype < 0 || dtype >= fuseval::dtype_count ? 0 : fuseval::size_of(static_cast<fuseval::DType>(dtype));
}
