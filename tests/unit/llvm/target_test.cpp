#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "harness.hpp"
#include "ir/error.hpp"

namespace fuseval::test {
namespace {

NestBuilder unary(Op op, DType dtype) {
  NestBuilder builder({100});
  builder.store(builder.op(op, {builder.load(dtype, {1})}), {1});
  return builder;
}

codegen::TargetOptions options_for(const char* cpu, int bits = 0) {
  codegen::TargetOptions options;
  options.cpu = cpu;
  options.vector_bits = bits;
  return options;
}

ErrorCode error_of(const codegen::TargetOptions& options) {
  try {
    codegen::target_description(options);
    return ErrorCode::none;
  } catch (const Error& error) {
    return error.code();
  }
}

std::string message_of(const codegen::TargetOptions& options) {
  try {
    codegen::target_description(options);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

TEST_CASE("the vector width is the one asked for") {
  for (const Op op : {Op::sqrt, Op::sin}) {
    const NestBuilder builder = unary(op, DType::float64);
    const std::string wide = codegen::assembly(builder.nest, options_for("x86-64-v4"));
    CHECK(contains(wide, "%zmm"));
    for (const codegen::TargetOptions& options : {options_for("x86-64-v4", 256), options_for("x86-64-v3")}) {
      const std::string narrow = codegen::assembly(builder.nest, options);
      CHECK(contains(narrow, "%ymm"));
      CHECK_FALSE(contains(narrow, "%zmm"));
      CHECK_FALSE(contains(narrow, "%k1"));
      CHECK_FALSE(contains(narrow, "%ymm16"));
    }
  }
}

TEST_CASE("kernels call nothing") {
  for (const OpInfo& op : all_ops()) {
    if (op.arity != 1 || (op.domain != Domain::inexact)) continue;
    for (const DType dtype : {DType::float32, DType::float64}) {
      const NestBuilder builder = unary(op.op, dtype);
      INFO(op.name);
      CHECK_FALSE(contains(codegen::assembly(builder.nest, options_for("x86-64-v3")), "\tcall"));
      CHECK_FALSE(contains(codegen::assembly(builder.nest, options_for("x86-64-v4")), "\tcall"));
    }
  }
}

// codegen/llvm/register_constant.hpp says why.
TEST_CASE("the common path of elementary functions reads no constant of a product from memory, with 512 bits") {
  for (const Op op : {Op::exp, Op::sin, Op::cos}) {
    const NestBuilder builder = unary(op, DType::float64);
    std::istringstream text(codegen::assembly(builder.nest, options_for("x86-64-v4")));
    int products = 0;
    for (std::string line; std::getline(text, line) && !contains(line, "gather");) {
      if (!contains(line, "vfmadd") && !contains(line, "vmulpd")) continue;
      ++products;
      CAPTURE(line);
      CHECK_FALSE(contains(line, "{1to8}"));
    }
    CHECK(products >= 8);
  }
}

TEST_CASE("streaming stores are whole vectors past the caches") {
  const NestBuilder builder = unary(Op::negative, DType::float64);
  for (const char* cpu : {"x86-64-v3", "x86-64-v4"}) {
    codegen::TargetOptions options = options_for(cpu);
    CHECK_FALSE(contains(codegen::assembly(builder.nest, options), "movnt"));
    options.streaming_stores = true;
    const std::string text = codegen::assembly(builder.nest, options);
    CHECK(contains(text, "vmovnt"));
    CHECK_FALSE(contains(text, "movnti"));
    CHECK(contains(text, "sfence"));
  }
}

TEST_CASE("operations are not contracted") {
  NestBuilder builder({100});
  const uint32_t x = builder.load(DType::float64, {1});
  builder.store(builder.op(Op::add, {builder.op(Op::multiply, {x, x}), x}), {1});
  CHECK_FALSE(contains(codegen::assembly(builder.nest, options_for("x86-64-v4")), "vfm"));
}

TEST_CASE("processors that will not do") {
  CHECK(error_of(options_for("x86-64-v3")) == ErrorCode::none);
  CHECK(error_of(options_for("x86-64-v2")) == ErrorCode::unsupported);
  CHECK(error_of(options_for("x86-64")) == ErrorCode::unsupported);
  CHECK(error_of(options_for("z80")) == ErrorCode::unsupported);
  CHECK(error_of(options_for("haswell", 512)) == ErrorCode::unsupported);
  CHECK(error_of(options_for("x86-64-v4", 128)) == ErrorCode::argument);
  CHECK(message_of(options_for("nehalem")) ==
        "fuseval needs a processor with AVX2 and FMA (x86-64-v3: Intel's since Haswell, AMD's since Zen); 'nehalem' is "
        "not "
        "one");
}

// A sanitizer keeps freed memory to itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

TEST_CASE("distinct kernels, compiled and freed, leave memory flat" * doctest::skip(is_sanitized)) {
  const auto compile_many = [](int first, int count) {
    for (int k = first; k < first + count; ++k) {
      NestBuilder builder({10});
      uint32_t value = builder.load(DType::float64, {1});
      const Op ops[] = {Op::add, Op::multiply, Op::subtract, Op::divide};
      for (int rest = k, step = 0; step < 5; ++step, rest /= 4) value = builder.op(ops[rest % 4], {value, value});
      builder.store(value, {1});
      CHECK(codegen::compile(builder.nest)->code_bytes > 0);
    }
  };
  compile_many(0, 100);
  const int64_t before = resident_bytes();
  compile_many(100, 500);
  CHECK(resident_bytes() - before < 4'000'000);
}

TEST_CASE("several threads compile at once") {
  std::vector<std::thread> threads;
  std::vector<int64_t> bytes(4);
  for (size_t k = 0; k < bytes.size(); ++k)
    threads.emplace_back([&bytes, k] {
      for (const Op op : {Op::exp, Op::floor, Op::negative})
        bytes[k] += codegen::compile(unary(op, DType::float64).nest)->code_bytes;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(bytes[0] > 0);
  for (const int64_t total : bytes) CHECK(total == bytes[0]);
}

}  // namespace fuseval::test
