// The canonical order of docs/language.md, written down once more for one float type at a time and as plainly as can
// be: nothing here is shared with the code that is tested.
//
// The elements reduced into one output are numbered in C order of the reduced axes. (A), the last axis is reduced: 64
// rows of 512 / size lanes make a block; a lane adds its elements in order, lanes combine by halving. (B), the last
// axis is kept: 16 elements in series make a block. Blocks combine by the binary tree over their index. The second
// moment has leaves of 16 rows a lane (B: 16 elements), joined along the same tree by Chan's formula.
#pragma once

#include <algorithm>
#include <vector>

#include "support.hpp"

namespace engine_test {

enum class Order { lanes, serial };

/// blocks[first, first + count): the left half is the largest power of two, which is where 2k meets 2k + 1.
template <class State, class Join>
State up_the_tree(const std::vector<State>& blocks, std::size_t first, std::size_t count, const Join& join) {
  if (count == 1) return blocks[first];
  std::size_t left = 1;
  while (left * 2 < count) left *= 2;
  return join(up_the_tree(blocks, first, left, join), up_the_tree(blocks, first + left, count - left, join));
}

/// serial(begin): the state of the 16 elements from begin on. lane(begin, lanes): of the 64 elements begin,
/// begin + lanes, …
template <class State, class Serial, class Lane, class Join>
State in_canonical_order(std::size_t count, std::size_t lanes, Order order, const Serial& serial, const Lane& lane,
                         const Join& join) {
  std::vector<State> blocks;
  if (order == Order::serial) {
    for (std::size_t begin = 0; begin < count; begin += 16) blocks.push_back(serial(begin));
  } else {
    for (std::size_t begin = 0; begin < count; begin += 64 * lanes) {
      std::vector<State> states;
      for (std::size_t l = 0; l < lanes; ++l) states.push_back(lane(begin + l, lanes));
      for (std::size_t half = lanes / 2; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) states[l] = join(states[l], states[l + half]);
      blocks.push_back(states[0]);
    }
  }
  return up_the_tree(blocks, 0, blocks.size(), join);
}

template <class T, class Join>
T folded(const std::vector<T>& x, Order order, T absent, const Join& join) {
  const auto leaf = [&](std::size_t begin, std::size_t step, std::size_t limit) {
    T state = absent;
    for (std::size_t k = begin, row = 0; k < x.size() && row < limit; k += step, ++row) state = join(state, x[k]);
    return state;
  };
  return in_canonical_order<T>(
      x.size(), 512 / sizeof(T), order, [&](std::size_t begin) { return leaf(begin, 1, 16); },
      [&](std::size_t begin, std::size_t lanes) { return leaf(begin, lanes, 64); }, join);
}

template <class T>
T canonical_sum(const std::vector<T>& x, Order order) {
  if (x.empty()) return T(0);
  return folded(x, order, T(-0.0), [](T a, T b) { return a + b; });
}
template <class T>
T canonical_prod(const std::vector<T>& x, Order order) {
  if (x.empty()) return T(1);
  return folded(x, order, T(1), [](T a, T b) { return a * b; });
}
template <class T>
T canonical_mean(const std::vector<T>& x, Order order) {
  const T total = canonical_sum(x, order);
  const double count = static_cast<double>(x.size());
  // NumPy divides by a 64-bit count: in float64 where T does not hold it.
  if (static_cast<double>(static_cast<T>(count)) == count) return total / static_cast<T>(count);
  return static_cast<T>(static_cast<double>(total) / count);
}

template <class T>
struct Moments {
  T count = 0, mean = 0, square = 0;
};

template <class T>
T canonical_var(const std::vector<T>& x, Order order) {
  using State = Moments<T>;
  const auto leaf = [&](std::size_t begin, std::size_t step, std::size_t limit) {
    State state;
    for (std::size_t k = begin; k < x.size() && state.count < static_cast<T>(limit); k += step, state.count += 1)
      state.mean += x[k];
    if (state.count == 0) return state;
    state.mean /= state.count;
    for (std::size_t k = begin, row = 0; k < x.size() && row < limit; k += step, ++row)
      state.square += (x[k] - state.mean) * (x[k] - state.mean);
    return state;
  };
  const auto join = [](State a, State b) {
    if (b.count == 0) return a;
    if (a.count == 0) return b;
    const T delta = b.mean - a.mean, count = a.count + b.count, ratio = b.count / count;
    return State{count, a.mean + delta * ratio, (a.square + b.square) + (delta * delta) * (a.count * ratio)};
  };
  const auto lane = [&](std::size_t begin, std::size_t lanes) {
    State leaves[4];
    for (std::size_t k = 0; k < 4; ++k) leaves[k] = leaf(begin + 16 * k * lanes, lanes, 16);
    return join(join(leaves[0], leaves[1]), join(leaves[2], leaves[3]));
  };
  const State all = in_canonical_order<State>(
      x.size(), 512 / sizeof(T), order, [&](std::size_t begin) { return leaf(begin, 1, 16); }, lane, join);
  const double count = static_cast<double>(x.size());
  if (static_cast<double>(static_cast<T>(count)) == count) return all.square / static_cast<T>(count);
  return static_cast<T>(static_cast<double>(all.square) / count);
}

/// Calls reduce(elements, order) for every output, in C order of the kept axes. No axes: all of them.
template <class Out, class T, class Reduce>
std::vector<Out> reduced(const std::vector<T>& values, const Shape& shape, std::vector<int> axes, Reduce&& reduce) {
  const int rank = static_cast<int>(shape.size());
  if (axes.empty())
    for (int k = 0; k < rank; ++k) axes.push_back(k);
  for (int& axis : axes)
    if (axis < 0) axis += rank;
  const auto is_reduced = [&](int axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); };
  const Order order = rank == 0 || is_reduced(rank - 1) ? Order::lanes : Order::serial;
  std::int64_t outputs = 1;
  for (int k = 0; k < rank; ++k)
    if (!is_reduced(k)) outputs *= shape[static_cast<std::size_t>(k)];
  std::vector<std::vector<T>> elements(static_cast<std::size_t>(outputs));
  Shape index(shape.size(), 0);
  std::size_t next = 0;
  if (!values.empty()) do {
      std::int64_t output = 0;
      for (int k = 0; k < rank; ++k)
        if (!is_reduced(k)) output = output * shape[static_cast<std::size_t>(k)] + index[static_cast<std::size_t>(k)];
      elements[static_cast<std::size_t>(output)].push_back(values[next++]);
    } while (advance(index, shape));
  std::vector<Out> results;
  for (const auto& list : elements) results.push_back(reduce(list, order));
  return results;
}

}  // namespace engine_test
