#include "front_end.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>

#include "codegen/host/fold.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/highlight.hpp"
#include "ir/dtype.hpp"
#include "ir/plan.hpp"
#include "tests/unit/ir/plan_builder.hpp"

namespace fuseval::fuzz {
namespace {

using frontend::Ast;
using frontend::Expr;
using frontend::ExprId;

std::string fault_of_tree(const Ast& ast) {
  const size_t size = ast.source.size();
  if (ast.root >= ast.exprs.size()) return "the root is no node";
  for (ExprId id = 0; id < ast.exprs.size(); ++id) {
    const Expr& expr = ast[id];
    if (expr.span.begin > expr.span.end || expr.span.end > size) return "a node's span is outside the text";
    if (expr.op_span.begin < expr.span.begin || expr.op_span.end > expr.span.end)
      return "an operator is outside its node";
    for (uint32_t k = 0; k < expr.child_count; ++k)
      if (ast.child(expr, k) >= id) return "a child comes after its parent";
  }
  return frontend::print(ast).empty() ? "nothing is printed" : "";
}

std::string fault_of_picture(std::string_view text, Span span) {
  const std::string picture = frontend::caret_picture(text, span);
  if (std::count(picture.begin(), picture.end(), '\n') != 1) return "the picture is not two lines";
  return std::count(picture.begin(), picture.end(), '^') < 1 ? "the picture has no caret" : "";
}

std::string fault_of_error(std::string_view text, const Error& error) {
  const Span span = error.span();
  if (error.message().empty()) return "no message";
  if (error.message().find('\n') != std::string::npos) return "a message of several lines";
  if (error.code() == ErrorCode::none || error.code() == ErrorCode::internal) return "a bug: " + error.message();
  if (span.begin > span.end || span.end > text.size()) return "the span is outside the text: " + error.message();
  if (span == Span{} && !text.empty()) return "no place: " + error.message();
  return span == Span{} ? "" : fault_of_picture(text, span);
}

bool are_blanks(std::string_view text) { return text.find_first_not_of(" \t\f\r\n") == text.npos; }

/// Of its tokens for highlighting; none is an error in what the parser takes.
std::string fault_of_tokens(std::string_view text, bool is_parsed) {
  uint32_t end = 0;
  for (const auto& [kind, span] : frontend::highlight(text)) {
    if (span.begin < end || span.end <= span.begin || span.end > text.size()) return "a token is out of order or empty";
    if (!are_blanks(text.substr(end, span.begin - end))) return "something between two tokens is no blank";
    if (is_parsed && kind == frontend::HighlightKind::error) return "a token of a parsed text is an error";
    end = span.end;
  }
  return are_blanks(text.substr(end)) ? "" : "something behind the last token is no blank";
}

std::vector<ArrayLayout> c_layouts(const Function& function) {
  std::vector<ArrayLayout> layouts;
  for (const NodeId id : function.outputs) {
    const Shape& shape = function.graph.shape(id);
    layouts.push_back({shape, c_strides(shape, size_of(function.graph.dtype(id)))});
  }
  return layouts;
}

void plan(const frontend::BoundFunction& bound, const std::vector<frontend::InputInfo>& inputs) {
  std::vector<ArrayLayout> layouts;
  for (const auto& input : inputs) layouts.push_back({input.shape, c_strides(input.shape, size_of(input.dtype))});
  layouts.resize(layouts.size() + bound.scalars.elements().size());  // the numbers that a call computes
  verify(bound.function);
  const Function simple = simplify(bound.function, codegen::host_folder());
  verify(simple);
  const ChainLimits small_cache{.tile_bytes = 256, .row_bytes = 1024, .threads = 1};  // the arrays are small too
  for (const LoopNest& nest : make_plan(simple, layouts, c_layouts(simple), small_cache).kernels) verify(nest);
}

Answer rejection(Stage stage, std::string_view text, const Error& error) {
  std::string fault = fault_of_error(text, error);
  if (fault.empty()) fault = fault_of_tokens(text, false);
  return {stage, error.code(), fault};
}

Answer answer(std::string_view text, const std::vector<frontend::InputInfo>& inputs, const frontend::Limits& limits) {
  Ast ast;
  try {
    ast = frontend::parse(text, limits);
  } catch (const Error& error) {
    return rejection(Stage::rejected_by_parser, text, error);
  }
  std::string fault = fault_of_tree(ast);
  if (fault.empty()) fault = fault_of_tokens(text, true);
  if (!fault.empty()) return {Stage::planned, ErrorCode::none, fault};
  try {
    plan(frontend::bind(ast, inputs, limits), inputs);
  } catch (const Error& error) {
    return rejection(Stage::rejected_by_bind, text, error);
  }
  return {};
}

// What the signal handler shows: it has no other way to know.
std::atomic<const char*> watched_text{nullptr};
std::atomic<size_t> watched_size{0};

void report_hang(int) {
  constexpr std::string_view head = "a text takes more than a minute of the processor:\n";
  const size_t most = std::min<size_t>(watched_size, 4096);
  if (write(STDERR_FILENO, head.data(), head.size()) < 0 || write(STDERR_FILENO, watched_text, most) < 0) _exit(4);
  _exit(3);
}

// In seconds of this process's work: other processes' do not count.
void ring_after(time_t seconds) {
  const itimerval timer{{0, 0}, {seconds, 0}};
  setitimer(ITIMER_VIRTUAL, &timer, nullptr);
}

}  // namespace

Answer answer_to(std::string_view text, const std::vector<frontend::InputInfo>& inputs,
                 const frontend::Limits& limits) {
  try {
    return answer(text, inputs, limits);
  } catch (const std::exception& error) {
    return {Stage::planned, ErrorCode::internal, std::string("an exception that is no diagnostic: ") + error.what()};
  }
}

Watchdog::Watchdog() { std::signal(SIGVTALRM, report_hang); }

Watchdog::~Watchdog() {
  ring_after(0);
  std::signal(SIGVTALRM, SIG_DFL);
}

void Watchdog::watch(std::string_view text) {
  watched_size = 0;
  watched_text = text.data();
  watched_size = text.size();
  ring_after(60);
}

}  // namespace fuseval::fuzz
