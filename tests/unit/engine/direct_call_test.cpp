// fv_run without options takes the direct way where it can, with options the general one: both must leave the same
// bytes, whatever the alignment, the length and the overlap of the arrays.
#include <doctest/doctest.h>

#include "support.hpp"

using namespace engine_test;

namespace {

using Bytes = std::vector<unsigned char>;

struct Call {
  std::vector<fv_view> inputs, outputs;
};

class CompiledText {
 public:
  CompiledText(const char* text, const Call& call) {
    const char* const names[] = {"a", "b"};
    fv_error* error = nullptr;
    REQUIRE(fv_compile(nullptr, text, std::strlen(text), names, call.inputs.data(),
                       static_cast<std::int32_t>(call.inputs.size()), &program_, &error) == FV_OK);
  }
  ~CompiledText() { fv_program_release(program_); }
  CompiledText(const CompiledText&) = delete;
  CompiledText& operator=(const CompiledText&) = delete;

  void run(const Call& call, const fv_run_options* options) const {
    fv_error* error = nullptr;
    REQUIRE(fv_run(program_, call.inputs.data(), static_cast<std::int32_t>(call.inputs.size()), call.outputs.data(),
                   static_cast<std::int32_t>(call.outputs.size()), options, nullptr, &error) == FV_OK);
  }

 private:
  fv_program* program_ = nullptr;
};

fv_run_options any_options() {
  fv_run_options options{};
  options.struct_size = sizeof options;
  return options;
}

std::int64_t launches() {
  fv_counters counters{};
  counters.struct_size = sizeof counters;
  fv_error* error = nullptr;
  REQUIRE(fv_session_counters(nullptr, &counters, &error) == FV_OK);
  return counters.launches;
}

/// A buffer on a page of its own whose bytes are made from the seed.
Bytes start_bytes(std::size_t count) {
  std::mt19937_64 random(seed);
  Bytes bytes(count);
  for (std::size_t k = 0; k + 8 <= count; k += 8) {
    const double x = static_cast<double>(random() % 1000) / 8 + 1;
    std::memcpy(&bytes[k], &x, 8);
  }
  return bytes;
}

/// Places of `a`, `b` and the outputs as byte offsets in one buffer; runs both ways from the same start.
struct Places {
  std::size_t a, b;
  std::vector<std::size_t> outputs;
};

template <class T>
void check_same(const char* text, std::int64_t n, const Places& places, std::size_t buffer_bytes) {
  const Bytes start = start_bytes(buffer_bytes);
  const auto call_in = [&](Bytes& memory) {
    const auto view = [&](std::size_t offset) {
      return fv_view{memory.data() + offset,
                     static_cast<std::int32_t>(fuseval::dtype_of<T>()),
                     1,
                     &n,
                     nullptr,
                     FV_DEVICE_CPU,
                     0,
                     0};
    };
    Call call{{view(places.a), view(places.b)}, {}};
    for (const std::size_t offset : places.outputs) call.outputs.push_back(view(offset));
    return call;
  };
  Bytes general = start;
  const Call general_call = call_in(general);
  const CompiledText program(text, general_call);
  const fv_run_options options = any_options();
  program.run(general_call, &options);

  Bytes memory = start;
  const Call call = call_in(memory);
  const std::int64_t before = launches();
  program.run(call, nullptr);
  CHECK(launches() == before + 1);
  CHECK((memory == general));

  std::vector<T> a(static_cast<std::size_t>(n)), b(a), out(a);  // an independent answer for one output
  std::memcpy(a.data(), &start[places.a], a.size() * sizeof(T));
  std::memcpy(b.data(), &start[places.b], b.size() * sizeof(T));
  std::memcpy(out.data(), &memory[places.outputs.back()], out.size() * sizeof(T));
  if (places.outputs.size() == 1)
    for (std::size_t k = 0; k < a.size(); ++k) CHECK(out[k] == a[k] - b[k]);
}

}  // namespace

TEST_CASE("direct calls: every alignment and length writes its elements and no others") {
  for (const std::int64_t n : {1, 7, 8, 9, 127, 128, 129, 136, 255, 257, 1000})
    for (std::size_t shift = 0; shift < 64; shift += 8) {
      CAPTURE(n);
      CAPTURE(shift);
      check_same<double>("a - b", n, {256 + shift, 9000 + shift, {18000 + shift}}, 27000);
      check_same<double>("a - b", n, {256 + shift, 9008, {18000 + 64 - shift}}, 27000);
      check_same<float>("a - b", n, {256 + shift, 9000 + shift, {18004 + shift}}, 27000);
    }
}

TEST_CASE("direct calls: outputs that overlap inputs") {
  constexpr std::int64_t n = 300;
  for (int distance = -2500; distance <= 2500; distance += 100) {
    CAPTURE(distance);
    const auto output = static_cast<std::size_t>(4000 + distance / 8 * 8);
    check_same<double>("a - b", n, {4000, 12000, {output}}, 16000);
    check_same<double>("a - b", n, {12000, 4000, {output}}, 16000);
    check_same<double>("a - b", n, {4000, 4000 + 2400, {output}}, 16000);
  }
  check_same<double>("a - b", n, {4000, 4000, {4000}}, 16000);
}

TEST_CASE("direct calls: lists in the text are further arrays, whose memory no output overlaps") {
  for (const std::size_t output : {8000u, 4000u, 4008u, 2000u}) {
    CAPTURE(output);
    for (const char* text : {"a - b * [1, 1, 1, 1, 1]", "a - [0.5, 1.5, 2, 4, 3.25] - (b - [0.5, 1.5, 2, 4, 3.25])",
                             "a - b + ([1, 2, 3, 4, 5] if a.size > 5 else [0])"})
      check_same<double>(text, 5, {4000, 1200, {output}}, 16000);
    check_same<double>("a - b + [1, 2, 3, 4, 5], [1, 0, 0, 1, 7]*b, a - b", 5, {4000, 1200, {output, 9000, 10000}},
                       16000);
  }
}

TEST_CASE("direct calls: several outputs, apart and over one another") {
  for (const std::size_t second : {8000u, 4800u, 4000u, 1000u, 408u, 0u}) {
    CAPTURE(second);
    check_same<double>("a - b, a + b", 50, {400, 1200, {4800, second}}, 16000);
  }
}

TEST_CASE("direct calls: other shapes, dtypes and read-only outputs are left to the general way") {
  std::vector<double> a(40, 3), b(40, 1), out(40, 0);
  std::vector<float> single(40, 0);
  std::int64_t n = 40, fewer = 20, one = 1;
  const auto view = [](void* data, std::int32_t dtype, const std::int64_t* shape, std::uint32_t flags = 0) {
    return fv_view{data, dtype, 1, shape, nullptr, FV_DEVICE_CPU, 0, flags};
  };
  Call call{{view(a.data(), FV_FLOAT64, &n), view(b.data(), FV_FLOAT64, &n)}, {view(out.data(), FV_FLOAT64, &n)}};
  const CompiledText program("a - b", call);
  program.run(call, nullptr);
  CHECK(out == std::vector<double>(40, 2));

  call.outputs[0] = view(single.data(), FV_FLOAT32, &n);
  program.run(call, nullptr);
  CHECK(single == std::vector<float>(40, 2));

  call.inputs[1] = view(b.data(), FV_FLOAT64, &one);
  call.outputs[0] = view(out.data(), FV_FLOAT64, &n);
  std::fill(out.begin(), out.end(), 0.0);
  program.run(call, nullptr);
  CHECK(out == std::vector<double>(40, 2));

  call.inputs[0] = view(a.data(), FV_FLOAT64, &fewer);
  call.outputs[0] = view(out.data(), FV_FLOAT64, &fewer);
  std::fill(out.begin(), out.end(), 0.0);
  program.run(call, nullptr);
  CHECK(out[19] == 2);
  CHECK(out[20] == 0);
}
