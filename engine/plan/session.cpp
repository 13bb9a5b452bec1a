#include "engine/plan/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/base/views.hpp"
#include "frontend/free_names.hpp"
#include "frontend/unicode.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"
#include "runtime/environment.hpp"
#include "runtime/lasting.hpp"

namespace fuseval::engine {
namespace {

// 0: FUSEVAL_THREADS is not set.
int threads_of_environment() {
  constexpr int most = 4096;
  const std::string text = runtime::environment("FUSEVAL_THREADS");
  if (text.empty()) return 0;
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error == std::errc() && end == text.data() + text.size() && threads >= 1 && threads <= most) return threads;
  throw Error(ErrorCode::argument,
              fmt::format("FUSEVAL_THREADS is '{}'; it must be a whole number from 1 to {}", text, most));
}

std::shared_ptr<Runtime> make_runtime(const SessionOptions& options) {
  if (options.vector_bits != 0 && options.vector_bits != 256 && options.vector_bits != 512)
    throw Error(ErrorCode::argument, fmt::format("vector_bits is 0, 256 or 512, not {}", options.vector_bits));
  if (options.threads < 0)
    throw Error(ErrorCode::argument, fmt::format("threads is {}; it must not be negative", options.threads));
  codegen::TargetOptions target;
  target.vector_bits = options.vector_bits;
  SessionOptions exact = options;
  if (exact.threads == 0) exact.threads = threads_of_environment();
  return std::make_shared<Runtime>(exact, target);
}

// Lengths in front of texts: no two calls share a key. names may be nullptr.
std::string program_key(std::string_view text, const char* const* names, const fv_view* inputs, int32_t count) {
  std::string key;
  key.reserve(text.size() + 16 + static_cast<size_t>(count) * 16);
  const auto number = [&](uint64_t value) { key.append(reinterpret_cast<const char*>(&value), sizeof value); };
  number(text.size() << 1 | (names == nullptr ? 1u : 0u));
  key += text;
  for (int32_t k = 0; k < count; ++k) {
    const size_t length = names == nullptr ? 0 : std::strlen(names[k]);
    number(length << 16 | static_cast<uint64_t>(inputs[k].rank & 0xff) << 8 |
           static_cast<uint64_t>(inputs[k].dtype & 0x3f) | ((inputs[k].flags & FV_VIEW_WEAK) != 0 ? 0x40u : 0u));
    if (length > 0) key.append(names[k], length);
  }
  return key;
}

void check_names(const char* const* names, const fv_view* inputs, int32_t count) {
  if (count < 0) throw Error(ErrorCode::invalid_handle, fmt::format("the number of inputs is {}", count));
  if (count > 0 && inputs == nullptr) throw Error(ErrorCode::invalid_handle, "inputs is NULL");
  for (int32_t k = 0; k < count; ++k) {
    if (names != nullptr && (names[k] == nullptr || names[k][0] == '\0'))
      throw Error(ErrorCode::invalid_handle, fmt::format("the name of input {} is empty", k));
    validate_description(inputs[k],
                         names != nullptr ? fmt::format("input '{}'", names[k]) : fmt::format("input {}", k));
  }
}

void check_distinct(const std::vector<Program::Input>& inputs) {
  std::vector<std::string_view> sorted;
  for (const Program::Input& input : inputs) sorted.push_back(input.name);
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) throw Error(ErrorCode::argument, fmt::format("the name '{}' is bound twice", *twice));
}

std::vector<std::string> names_by_position(const frontend::Ast& ast, int32_t count) {
  std::vector<std::string> names, others;
  for (frontend::FreeName& free : frontend::free_names(ast))
    (free.meaning ? others : names).push_back(std::move(free.name));
  if (names.size() == static_cast<size_t>(count)) return names;
  std::string message =
      fmt::format("the text has {} to bind by position ({}), but {} {} given", counted(names.size(), "name"),
                  fmt::join(names, ", "), counted(count, "input"), count == 1 ? "is" : "are");
  if (!others.empty())
    message += fmt::format("; a word of the language is bound by its name alone ({})", fmt::join(others, ", "));
  throw Error(ErrorCode::argument, std::move(message));
}

std::vector<std::string> normalised_names(const char* const* names, int32_t count) {
  std::vector<std::string> normalised;
  for (int32_t k = 0; k < count; ++k) normalised.push_back(frontend::normalised_name(names[k]));
  return normalised;
}

std::vector<Program::Input> described_inputs(const std::vector<std::string>& names, const fv_view* inputs) {
  std::vector<Program::Input> described;
  for (size_t k = 0; k < names.size(); ++k)
    described.push_back({names[k], dtype_of(inputs[k]), inputs[k].rank, (inputs[k].flags & FV_VIEW_WEAK) != 0});
  return described;
}

}  // namespace

Session::Session(const SessionOptions& options) : runtime_(make_runtime(options)), programs_(options.program_limit) {
  runtime_->hooks_owner.own(options.hooks);
}

Session& Session::instance() {
  static constinit runtime::Lasting<Session> session;
  return session.get([] { return Session(SessionOptions{}); });
}

std::shared_ptr<Program> Session::compile(std::string_view text, const char* const* names, const fv_view* inputs,
                                          int32_t count) const {
  check_names(names, inputs, count);
  if (names == nullptr && count > 0) {
    frontend::Ast ast = parsed(text, *runtime_);
    std::vector<Program::Input> described = described_inputs(names_by_position(ast, count), inputs);
    return std::make_shared<Program>(runtime_, std::move(ast), std::move(described));
  }
  std::vector<Program::Input> described = described_inputs(normalised_names(names, count), inputs);
  check_distinct(described);
  return std::make_shared<Program>(runtime_, text, std::move(described));
}

std::vector<frontend::Hint> Session::hints(std::string_view text, const char* const* names, const fv_view* inputs,
                                           int32_t count) const {
  check_names(names, inputs, count);
  const frontend::Ast ast = parsed(text, *runtime_);
  const std::vector<std::string> found =
      names == nullptr && count > 0 ? names_by_position(ast, count) : normalised_names(names, count);
  std::vector<frontend::InputInfo> infos;
  for (int32_t k = 0; k < count; ++k)
    infos.push_back({found[static_cast<size_t>(k)], dtype_of(inputs[k]), {}, false, 0});
  return frontend::hints(ast, infos);
}

std::shared_ptr<Program> Session::program(std::string_view text, const char* const* names, const fv_view* inputs,
                                          int32_t count) {
  check_names(names, inputs, count);
  std::string key = program_key(text, names, inputs, count);
  {
    std::lock_guard lock(mutex_);
    if (const auto* known = programs_.find(key)) return *known;
  }
  auto made = compile(text, names, inputs, count);
  std::lock_guard lock(mutex_);
  if (const auto* known = programs_.find(key)) return *known;
  programs_.insert(std::move(key), made);
  return made;
}

size_t Session::program_count() const {
  std::lock_guard lock(mutex_);
  return programs_.size();
}

}  // namespace fuseval::engine
