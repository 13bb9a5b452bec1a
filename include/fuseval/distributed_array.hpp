// Arrays that no rank holds whole.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuseval/array.hpp"
#include "fuseval/binding.hpp"
#include "fuseval/distribution.hpp"
#include "fuseval/result.hpp"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

/// begin:end as Python has it: negative numbers count from the end, and what is beyond it is cut off.
struct Slice {
  std::int64_t begin = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
};

/// This rank's part of a distributed array, and what it is a part of. Bound to a name, or written into, it stands for
/// the whole array; all ranks then make the call together. Made by load, scatter, empty and distribute, or of a result.
/// Parts are on the host, or all of them on devices of one kind, each rank's on its own: then calls run there. Copies
/// and slices share the elements.
class DistributedArray {
 public:
  DistributedArray() = default;
  /// Keeps the part.
  DistributedArray(Array local, Distribution distribution)
      : owner_(std::make_shared<const Array>(std::move(local))),
        local_(owner_->view()),
        distribution_(std::move(distribution)) {}
  /// The part is somebody else's memory, and stays there as long as this array and its slices are used.
  DistributedArray(View local, Distribution distribution)
      : local_(std::move(local)), distribution_(std::move(distribution)) {}
  /// A result of a distributed call, which is not copied.
  explicit DistributedArray(const Result& result, std::size_t index = 0)
      : DistributedArray(result[index], result.distribution(index)) {}

  /// This rank's part.
  const View& local() const { return local_; }
  const Distribution& distribution() const { return distribution_; }
  DType dtype() const { return local_.dtype(); }
  /// Of the whole array.
  std::vector<std::int64_t> shape() const { return distribution_.handle() ? distribution_.shape() : local_shape(); }
  std::vector<std::int64_t> local_shape() const {
    const fv_view raw = local_.raw();
    return {raw.shape, raw.shape + raw.rank};
  }
  /// The first element of this rank's part, which lies in C order; not of all slices.
  template <class T>
  T* data() const {
    const fv_view raw = local_.raw();
    if (dtype() != dtype_of<T>())
      throw Error(FV_ERROR_DTYPE, "the array is " + name_of(dtype()) + ", not " + name_of(dtype_of<T>()));
    if (strides_of(raw) != c_strides(raw)) throw Error(FV_ERROR_ARGUMENT, "the part does not lie in C order");
    return static_cast<T*>(raw.data);
  }

  /// A part of the whole array, b.slice({{1, -1}, {1, -1}}) being b[1:-1, 1:-1]; axes beyond the last slice stay whole.
  /// Each rank's part of it is what it holds already.
  DistributedArray slice(const std::vector<Slice>& slices) const;

 private:
  static std::vector<std::int64_t> c_strides(const fv_view& raw) {
    std::vector<std::int64_t> strides(static_cast<std::size_t>(raw.rank));
    std::int64_t stride = fv_dtype_size(raw.dtype);
    for (std::size_t axis = strides.size(); axis-- > 0; stride *= raw.shape[axis]) strides[axis] = stride;
    return strides;
  }
  static std::vector<std::int64_t> strides_of(const fv_view& raw) {
    return raw.byte_strides ? std::vector<std::int64_t>(raw.byte_strides, raw.byte_strides + raw.rank) : c_strides(raw);
  }

  std::shared_ptr<const Array> owner_{};
  View local_;
  Distribution distribution_;
};

inline DistributedArray DistributedArray::slice(const std::vector<Slice>& slices) const {
  const fv_view raw = local_.raw();
  std::vector<std::int64_t> whole = shape(), part = local_shape(), offsets = distribution_.offsets();
  const std::vector<std::int64_t> strides = strides_of(raw);
  if (slices.size() > whole.size())
    throw Error(FV_ERROR_AXIS,
                std::to_string(slices.size()) + " slices of an array of " + std::to_string(whole.size()) + " axes");
  char* data = static_cast<char*>(raw.data);
  for (std::size_t axis = 0; axis < slices.size(); ++axis) {
    const std::int64_t extent = whole[axis];
    const auto place = [&](std::int64_t index) {
      return std::clamp(index < 0 ? index + extent : index, std::int64_t{0}, extent);
    };
    const std::int64_t begin = place(slices[axis].begin), end = std::max(place(slices[axis].end), begin);
    const bool is_cut = distribution_.axis() == static_cast<int>(axis);
    const std::int64_t mine = is_cut ? offsets[static_cast<std::size_t>(distribution_.world().rank())] : 0;
    const std::int64_t first = std::clamp(begin - mine, std::int64_t{0}, part[axis]);
    const std::int64_t last = std::clamp(end - mine, std::int64_t{0}, part[axis]);
    if (last > first) data += first * strides[axis];
    whole[axis] = end - begin;
    part[axis] = last - first;
    if (is_cut)
      for (std::int64_t& offset : offsets) offset = std::clamp(offset, begin, end) - begin;
  }
  DistributedArray result(*this);
  result.local_ =
      View(fv_view{data, raw.dtype, raw.rank, part.data(), strides.data(), raw.device_type, raw.device_id, raw.flags});
  if (distribution_.handle())
    result.distribution_ = Distribution(distribution_.world(), whole, distribution_.axis(), offsets);
  return result;
}

/// The array whose parts the ranks have already, one behind the other along `axis` in order of rank, in memory that
/// stays theirs: anything that can be bound. Collective.
template <class T>
DistributedArray distribute(const World& world, T& local, int axis = 0) {
  View view = detail::view_of(local);
  const fv_view raw = view.raw();
  fv_distribution* made = nullptr;
  detail::check([&](fv_error** error) { return fv_distribute(world.handle(), &raw, axis, &made, error); });
  return DistributedArray(std::move(view),
                          Distribution(detail::Handle<fv_distribution, fv_distribution_release>(made)));
}

/// All parts as one .npy file, or as the dataset "file.h5:/group/dataset" of a file of HDF5. Collective.
inline void save(const std::string& path, const DistributedArray& array) {
  const fv_view raw = array.local().raw();
  detail::check(
      [&](fv_error** error) { return fv_save_slab(path.c_str(), &raw, array.distribution().handle(), error); });
}

}  // namespace abi_0
}  // namespace fuseval
