// fuseval for C++17 and later: header-only, over the C ABI in fuseval.h.
//
//   std::vector<double> a = ..., b = ...;
//   auto c = fuseval::evaluate("a**2 + b**2", {{"a", a}, {"b", b}});
//   for (double x : c.values<double>()) ...
//   double s = fuseval::evaluate("sum(a*b)", {{"a", a}, {"b", b}}).item<double>();
//   auto [low, high] = fuseval::evaluate("min(a), max(a)", {{"a", a}}).unpack<2>();
//
//   auto axpy = fuseval::compile("k*a + b", {{"k", 2.0}, {"a", a}, {"b", b}});   // once
//   axpy.into(out)(3.0, a, b);                                                   // many times, nothing allocated
//
// What may be bound: std::vector, std::array, std::span, C arrays (of several dimensions too) and anything else that
// std::data and std::size take, of bool, integers, float or double; fuseval::view(pointer, shape, byte_strides) for all
// layouts; results and .npy files. C++ bool, integers, float and double are Python-like weak scalars;
// fuseval::scalar<float>(x) is a NumPy-like strong one. Nothing is copied: data must live until the call returns.
// Every failure is a fuseval::Error.
#pragma once

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {  // the library's own classes have names of their own

enum class DType : std::int32_t {
  bool_ = FV_BOOL,
  int8 = FV_INT8,
  int16 = FV_INT16,
  int32 = FV_INT32,
  int64 = FV_INT64,
  uint8 = FV_UINT8,
  uint16 = FV_UINT16,
  uint32 = FV_UINT32,
  uint64 = FV_UINT64,
  float16 = FV_FLOAT16,
  float32 = FV_FLOAT32,
  float64 = FV_FLOAT64,
  complex64 = FV_COMPLEX64,
  complex128 = FV_COMPLEX128,
};

/// NumPy's name: "float64".
inline std::string name_of(DType dtype) {
  const char* name = fv_dtype_name(static_cast<std::int32_t>(dtype));
  return name ? name : "unknown";
}

/// A failure: what() is the message and, when it has a place in the text, the place and the caret picture.
class Error : public std::runtime_error {
 public:
  Error(fv_status code, const std::string& message) : std::runtime_error(message), code_(code), message_(message) {}

  explicit Error(const fv_error& error)
      : std::runtime_error(described(error)),
        code_(fv_error_code(&error)),
        message_(fv_error_message(&error)),
        caret_(fv_error_caret(&error)),
        line_(fv_error_line(&error)),
        column_(fv_error_column(&error)) {
    fv_error_span(&error, &begin_, &end_);
  }

  fv_status code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  /// Byte range [first, second) of the text; {0, 0}: no place.
  std::pair<std::uint32_t, std::uint32_t> span() const noexcept { return {begin_, end_}; }
  /// From 1, in code points; 0: no place.
  std::uint32_t line() const noexcept { return line_; }
  std::uint32_t column() const noexcept { return column_; }
  /// The source line and carets below it; empty: no place.
  const std::string& caret() const noexcept { return caret_; }

 private:
  static std::string described(const fv_error& error) {
    std::string text = fv_error_message(&error);
    if (fv_error_line(&error) == 0) return text;
    return text + " (line " + std::to_string(fv_error_line(&error)) + ", column " +
           std::to_string(fv_error_column(&error)) + ")\n" + fv_error_caret(&error);
  }

  fv_status code_;
  std::string message_;
  std::string caret_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t column_ = 0;
};

namespace detail {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* handle) const noexcept {
    release(handle);
  }
};
template <class T, auto release>
using Handle = std::unique_ptr<T, Release<release>>;
using ErrorHandle = Handle<fv_error, fv_error_release>;

/// Calls f(..., fv_error**) and turns a failure into an exception.
template <class F>
void check(F&& call) {
  fv_error* raw = nullptr;
  const fv_status status = call(&raw);
  const ErrorHandle error(raw);
  if (status == FV_OK) return;
  if (error) throw Error(*error);
  throw Error(status, "out of memory");  // the only reason for which there may be no error object
}

template <class T>
inline constexpr bool never = false;

template <class T>
constexpr bool is_text =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
constexpr int dtype_number() {
  if constexpr (std::is_same_v<T, bool>) {
    static_assert(sizeof(bool) == 1, "NumPy's bool takes one byte");
    return FV_BOOL;
  } else if constexpr (std::is_integral_v<T> && !is_text<T> && sizeof(T) <= 8) {
    constexpr int log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return (std::is_signed_v<T> ? FV_INT8 : FV_UINT8) + log2;
  } else if constexpr (std::is_same_v<T, float>) {
    return FV_FLOAT32;
  } else if constexpr (std::is_same_v<T, double>) {
    return FV_FLOAT64;
  } else if constexpr (std::is_same_v<T, std::complex<float>>) {
    return FV_COMPLEX64;
  } else if constexpr (std::is_same_v<T, std::complex<double>>) {
    return FV_COMPLEX128;
  } else {
    return -1;
  }
}

}  // namespace detail

/// The dtype of a C++ element type; a compile error for types that have none.
template <class T>
constexpr DType dtype_of() {
  constexpr int number = detail::dtype_number<std::remove_cv_t<T>>();
  static_assert(number >= 0,
                "fuseval: this C++ type is no array element (bool, integers of up to 64 bits, float, double, complex)");
  return static_cast<DType>(number);
}

/// An array or scalar in somebody's memory, as programs take it. Makes no copy of arrays, and one of scalars.
class View {
 public:
  View() = default;

  /// `byte_strides` may be empty: C order.
  View(void* data, DType dtype, const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& byte_strides,
       std::uint32_t flags = 0)
      : data_(data), dtype_(dtype), flags_(flags), has_strides_(!byte_strides.empty()) {
    if (has_strides_ && byte_strides.size() != shape.size())
      throw Error(FV_ERROR_ARGUMENT, "a view of " + std::to_string(shape.size()) + " dimensions has " +
                                         std::to_string(byte_strides.size()) + " strides");
    set_rank(shape.size());
    if (shape.empty()) return;
    std::copy_n(shape.data(), shape.size(), numbers());
    if (has_strides_) std::copy_n(byte_strides.data(), shape.size(), numbers() + shape.size());
  }

  /// C order, with the extents given one by one: allocates nothing up to 4 dimensions.
  template <std::size_t rank>
  View(void* data, DType dtype, const std::array<std::int64_t, rank>& shape, std::uint32_t flags)
      : data_(data), dtype_(dtype), flags_(flags) {
    set_rank(rank);
    for (std::size_t k = 0; k < rank; ++k) numbers()[k] = shape[k];
  }

  explicit View(const fv_view& raw)
      : data_(raw.data),
        dtype_(static_cast<DType>(raw.dtype)),
        flags_(raw.flags),
        has_strides_(raw.byte_strides != nullptr) {
    const auto rank = static_cast<std::size_t>(raw.rank);
    set_rank(rank);
    if (rank == 0) return;
    std::copy_n(raw.shape, rank, numbers());
    if (has_strides_) std::copy_n(raw.byte_strides, rank, numbers() + rank);
  }

  template <class T>
  static View of_scalar(T value, std::uint32_t flags) {
    View result;
    result.dtype_ = dtype_of<T>();
    result.flags_ = flags;
    result.is_scalar_ = true;
    static_assert(sizeof(T) <= sizeof result.scalar_);
    std::memcpy(&result.scalar_, &value, sizeof value);
    return result;
  }

  DType dtype() const { return dtype_; }

  /// Points into this object.
  fv_view raw() const {
    static char nothing;  // arrays without elements may have no address; to the C ABI, none means something else
    const bool strides = has_strides_ && rank_ > 0;
    void* address = is_scalar_ ? const_cast<unsigned char*>(scalar_) : data_;
    return {address ? address : &nothing,
            static_cast<std::int32_t>(dtype_),
            static_cast<std::int32_t>(rank_),
            rank_ > 0 ? numbers() : nullptr,
            strides ? numbers() + rank_ : nullptr,
            FV_DEVICE_CPU,
            0,
            flags_};
  }

 private:
  void set_rank(std::size_t rank) {
    rank_ = rank;
    const std::size_t wanted = has_strides_ ? 2 * rank : rank;
    if (wanted > few_.size()) many_.resize(wanted);
  }
  std::int64_t* numbers() { return many_.empty() ? few_.data() : many_.data(); }
  const std::int64_t* numbers() const { return many_.empty() ? few_.data() : many_.data(); }

  void* data_ = nullptr;
  DType dtype_ = DType::float64;
  std::uint32_t flags_ = 0;
  bool has_strides_ = false;
  bool is_scalar_ = false;
  std::size_t rank_ = 0;
  alignas(8) unsigned char scalar_[16] = {};
  std::array<std::int64_t, 4> few_{};  ///< shape, then strides
  std::vector<std::int64_t> many_;     ///< the same when they are more
};

/// A strided array: any layout, strides in bytes (negative, zero and unaligned ones too); empty strides: C order.
/// A pointer to const makes an input only.
template <class T>
View view(T* data, const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& byte_strides = {}) {
  void* address = const_cast<std::remove_cv_t<T>*>(data);
  return View(address, dtype_of<T>(), shape, byte_strides, std::is_const_v<T> ? FV_VIEW_READONLY : 0u);
}

/// A strong 0-d scalar, as np.float32(x): its dtype takes part in promotion.
template <class T>
View scalar(T value) {
  return View::of_scalar<T>(value, FV_VIEW_READONLY);
}

class Array;
class NpyFile;

namespace detail {

template <class T, class = void>
struct IsContiguous : std::false_type {};
template <class T>
struct IsContiguous<T, std::void_t<decltype(*std::data(std::declval<T&>())), decltype(std::size(std::declval<T&>()))>>
    : std::true_type {};

template <class T>
struct IsBoolVector : std::false_type {};
template <class Allocator>
struct IsBoolVector<std::vector<bool, Allocator>> : std::true_type {};

template <class T>
View weak_scalar(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return View::of_scalar(value, FV_VIEW_WEAK);
  } else if constexpr (std::is_integral_v<T>) {
    static_assert(!is_text<T>, "fuseval: a character is no number; convert it to an integer type");
    if constexpr (std::is_unsigned_v<T> && sizeof(T) >= 8)
      if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max()))
        throw Error(FV_ERROR_VALUE, "the integer " + std::to_string(value) +
                                        " is beyond int64; bind it as fuseval::scalar<std::uint64_t>");
    return View::of_scalar(static_cast<std::int64_t>(value), FV_VIEW_WEAK);
  } else {
    static_assert(sizeof(T) <= sizeof(double), "fuseval: long double has no dtype; convert it to double");
    return View::of_scalar(static_cast<double>(value), FV_VIEW_WEAK);
  }
}

template <class T, std::size_t... axis>
std::array<std::int64_t, sizeof...(axis)> extents(std::index_sequence<axis...>) {
  return {static_cast<std::int64_t>(std::extent_v<T, axis>)...};
}

template <class Element>
View contiguous(Element* data, std::size_t size) {
  static_assert(dtype_number<std::remove_cv_t<Element>>() >= 0,
                "fuseval: the elements of this container are no numbers that arrays are made of");
  const std::uint32_t flags = std::is_const_v<Element> ? FV_VIEW_READONLY : 0u;
  return View(const_cast<std::remove_cv_t<Element>*>(data), dtype_of<Element>(),
              std::array<std::int64_t, 1>{static_cast<std::int64_t>(size)}, flags);
}

/// The view of anything that can be bound. T is const-qualified where the value is.
template <class T>
View view_of(T& value) {
  using Plain = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<Plain, View>) {
    return value;
  } else if constexpr (std::is_base_of_v<Array, Plain> || std::is_same_v<Plain, NpyFile>) {
    return value.view();
  } else if constexpr (std::is_arithmetic_v<Plain>) {
    return weak_scalar<Plain>(value);
  } else if constexpr (std::is_array_v<T>) {
    using Element = std::remove_all_extents_t<T>;
    const std::uint32_t flags = std::is_const_v<Element> ? FV_VIEW_READONLY : 0u;
    return View(const_cast<std::remove_cv_t<Element>*>(reinterpret_cast<Element*>(&value)), dtype_of<Element>(),
                extents<T>(std::make_index_sequence<std::rank_v<T>>{}), flags);
  } else if constexpr (IsBoolVector<Plain>::value) {
    static_assert(never<T>,
                  "fuseval: std::vector<bool> stores bits, not bools; use std::vector<std::uint8_t> with "
                  "fuseval::view(reinterpret_cast<bool*>(v.data()), {n}), or std::array<bool, n>");
    return {};
  } else if constexpr (IsContiguous<T>::value) {
    return contiguous(std::data(value), std::size(value));
  } else {
    static_assert(never<T>, "fuseval: this type cannot be bound; use fuseval::view(pointer, shape, byte_strides)");
    return {};
  }
}

template <class T, class Plain = std::remove_cv_t<std::remove_reference_t<T>>>
View output_of(T&& value) {
  static_assert(!std::is_arithmetic_v<Plain>, "fuseval: a scalar cannot be an output; use fuseval::view(&x, {})");
  static_assert(!std::is_base_of_v<Array, Plain>, "fuseval: results are immutable and cannot be outputs");
  const View result = view_of(value);
  if ((result.raw().flags & FV_VIEW_READONLY) != 0) throw Error(FV_ERROR_ARGUMENT, "an output refers to constant data");
  return result;
}

}  // namespace detail

/// A name and what it stands for.
class Binding {
 public:
  template <class T>
  Binding(std::string name, const T& value) : name_(std::move(name)), view_(detail::view_of(value)) {}

  const std::string& name() const { return name_; }
  const View& view() const { return view_; }

 private:
  std::string name_;
  View view_;
};

/// {{"a", a}, {"b", b}}, or built name by name.
class Bindings {
 public:
  Bindings() = default;
  Bindings(std::initializer_list<Binding> list) : list_(list) {}

  template <class T>
  Bindings& add(std::string name, const T& value) {
    list_.emplace_back(std::move(name), value);
    return *this;
  }
  const std::vector<Binding>& list() const { return list_; }

 private:
  std::vector<Binding> list_;
};

/// Where results are written to instead of fresh memory; made by into().
class Outputs {
 public:
  Outputs() = default;
  explicit Outputs(std::vector<View> views) : views_(std::move(views)) {}
  const std::vector<View>& views() const { return views_; }

 private:
  std::vector<View> views_;
};

/// Containers, C arrays and views, one for each result. They are written to, not resized.
template <class... T>
Outputs into(T&&... outputs) {
  static_assert(((std::is_lvalue_reference_v<T> || std::is_same_v<std::decay_t<T>, View>)&&...),
                "fuseval: an output that is a temporary would be lost; use a variable or fuseval::view");
  return Outputs({detail::output_of(outputs)...});
}

enum class Casting : std::int32_t { same_kind = 0, unsafe = 1, safe = 2, no = 3 };

struct RunOptions {
  int threads = 0;                       ///< at most this many; 0: the session's
  Casting casting = Casting::same_kind;  ///< how results may be cast to outputs
  const char* device = nullptr;          ///< "cpu" or "auto"
  const char* result_dtype = nullptr;    ///< a dtype's name: owned results are cast to it, as `casting` allows

  fv_run_options raw() const {
    return {sizeof(fv_run_options), static_cast<std::int32_t>(threads), static_cast<std::int32_t>(casting), device,
            result_dtype};
  }
};

/// Elements one after the other, in C order.
template <class T>
class Values {
 public:
  Values(const T* data, std::size_t size) : data_(data), size_(size) {}
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  const T& operator[](std::size_t index) const { return data_[index]; }

 private:
  const T* data_;
  std::size_t size_;
};

/// One result: owns its memory, or refers to the output that it was written into. Movable, not copyable, immutable.
class Array {
 public:
  Array() = default;
  Array(Array&&) noexcept = default;
  Array& operator=(Array&&) noexcept = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  DType dtype() const { return static_cast<DType>(whole().dtype); }
  int rank() const { return whole().rank; }
  std::vector<std::int64_t> shape() const { return {whole().shape, whole().shape + whole().rank}; }
  std::vector<std::int64_t> byte_strides() const { return {whole().byte_strides, whole().byte_strides + whole().rank}; }
  View view() const { return View(whole()); }

  /// Number of elements.
  std::size_t size() const {
    std::int64_t count = 1;
    for (int k = 0; k < whole().rank; ++k) count *= whole().shape[k];
    return static_cast<std::size_t>(count);
  }

  bool is_contiguous() const {
    std::int64_t step = fv_dtype_size(whole().dtype);
    for (int k = whole().rank; k-- > 0;) {
      if (whole().shape[k] == 0) return true;
      if (whole().shape[k] != 1 && whole().byte_strides[k] != step) return false;
      step *= whole().shape[k];
    }
    return true;
  }

  /// The first element. T must be the result's element type.
  template <class T>
  const T* data() const {
    require_dtype(dtype_of<T>());
    return static_cast<const T*>(whole().data);
  }

  /// All elements in C order, in place. Results in fresh memory always are contiguous.
  template <class T>
  Values<T> values() const {
    if (!is_contiguous()) throw Error(FV_ERROR_ARGUMENT, "the result is not contiguous; use to_vector()");
    return {data<T>(), size()};
  }

  /// A copy of all elements in C order.
  template <class T>
  std::vector<T> to_vector() const {
    static_assert(!std::is_same_v<T, bool>, "fuseval: std::vector<bool> stores bits; use values<bool>()");
    std::vector<T> result;
    result.reserve(size());
    if (size() > 0) append(result, 0, reinterpret_cast<const char*>(data<T>()));
    return result;
  }

  /// One element by its index, negative ones counting from the end.
  template <class T, class... Index>
  T at(Index... index) const {
    const std::array<std::int64_t, sizeof...(Index)> indices{static_cast<std::int64_t>(index)...};
    return at_indices<T>(indices.data(), static_cast<int>(indices.size()));
  }

  /// The only element as a C++ number: from bool to integer to floating as needed, never the other way round.
  template <class T>
  T item() const {
    static_assert(std::is_arithmetic_v<T>, "fuseval: item() gives bool, integer and floating types");
    if (size() != 1) throw Error(FV_ERROR_SHAPE, "item() needs one element; the result has " + std::to_string(size()));
    const void* element = whole().data;
    switch (dtype()) {
      case DType::bool_:
        return converted<T, bool>(element);
      case DType::int8:
        return converted<T, std::int8_t>(element);
      case DType::int16:
        return converted<T, std::int16_t>(element);
      case DType::int32:
        return converted<T, std::int32_t>(element);
      case DType::int64:
        return converted<T, std::int64_t>(element);
      case DType::uint8:
        return converted<T, std::uint8_t>(element);
      case DType::uint16:
        return converted<T, std::uint16_t>(element);
      case DType::uint32:
        return converted<T, std::uint32_t>(element);
      case DType::uint64:
        return converted<T, std::uint64_t>(element);
      case DType::float32:
        return converted<T, float>(element);
      case DType::float64:
        return converted<T, double>(element);
      case DType::float16:
      case DType::complex64:
      case DType::complex128:
        break;
    }
    refuse_item();
  }

 protected:
  Array(std::shared_ptr<const fv_results> owner, const fv_view& raw) : owner_(std::move(owner)), view_(raw) {}

  /// A place that holds no single result: several, or none.
  Array(std::shared_ptr<const fv_results> owner, int count) : owner_(std::move(owner)), count_(count) {}

  static Array result(const std::shared_ptr<const fv_results>& owner, int index) {
    fv_view raw{};
    detail::check([&](fv_error** error) { return fv_results_view(owner.get(), index, &raw, error); });
    return Array(owner, raw);
  }

  static Array results(const std::shared_ptr<const fv_results>& owner) {
    const int count = fv_results_count(owner.get());
    return count == 1 ? result(owner, 0) : Array(owner, count);
  }

  const std::shared_ptr<const fv_results>& owner() const { return owner_; }

 private:
  const fv_view& whole() const {
    if (count_ != 1 || !owner_)
      throw Error(FV_ERROR_ARGUMENT, owner_ ? "there are " + std::to_string(count_) +
                                                  " results: choose one by result[i] or take all by unpack<n>()"
                                            : std::string("the array is empty: it was moved from, or never made"));
    return view_;
  }

  void require_dtype(DType wanted) const {
    if (dtype() != wanted)
      throw Error(FV_ERROR_DTYPE, "the result is " + name_of(dtype()) + ", not " + name_of(wanted));
  }

  template <class T>
  void append(std::vector<T>& result, int axis, const char* data) const {
    if (axis == view_.rank) {
      T value;
      std::memcpy(&value, data, sizeof value);
      return result.push_back(value);
    }
    for (std::int64_t i = 0; i < view_.shape[axis]; ++i) append(result, axis + 1, data + i * view_.byte_strides[axis]);
  }

  template <class T>
  T at_indices(const std::int64_t* indices, int count) const {
    if (count != rank())
      throw Error(FV_ERROR_ARGUMENT, "at() has " + std::to_string(count) + " indices; the result has " +
                                         std::to_string(rank()) + " dimensions");
    const char* address = reinterpret_cast<const char*>(data<T>());
    for (int k = 0; k < count; ++k) {
      const std::int64_t extent = view_.shape[k];
      if (indices[k] < -extent || indices[k] >= extent)
        throw Error(FV_ERROR_AXIS, "index " + std::to_string(indices[k]) + " is out of range for axis " +
                                       std::to_string(k) + " of extent " + std::to_string(extent));
      address += (indices[k] < 0 ? indices[k] + extent : indices[k]) * view_.byte_strides[k];
    }
    T value;
    std::memcpy(&value, address, sizeof value);
    return value;
  }

  [[noreturn]] void refuse_item() const {
    throw Error(FV_ERROR_DTYPE, "item() cannot convert " + name_of(dtype()) + " to the type that is asked for");
  }

  template <class T, class Stored>
  T converted(const void* element) const {
    Stored value;
    std::memcpy(&value, element, sizeof value);
    constexpr bool to_less = (std::is_same_v<T, bool> && !std::is_same_v<Stored, bool>) ||
                             (std::is_integral_v<T> && !std::is_integral_v<Stored>);
    if constexpr (to_less) {
      refuse_item();
    } else {
      const T result = static_cast<T>(value);
      if constexpr (std::is_integral_v<T> && std::is_integral_v<Stored>)
        if (static_cast<Stored>(result) != value || (result < T{}) != (value < Stored{}))
          throw Error(FV_ERROR_VALUE, "item(): " + std::to_string(value) + " does not fit the type that is asked for");
      return result;
    }
  }

  std::shared_ptr<const fv_results> owner_;
  fv_view view_{};
  int count_ = 1;
};

/// What a text evaluates to. For a single value use it as the Array that it is; for a tuple result[i] or unpack<n>().
class Result : public Array {
 public:
  Result() = default;

  explicit Result(detail::Handle<fv_results, fv_results_release> handle)
      : Result(std::shared_ptr<const fv_results>(std::move(handle))) {}

  /// Number of values in the tuple; 1 for a single value.
  std::size_t count() const { return static_cast<std::size_t>(fv_results_count(owner().get())); }
  bool is_tuple() const { return fv_results_is_tuple(owner().get()) != 0; }

  Array operator[](std::size_t index) const {
    if (index >= count())
      throw Error(FV_ERROR_ARGUMENT,
                  "there is no result " + std::to_string(index) + ": there are " + std::to_string(count()));
    return Array::result(owner(), static_cast<int>(index));
  }

  /// All results: auto [mean, deviation] = result.unpack<2>();
  template <std::size_t n>
  std::array<Array, n> unpack() const {
    if (n != count())
      throw Error(FV_ERROR_ARGUMENT, "there are " + std::to_string(count()) + " results, not " + std::to_string(n));
    return unpack_as(std::make_index_sequence<n>{});
  }

 private:
  explicit Result(const std::shared_ptr<const fv_results>& shared) : Array(Array::results(shared)) {}

  template <std::size_t... index>
  std::array<Array, sizeof...(index)> unpack_as(std::index_sequence<index...>) const {
    return {Array::result(owner(), static_cast<int>(index))...};
  }
};

namespace detail {

/// The names and views of bindings, as the C ABI takes them.
struct RawBindings {
  explicit RawBindings(const Bindings& bindings) {
    names.reserve(bindings.list().size());
    views.reserve(bindings.list().size());
    for (const Binding& binding : bindings.list()) {
      names.push_back(binding.name().c_str());
      views.push_back(binding.view().raw());
    }
  }
  std::int32_t count() const { return static_cast<std::int32_t>(views.size()); }

  std::vector<const char*> names;
  std::vector<fv_view> views;
};

inline std::vector<fv_view> raw_of(const Outputs& outputs) {
  std::vector<fv_view> views;
  views.reserve(outputs.views().size());
  for (const View& output : outputs.views()) views.push_back(output.raw());
  return views;
}

}  // namespace detail

/// A compiled text, fixed to its inputs' names, dtypes, ranks and weakness; made by compile(). Call it with one
/// argument for each binding, in that order. Immutable: call it from any number of threads.
class Program {
 public:
  explicit Program(detail::Handle<fv_program, fv_program_release> handle) : handle_(std::move(handle)) {}

  template <class... Input>
  Result operator()(const Input&... inputs) const {
    fv_results* results = nullptr;
    call(nullptr, 0, &results, RunOptions{}, inputs...);
    return Result(detail::Handle<fv_results, fv_results_release>(results));
  }

  /// The program with its outputs fixed.
  class Into {
   public:
    template <class... Input>
    void operator()(const Input&... inputs) const {
      program_.call(raw_.data(), static_cast<std::int32_t>(raw_.size()), nullptr, options_, inputs...);
    }
    Into(const Into&) = delete;
    Into& operator=(const Into&) = delete;

   private:
    friend class Program;
    Into(const Program& program, Outputs outputs, const RunOptions& options)
        : program_(program), outputs_(std::move(outputs)), raw_(detail::raw_of(outputs_)), options_(options) {}

    const Program& program_;
    Outputs outputs_;
    std::vector<fv_view> raw_;
    RunOptions options_;
  };

  /// program.into(out)(a, b): one output for each result. May be kept as long as program and outputs live.
  template <class... Output>
  Into into(Output&&... outputs) const {
    return Into(*this, fuseval::into(std::forward<Output>(outputs)...), RunOptions{});
  }
  Into with(Outputs outputs, const RunOptions& options) const { return Into(*this, std::move(outputs), options); }

  /// The same with inputs that are known at run time only.
  Result run(const std::vector<View>& inputs, const RunOptions& options = {}) const {
    std::vector<fv_view> raw;
    raw.reserve(inputs.size());
    for (const View& input : inputs) raw.push_back(input.raw());
    fv_results* results = nullptr;
    start(raw.data(), raw.size(), nullptr, 0, &results, options);
    return Result(detail::Handle<fv_results, fv_results_release>(results));
  }

  const fv_program* handle() const { return handle_.get(); }

 private:
  template <class... Input>
  void call(const fv_view* outputs, std::int32_t output_count, fv_results** results, const RunOptions& options,
            const Input&... inputs) const {
    constexpr std::size_t count = sizeof...(Input);
    const std::array<View, count> views{detail::view_of(inputs)...};
    std::array<fv_view, count> raw{};
    for (std::size_t k = 0; k < count; ++k) raw[k] = views[k].raw();
    start(raw.data(), count, outputs, output_count, results, options);
  }

  void start(const fv_view* inputs, std::size_t count, const fv_view* outputs, std::int32_t output_count,
             fv_results** results, const RunOptions& options) const {
    const fv_run_options run = options.raw();
    detail::check([&](fv_error** error) {
      return fv_run(handle_.get(), inputs, static_cast<std::int32_t>(count), outputs, output_count, &run, results,
                    error);
    });
  }

  detail::Handle<fv_program, fv_program_release> handle_;
};

struct SessionOptions {
  int threads = 0;            ///< 0: as many as the process may use
  int vector_bits = 0;        ///< 0: the widest; 256 or 512. Changes speed, never results
  std::int64_t programs = 0;  ///< kept by evaluate; 0: 1024
  std::int64_t kernels = 0;   ///< compiled kernels kept; 0: 1024
};

/// A thread pool and caches of one's own.
class Session {
 public:
  explicit Session(const SessionOptions& options) {
    const fv_session_options raw{sizeof(fv_session_options), static_cast<std::int32_t>(options.threads),
                                 static_cast<std::int32_t>(options.vector_bits), options.programs, options.kernels};
    fv_session* session = nullptr;
    detail::check([&](fv_error** error) { return fv_session_create(&raw, &session, error); });
    handle_.reset(session);
  }

  /// The process's default session.
  static Session shared() { return Session(); }

  Result evaluate(std::string_view text, const Bindings& bindings = {}, const RunOptions& options = {}) const {
    fv_results* results = nullptr;
    run(text, bindings, {}, options, &results);
    return Result(detail::Handle<fv_results, fv_results_release>(results));
  }

  /// Writes the results into the outputs: evaluate("a + b", {{"a", a}, {"b", b}}, fuseval::into(out)).
  void evaluate(std::string_view text, const Bindings& bindings, const Outputs& outputs,
                const RunOptions& options = {}) const {
    run(text, bindings, outputs, options, nullptr);
  }

  /// The bindings' dtypes, ranks and weakness count, not their values.
  Program compile(std::string_view text, const Bindings& bindings = {}) const {
    const detail::RawBindings raw(bindings);
    fv_program* program = nullptr;
    detail::check([&](fv_error** error) {
      return fv_compile(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(),
                        &program, error);
    });
    return Program(detail::Handle<fv_program, fv_program_release>(program));
  }

  /// What would run; stage is ast, graph, loops, llvm, asm or plan.
  std::string explain(std::string_view text, const Bindings& bindings = {}, const char* stage = "plan") const {
    const detail::RawBindings raw(bindings);
    return owned_string([&](char** result, fv_error** error) {
      return fv_explain(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(), stage,
                        result, error);
    });
  }

  /// "key: value" lines about library, machine and session.
  std::string info() const {
    return owned_string([&](char** result, fv_error** error) { return fv_info(handle_.get(), result, error); });
  }

  fv_counters counters() const {
    fv_counters counters{};
    counters.struct_size = sizeof counters;
    detail::check([&](fv_error** error) { return fv_session_counters(handle_.get(), &counters, error); });
    return counters;
  }

  fv_session* handle() const { return handle_.get(); }

 private:
  void run(std::string_view text, const Bindings& bindings, const Outputs& outputs, const RunOptions& options,
           fv_results** results) const {
    const detail::RawBindings raw(bindings);
    const std::vector<fv_view> raw_outputs = detail::raw_of(outputs);
    const fv_run_options raw_options = options.raw();
    detail::check([&](fv_error** error) {
      return fv_evaluate(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(),
                         raw_outputs.data(), static_cast<std::int32_t>(raw_outputs.size()), &raw_options, results,
                         error);
    });
  }

  template <class F>
  static std::string owned_string(F&& call) {
    char* text = nullptr;
    detail::check([&](fv_error** error) { return call(&text, error); });
    const detail::Handle<char, fv_string_release> handle(text);
    return text;
  }

  Session() = default;

  detail::Handle<fv_session, fv_session_release> handle_;  ///< none: the default session
};

/// A .npy file, memory-mapped where its data can be used as it lies; may be bound like an array. The mapping lives as
/// long as this object.
class NpyFile {
 public:
  explicit NpyFile(const std::string& path, bool copy = false) {
    fv_npy* file = nullptr;
    detail::check([&](fv_error** error) { return fv_npy_open(path.c_str(), copy ? 1 : 0, &file, error); });
    handle_.reset(file);
  }

  View view() const {
    fv_view raw{};
    detail::check([&](fv_error** error) { return fv_npy_view(handle_.get(), &raw, error); });
    return View(raw);
  }

 private:
  detail::Handle<fv_npy, fv_npy_release> handle_;
};

/// Writes anything that can be bound to a .npy file.
template <class T>
void save(const std::string& path, const T& value) {
  const View view = detail::view_of(value);
  const fv_view raw = view.raw();
  detail::check([&](fv_error** error) { return fv_npy_write(path.c_str(), &raw, error); });
}

/// The process's default session.
inline Result evaluate(std::string_view text, const Bindings& bindings = {}, const RunOptions& options = {}) {
  return Session::shared().evaluate(text, bindings, options);
}
inline void evaluate(std::string_view text, const Bindings& bindings, const Outputs& outputs,
                     const RunOptions& options = {}) {
  Session::shared().evaluate(text, bindings, outputs, options);
}
inline Program compile(std::string_view text, const Bindings& bindings = {}) {
  return Session::shared().compile(text, bindings);
}
inline std::string explain(std::string_view text, const Bindings& bindings = {}, const char* stage = "plan") {
  return Session::shared().explain(text, bindings, stage);
}
inline std::string info() { return Session::shared().info(); }
/// The library's version, "0.1.0".
inline std::string version() { return fv_version(); }

}  // namespace abi_0
}  // namespace fuseval
