// The process's default session, by free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/session.hpp"

namespace fuseval {
inline namespace abi_0 {

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
inline std::vector<FreeName> free_names(std::string_view text) { return Session::shared().free_names(text); }
inline std::vector<ResultType> result_types(std::string_view text, const Bindings& bindings = {}) {
  return Session::shared().result_types(text, bindings);
}
inline std::vector<Hint> lint(std::string_view text, const Bindings& bindings = {}) {
  return Session::shared().lint(text, bindings);
}
inline std::string explain(std::string_view text, const Bindings& bindings = {}, const char* stage = "plan") {
  return Session::shared().explain(text, bindings, stage);
}
/// Copies in C order on a device ("cuda", "cuda:1" …, "cudasim"), and on the host, of anything that can be bound.
template <class T>
Array to_device(const T& value, const char* device) {
  return Session::shared().to_device(value, device);
}
template <class T>
Array to_host(const T& value) {
  return Session::shared().to_host(value);
}
/// Distributed arrays: see Session. All of these but empty are collective.
template <class T>
DistributedArray scatter(const World& world, const T& whole, int root = 0, int axis = 0,
                         const std::vector<std::int64_t>& offsets = {}) {
  return Session::shared().scatter(world, whole, root, axis, offsets);
}
inline DistributedArray load(const World& world, const std::string& path, int axis = 0,
                             const std::vector<std::int64_t>& offsets = {}, bool copy = false) {
  return Session::shared().load(world, path, axis, offsets, copy);
}
inline DistributedArray empty(const Distribution& distribution, DType dtype) {
  return Session::shared().empty(distribution, dtype);
}
inline Array gather(const DistributedArray& array) { return Session::shared().gather(array); }
inline std::optional<Array> gather(const DistributedArray& array, int root) {
  return Session::shared().gather(array, root);
}
inline DistributedArray redistribute(const DistributedArray& array, int axis,
                                     const std::vector<std::int64_t>& offsets = {}) {
  return Session::shared().redistribute(array, axis, offsets);
}
inline std::string info() { return Session::shared().info(); }
/// The library's version, "0.1.0".
inline std::string version() { return fv_version(); }

}  // namespace abi_0
}  // namespace fuseval
