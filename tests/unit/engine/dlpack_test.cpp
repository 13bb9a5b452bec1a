// DLPack: hand-made tensors of both forms, of the host and of the fake GPU, come in and are given back once; ours go
// out and outlive whoever made them.
#include <doctest/doctest.h>

#include <functional>
#include <numeric>
#include <optional>

#include "engine/arrays/dlpack_abi.hpp"
#include "support.hpp"
#include "tests/fakes/fake_machine.hpp"

using namespace engine_test;
namespace dlpack = fuseval::engine::dlpack;

namespace {

using OwnedHandle = std::unique_ptr<fv_array, void (*)(fv_array*)>;
using Old = dlpack::ManagedTensor;
using New = dlpack::ManagedTensorVersioned;

template <class Managed>
constexpr bool is_versioned = std::is_same_v<Managed, New>;

constexpr dlpack::DataType float64_type{dlpack::TypeCode::floating, 64, 1};
constexpr dlpack::Device host{dlpack::DeviceType::cpu, 0};
constexpr dlpack::Device gpu{dlpack::DeviceType::cuda, 0};

/// Another library's tensor, which knows how often it was given back.
template <class Managed>
class Foreign {
 public:
  Foreign(void* data, dlpack::Device device, Shape shape, std::optional<Shape> strides = {})
      : shape_(std::move(shape)), strides_(std::move(strides)) {
    managed.tensor = {data,
                      device,
                      static_cast<std::int32_t>(shape_.size()),
                      float64_type,
                      shape_.data(),
                      strides_ ? strides_->data() : nullptr,
                      0};
    managed.manager = this;
    managed.deleter = [](Managed* self) {
      auto* const owner = static_cast<Foreign*>(self->manager);
      ++owner->times_deleted;
      if (owner->when_deleted) owner->when_deleted();
    };
    if constexpr (is_versioned<Managed>) managed.version = dlpack::version;
  }
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;

  /// Nothing in it on failure.
  OwnedHandle given_to(fv_session* session, fv_error** error = nullptr) {
    auto* array = reinterpret_cast<fv_array*>(1);
    const fv_status status = fv_array_from_dlpack(session, &managed, is_versioned<Managed>, &array, error);
    CHECK((status == FV_OK) == (array != nullptr));
    return {array, fv_array_release};
  }

  Managed managed{};
  int times_deleted = 0;
  std::function<void()> when_deleted;

 private:
  Shape shape_;
  std::optional<Shape> strides_;
};

fuseval::View view_of(const OwnedHandle& array) {
  fv_view view{};
  REQUIRE(fv_array_view(array.get(), &view, nullptr) == FV_OK);
  return fuseval::View(view);
}

OwnedHandle handle_of(const fuseval::Session& session, const std::vector<double>& numbers, const char* device) {
  fv_array* array = nullptr;
  const fuseval::View view = fuseval::detail::view_of(numbers);
  const fv_view raw = view.raw();
  REQUIRE(fv_to_device(session.handle(), &raw, device, &array, nullptr) == FV_OK);
  return {array, fv_array_release};
}

std::vector<double> counting(std::size_t count) {
  std::vector<double> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 1.0);
  return numbers;
}

std::vector<double> values_of(const fuseval::Session& session, const OwnedHandle& array) {
  return session.to_host(session.evaluate("a + 0", {{"a", view_of(array)}})).to_vector<double>();
}

/// What an import says, which must not take the tensor.
template <class Managed>
std::pair<fv_status, std::string> refused(fv_session* session, Foreign<Managed>& tensor) {
  fv_error* error = nullptr;
  const OwnedHandle array = tensor.given_to(session, &error);
  CHECK(array == nullptr);
  CHECK(tensor.times_deleted == 0);
  const std::pair<fv_status, std::string> said{fv_error_code(error), fv_error_message(error)};
  fv_error_release(error);
  return said;
}

}  // namespace

TEST_CASE_TEMPLATE("DLPack: the host's memory is used as it lies, and given back once", Managed, Old, New) {
  auto numbers = counting(6);
  Foreign<Managed> tensor(numbers.data(), host, {2, 3});
  {
    std::optional<fuseval::Session> session{fuseval::SessionOptions{}};
    const OwnedHandle array = tensor.given_to(session->handle());
    REQUIRE(array != nullptr);
    CHECK(view_of(array).raw().data == numbers.data());
    CHECK(session->evaluate("sum(a, axis=1)", {{"a", view_of(array)}}).to_vector<double>() ==
          std::vector<double>{6, 15});
    session->evaluate("a*2", {{"a", view_of(array)}}, fuseval::into(view_of(array)));
    CHECK(numbers == std::vector<double>{2, 4, 6, 8, 10, 12});
    session.reset();  // the array outlives it
    CHECK(tensor.times_deleted == 0);
  }
  CHECK(tensor.times_deleted == 1);
}

TEST_CASE("DLPack: a read-only tensor is no output; a tensor may have no deleter, and no elements") {
  const FakeMachine machine;
  const fuseval::Session session{fuseval::SessionOptions{}};
  auto numbers = counting(4);
  Foreign<New> tensor(numbers.data(), host, {4});
  tensor.managed.flags = dlpack::flag_read_only;
  tensor.managed.deleter = nullptr;
  const OwnedHandle array = tensor.given_to(session.handle());
  CHECK((view_of(array).raw().flags & FV_VIEW_READONLY) != 0);
  const fuseval::Error error = error_of([&] {
    session.evaluate("a + 1", {{"a", view_of(array)}}, fuseval::into(view_of(array)));
  });
  CHECK(error.code() == FV_ERROR_ARGUMENT);
  CHECK(numbers == counting(4));
  Foreign<New> nothing(nullptr, gpu, {3, 0});
  fuseval::RunOptions to_host;
  to_host.results_on = FV_RESULTS_ON_HOST;
  CHECK(session.evaluate("sum(a)", {{"a", view_of(nothing.given_to(session.handle()))}}, to_host).item<double>() == 0);
  CHECK(nothing.times_deleted == 1);
}

TEST_CASE_TEMPLATE("DLPack: strides, none, negative and zero, and an offset", Managed, Old, New) {
  const FakeMachine machine;
  const fuseval::Session session{fuseval::SessionOptions{}}, other{fuseval::SessionOptions{}};
  auto numbers = counting(12);
  const OwnedHandle there = handle_of(other, numbers, "cuda");
  other.synchronize("cuda");
  for (const dlpack::Device device : {host, gpu}) {
    CAPTURE(static_cast<int>(device.type));
    void* const data = device.type == gpu.type ? view_of(there).raw().data : numbers.data();
    const auto values = [&](Shape shape, std::optional<Shape> strides, std::uint64_t offset) {
      Foreign<Managed> tensor(data, device, std::move(shape), std::move(strides));
      tensor.managed.tensor.byte_offset = offset;
      return values_of(session, tensor.given_to(session.handle()));
    };
    CHECK(values({3}, {}, 0) == std::vector<double>{1, 2, 3});
    CHECK(values({2, 2}, {}, 32) == std::vector<double>{5, 6, 7, 8});
    CHECK(values({2, 3}, Shape{1, 4}, 0) == std::vector<double>{1, 5, 9, 2, 6, 10});
    CHECK(values({4}, Shape{-2}, 64) == std::vector<double>{9, 7, 5, 3});
    CHECK(values({2, 3}, Shape{0, 5}, 8) == std::vector<double>{2, 7, 12, 2, 7, 12});
    CHECK(values({}, {}, 88) == std::vector<double>{12});
  }
}

TEST_CASE_TEMPLATE("DLPack: a GPU's memory is given back when the session's work on it is done", Managed, Old, New) {
  for (const std::uint64_t order : {1, 2, 3, 4, 5, 6}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order});
    const fuseval::Session session{fuseval::SessionOptions{}}, other{fuseval::SessionOptions{}};
    const auto numbers = rough_numbers<double>(300);
    OwnedHandle there = handle_of(other, numbers, "cuda");
    Foreign<Managed> tensor(view_of(there).raw().data, gpu, {300});
    // The other library frees the memory, in the order of its own stream, which knows nothing of ours.
    tensor.when_deleted = [&] { there.reset(); };
    REQUIRE(fv_session_wait_for_stream(session.handle(), "cuda", other.stream("cuda"), nullptr) == FV_OK);
    OwnedHandle array = tensor.given_to(session.handle());
    const fuseval::Result b = session.evaluate("a*2 + sum(a)", {{"a", view_of(array)}});
    CHECK(tensor.times_deleted == 0);
    array.reset();
    CHECK(tensor.times_deleted == 1);
    const fuseval::Array after = other.to_device(std::vector<double>(300, -1.0), "cuda");  // the same memory, perhaps
    CHECK(session.to_host(b).to_vector<double>() ==
          session.evaluate("a*2 + sum(a)", {{"a", numbers}}).to_vector<double>());
  }
}

TEST_CASE_TEMPLATE("DLPack: what cannot be taken stays the caller's", Managed, Old, New) {
  const FakeMachine machine;
  const fuseval::Session session{fuseval::SessionOptions{}};
  auto numbers = counting(8);
  Foreign<Managed> tensor(numbers.data(), host, {2, 4}, Shape{4, 1});
  dlpack::Tensor& raw = tensor.managed.tensor;
  fv_status code = FV_ERROR_UNSUPPORTED;
  std::string begin;
  SUBCASE("lanes") {
    raw.dtype.lanes = 2;
    begin = "DLPack: elements of code 2, 64 bits and 2 lanes are no dtype of fuseval's";
  }
  SUBCASE("bfloat16") {
    raw.dtype = {static_cast<dlpack::TypeCode>(4), 16, 1};
    begin = "DLPack: elements of code 4, 16 bits and 1 lane";
  }
  SUBCASE("bits") {
    raw.dtype = {dlpack::TypeCode::integer, 4, 1};
    begin = "DLPack: elements of code 0, 4 bits";
  }
  SUBCASE("a device of another kind") {
    raw.device.type = static_cast<dlpack::DeviceType>(8);  // Metal
    begin = "DLPack: the array is on a device of type 8";
  }
  SUBCASE("a device that is not there") {
    raw.device = {dlpack::DeviceType::cuda, 1};
    code = FV_ERROR_ARGUMENT;
    begin = "there is no CUDA device 1";
  }
  SUBCASE("a device of a negative number") {
    raw.device = {dlpack::DeviceType::cuda, -1};
    code = FV_ERROR_INVALID_HANDLE;
    begin = "DLPack: device number -1 is negative";
  }
  SUBCASE("the host's memory that is said to be a device's") {
    raw.device = gpu;
    code = FV_ERROR_ARGUMENT;
    begin = "DLPack: its memory is not memory that CUDA knows, or was freed";
  }
  SUBCASE("ranks that are none") {
    raw.rank = -1;
    code = FV_ERROR_INVALID_HANDLE;
    begin = "DLPack: rank -1 is not in [0, 64]";
  }
  SUBCASE("no shape") {
    raw.shape = nullptr;
    code = FV_ERROR_INVALID_HANDLE;
    begin = "DLPack: shape is NULL";
  }
  SUBCASE("no data") {
    raw.data = nullptr;
    code = FV_ERROR_INVALID_HANDLE;
    begin = "DLPack: data is NULL";
  }
  SUBCASE("a negative extent") {
    raw.shape[1] = -4;
    code = FV_ERROR_INVALID_HANDLE;
    begin = "DLPack: extent -4 of axis 1 is negative";
  }
  SUBCASE("strides beyond the address space") {
    raw.strides[0] = INT64_MAX / 4;
    code = FV_ERROR_ARGUMENT;
    begin = "DLPack: its strides leave the address space";
    CHECK(refused(session.handle(), tensor).second.find(begin) == 0);
    raw.strides[0] = INT64_MAX / 16;
    code = FV_ERROR_INVALID_HANDLE;
    begin = "DLPack: byte strides";
  }
  const auto [found, message] = refused(session.handle(), tensor);
  CHECK(found == code);
  CAPTURE(message);
  CHECK(message.find(begin) == 0);
}

TEST_CASE("DLPack: versions other than 1 are not read") {
  auto numbers = counting(8);
  for (const std::uint32_t major : {0u, 2u}) {
    Foreign<New> tensor(numbers.data(), host, {8});
    tensor.managed.version = {major, 7};
    const auto [code, message] = refused(nullptr, tensor);
    CHECK(code == FV_ERROR_UNSUPPORTED);
    CHECK(message == "DLPack: the array is of version " + std::to_string(major) + ".7; fuseval reads version 1");
  }
  Foreign<New> later(numbers.data(), host, {8});
  later.managed.version = {1, 99};
  CHECK(later.given_to(nullptr) != nullptr);
}

TEST_CASE_TEMPLATE("DLPack: a GPU's memory that is unaligned, too small, another device's, or freed", Managed, Old,
                   New) {
  EnvironmentVariables variables;
  variables.set("FUSEVAL_CACHE_DIR", "");
  const FakeDriver driver({.devices = 2});
  const FakeNvrtc nvrtc;
  const fuseval::Session session{fuseval::SessionOptions{}};
  OwnedHandle there = handle_of(session, counting(64), "cuda");
  auto* const data = static_cast<char*>(view_of(there).raw().data);
  const auto said = [&](char* begin, dlpack::Device device, std::optional<Shape> strides = {}) {
    Foreign<Managed> tensor(begin, device, {64}, std::move(strides));
    return refused(session.handle(), tensor);
  };
  CHECK(said(data + 4, gpu) ==
        std::pair(FV_ERROR_ARGUMENT, std::string("DLPack: its elements of 8 bytes are not aligned "
                                                 "to as many, which a device needs; copy it "
                                                 "first")));
  CHECK(said(data + 8, gpu).second == "DLPack: its memory has 512 bytes, of which the view wants those from 8 to 520");
  CHECK(said(data, gpu, Shape{2}).second.find("DLPack: its memory has 512 bytes") == 0);
  CHECK(said(data, gpu, Shape{-1}).first == FV_ERROR_ARGUMENT);
  CHECK(said(data, {dlpack::DeviceType::cuda, 1}).second == "DLPack: its memory is on CUDA device 0, not 1");
  there.reset();
  session.synchronize("cuda");
  CHECK(said(data, gpu).second.find("DLPack: its memory is not memory that CUDA knows, or was freed") == 0);
}

namespace {

/// A tensor that fuseval made, given back at the end.
template <class Managed>
struct Exported {
  explicit Exported(const fv_array* array) {
    void* made = nullptr;
    REQUIRE(fv_array_to_dlpack(array, is_versioned<Managed>, &made, nullptr) == FV_OK);
    managed = static_cast<Managed*>(made);
  }
  ~Exported() {
    if (managed != nullptr) managed->deleter(managed);
  }
  Exported(const Exported&) = delete;
  Exported& operator=(const Exported&) = delete;
  Managed* managed = nullptr;
};

}  // namespace

TEST_CASE_TEMPLATE("DLPack: exported, an array outlives its handle and its session", Managed, Old, New) {
  OwnedHandle array{nullptr, fv_array_release};
  {
    const fuseval::Session session{fuseval::SessionOptions{}};
    array = handle_of(session, counting(6), "cpu");
  }
  const Exported<Managed> first(array.get()), second(array.get());
  array.reset();
  const dlpack::Tensor& tensor = first.managed->tensor;
  CHECK(tensor.device.type == dlpack::DeviceType::cpu);
  CHECK(tensor.rank == 1);
  CHECK(tensor.shape[0] == 6);
  CHECK(tensor.strides[0] == 1);
  CHECK(tensor.byte_offset == 0);
  CHECK(tensor.dtype.lanes == 1);
  CHECK(second.managed->tensor.data == tensor.data);
  static_cast<double*>(tensor.data)[5] = 9;
  CHECK(static_cast<double*>(second.managed->tensor.data)[5] == 9);
  if constexpr (is_versioned<Managed>) {
    CHECK(first.managed->version.major == 1);
    CHECK(first.managed->flags == 0);
  }
}

TEST_CASE("DLPack: every dtype goes out and comes in") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  for (int dtype = 0; dtype <= FV_COMPLEX128; ++dtype) {
    CAPTURE(dtype);
    const std::int64_t shape[] = {2, 3};
    fv_array* made = nullptr;
    REQUIRE(fv_array_create(session.handle(), "cpu", 0, dtype, 2, shape, &made, nullptr) == FV_OK);
    const OwnedHandle array{made, fv_array_release};
    Exported<New> tensor(array.get());
    CHECK(tensor.managed->tensor.dtype.bits == 8 * fv_dtype_size(dtype));
    CHECK(tensor.managed->tensor.strides[0] == 3);
    fv_array* again = nullptr;
    REQUIRE(fv_array_from_dlpack(session.handle(), std::exchange(tensor.managed, nullptr), 1, &again, nullptr) ==
            FV_OK);
    const OwnedHandle back{again, fv_array_release};
    CHECK(view_of(back).raw().dtype == dtype);
    CHECK(view_of(back).raw().data == view_of(array).raw().data);
    CHECK(view_of(back).raw().byte_strides[0] == 3 * fv_dtype_size(dtype));
  }
}

TEST_CASE("DLPack: what came in goes out again, its strides and read-only as it was") {
  auto numbers = counting(12);
  Foreign<New> tensor(numbers.data() + 11, host, {2, 3}, Shape{-1, -4});
  tensor.managed.flags = dlpack::flag_read_only;
  OwnedHandle array = tensor.given_to(nullptr);
  void* made = nullptr;
  CHECK(fv_array_to_dlpack(array.get(), 0, &made, nullptr) == FV_ERROR_ARGUMENT);  // version 0 cannot say so
  {
    const Exported<New> out(array.get());
    array.reset();
    CHECK(tensor.times_deleted == 0);
    CHECK(out.managed->flags == dlpack::flag_read_only);
    CHECK(out.managed->tensor.data == numbers.data() + 11);
    CHECK(out.managed->tensor.strides[0] == -1);
    CHECK(out.managed->tensor.strides[1] == -4);
  }
  CHECK(tensor.times_deleted == 1);
}

TEST_CASE("DLPack: results of a GPU are exported, and outlive results, array and session") {
  for (const std::uint64_t order : {1, 2, 3, 4}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order});
    const fuseval::Session consumer{fuseval::SessionOptions{}};
    std::unique_ptr<Exported<New>> tensor;
    {
      const fuseval::Session session{fuseval::SessionOptions{}};
      const auto numbers = counting(200);
      const fuseval::Array there = session.to_device(numbers, "cuda");
      const char* const name = "a";
      const fuseval::View view = there.view();
      const fv_view input = view.raw();
      fv_results* results = nullptr;
      REQUIRE(fv_evaluate(session.handle(), "a*2, sum(a)", 11, &name, &input, 1, nullptr, 0, nullptr, &results,
                          nullptr) == FV_OK);
      fv_array* array = nullptr;
      REQUIRE(fv_results_array(results, 0, &array, nullptr) == FV_OK);
      fv_results_release(results);
      tensor = std::make_unique<Exported<New>>(array);
      fv_array_release(array);
      REQUIRE(fv_stream_wait_for_session(session.handle(), "cuda", consumer.stream("cuda"), nullptr) == FV_OK);
    }
    CHECK(tensor->managed->tensor.device.type == dlpack::DeviceType::cuda);
    CHECK(tensor->managed->tensor.device.id == 0);
    fv_array* taken = nullptr;
    REQUIRE(fv_array_from_dlpack(consumer.handle(), std::exchange(tensor->managed, nullptr), 1, &taken, nullptr) ==
            FV_OK);
    const OwnedHandle array{taken, fv_array_release};
    CHECK(consumer.to_host(consumer.evaluate("sum(a)", {{"a", view_of(array)}})).item<double>() == 200.0 * 201);
  }
}

TEST_CASE("DLPack: the simulator's memory stays with it") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  const OwnedHandle array = handle_of(session, counting(3), "cudasim");
  void* made = &made;
  CHECK(fv_array_to_dlpack(array.get(), 1, &made, nullptr) == FV_ERROR_UNSUPPORTED);
  CHECK(made == nullptr);
}
