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
// layouts; results and .npy files. C++ bool, integers, float and double are plain numbers, weak;
// fuseval::scalar<float>(x) is a NumPy-like strong one. Nothing is copied: data must live until the call returns.
// Every failure is a fuseval::Error.
//
// Distributed arrays, under mpirun or by themselves (docs/distributed.md):
//   fuseval::World world;
//   auto a = fuseval::load(world, "a.npy");                                      // this rank's rows
//   double mean = fuseval::evaluate("mean(a)", {{"a", a}}).item<double>();       // of all of them, on every rank
#pragma once

#if __cplusplus < 201703L
#error "fuseval.hpp needs C++17 or later"
#endif

#include "fuseval/data.hpp"
#include "fuseval/evaluate.hpp"
#include "fuseval/file.hpp"
#include "fuseval/npy.hpp"
