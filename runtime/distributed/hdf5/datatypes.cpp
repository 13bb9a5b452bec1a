#include "runtime/distributed/hdf5/datatypes.hpp"

#include <cstddef>
#include <optional>

namespace fuseval_hdf5 {
namespace {

using fuseval::DType;

Handle copy_of(hid_t datatype) { return {H5Tcopy(datatype), H5Tclose}; }

Handle float16() {
  Handle type = copy_of(H5T_NATIVE_FLOAT);
  // Fields before the size: they have to fit into it at any time.
  checked_status(H5Tset_fields(type.get(), 15, 10, 5, 0, 10));
  checked_status(H5Tset_size(type.get(), 2));
  checked_status(H5Tset_ebias(type.get(), 15));
  return type;
}

Handle boolean() {
  Handle type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
  int8_t value = 0;
  checked_status(H5Tenum_insert(type.get(), "FALSE", &value));
  value = 1;
  checked_status(H5Tenum_insert(type.get(), "TRUE", &value));
  return type;
}

Handle complex_of(hid_t part) {
  const size_t bytes = H5Tget_size(part);
  Handle type(H5Tcreate(H5T_COMPOUND, 2 * bytes), H5Tclose);
  checked_status(H5Tinsert(type.get(), "r", 0, part));
  checked_status(H5Tinsert(type.get(), "i", bytes, part));
  return type;
}

std::optional<DType> integer(hid_t type) {
  const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
  if (H5Tget_precision(type) != 8 * H5Tget_size(type)) return std::nullopt;
  switch (H5Tget_size(type)) {
    case 1:
      return is_signed ? DType::int8 : DType::uint8;
    case 2:
      return is_signed ? DType::int16 : DType::uint16;
    case 4:
      return is_signed ? DType::int32 : DType::uint32;
    case 8:
      return is_signed ? DType::int64 : DType::uint64;
    default:
      return std::nullopt;
  }
}

bool are_equal(hid_t a, hid_t b) { return H5Tequal(a, b) > 0; }

std::optional<DType> floating(hid_t type) {
  const Handle native = copy_of(type);
  const H5T_order_t order = H5Tget_order(H5T_NATIVE_DOUBLE);
  checked_status(H5Tset_order(native.get(), order));
  for (const DType dtype : {DType::float16, DType::float32, DType::float64})
    if (are_equal(native.get(), datatype_of(dtype).get())) return dtype;
  return std::nullopt;
}

std::optional<DType> complex(hid_t type) {
  if (H5Tget_nmembers(type) != 2) return std::nullopt;
  // Members are found by their names: somewhere else in the record is as good.
  const int real = H5Tget_member_index(type, "r"), imaginary = H5Tget_member_index(type, "i");
  H5Eclear2(H5E_DEFAULT);
  if (real < 0 || imaginary < 0) return std::nullopt;
  const Handle a(H5Tget_member_type(type, static_cast<unsigned>(real)), H5Tclose);
  const Handle b(H5Tget_member_type(type, static_cast<unsigned>(imaginary)), H5Tclose);
  if (H5Tget_class(a.get()) != H5T_FLOAT || !are_equal(a.get(), b.get())) return std::nullopt;
  const std::optional<DType> part = floating(a.get());
  if (part == DType::float32) return DType::complex64;
  if (part == DType::float64) return DType::complex128;
  return std::nullopt;
}

std::optional<DType> enumeration(hid_t type) {
  const Handle base(H5Tget_super(type), H5Tclose);
  if (H5Tget_size(base.get()) != 1 || H5Tget_nmembers(type) != 2) return std::nullopt;
  int8_t no = -1, yes = -1;
  const bool named = H5Tenum_valueof(type, "FALSE", &no) >= 0 && H5Tenum_valueof(type, "TRUE", &yes) >= 0;
  H5Eclear2(H5E_DEFAULT);
  if (!named || no != 0 || yes != 1) return std::nullopt;
  return DType::bool_;
}

const char* name_of(H5T_class_t kind) {
  switch (kind) {
    case H5T_INTEGER:
      return "integers of an unusual width";
    case H5T_FLOAT:
      return "floats of an unusual format";
    case H5T_STRING:
      return "strings";
    case H5T_COMPOUND:
      return "records";
    case H5T_ENUM:
      return "an enumeration";
    case H5T_VLEN:
      return "sequences of varying length";
    case H5T_ARRAY:
      return "arrays";
    case H5T_REFERENCE:
      return "references";
    default:
      return "bytes without a meaning";
  }
}

}  // namespace

Handle datatype_of(DType dtype) {
  switch (dtype) {
    case DType::bool_:
      return boolean();
    case DType::int8:
      return copy_of(H5T_NATIVE_INT8);
    case DType::int16:
      return copy_of(H5T_NATIVE_INT16);
    case DType::int32:
      return copy_of(H5T_NATIVE_INT32);
    case DType::int64:
      return copy_of(H5T_NATIVE_INT64);
    case DType::uint8:
      return copy_of(H5T_NATIVE_UINT8);
    case DType::uint16:
      return copy_of(H5T_NATIVE_UINT16);
    case DType::uint32:
      return copy_of(H5T_NATIVE_UINT32);
    case DType::uint64:
      return copy_of(H5T_NATIVE_UINT64);
    case DType::float16:
      return float16();
    case DType::float32:
      return copy_of(H5T_NATIVE_FLOAT);
    case DType::float64:
      return copy_of(H5T_NATIVE_DOUBLE);
    case DType::complex64:
      return complex_of(H5T_NATIVE_FLOAT);
    case DType::complex128:
      return complex_of(H5T_NATIVE_DOUBLE);
  }
  throw Failure("there is no such dtype");
}

DType dtype_of(hid_t datatype) {
  const H5T_class_t kind = H5Tget_class(datatype);
  std::optional<DType> dtype;
  if (kind == H5T_INTEGER) dtype = integer(datatype);
  if (kind == H5T_FLOAT) dtype = floating(datatype);
  if (kind == H5T_COMPOUND) dtype = complex(datatype);
  if (kind == H5T_ENUM) dtype = enumeration(datatype);
  if (!dtype) throw Failure(std::string("its elements are ") + name_of(kind) + ", which no dtype is for");
  return *dtype;
}

}  // namespace fuseval_hdf5
