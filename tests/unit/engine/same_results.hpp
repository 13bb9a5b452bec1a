// Results that must have the same dtype, shape and bits.
#pragma once

#include <doctest/doctest.h>

#include "support.hpp"

namespace engine_test {

/// Both on the host, in C order.
inline void check_equal(const fuseval::Array& found, const fuseval::Array& expected) {
  REQUIRE(found.is_on_host());
  REQUIRE(found.dtype() == expected.dtype());
  REQUIRE(found.shape() == expected.shape());
  const std::size_t bytes =
      expected.size() * static_cast<std::size_t>(fv_dtype_size(static_cast<int>(expected.dtype())));
  if (bytes > 0) CHECK(std::memcmp(found.view().raw().data, expected.view().raw().data, bytes) == 0);
}

inline void check_all_equal(const fuseval::Result& found, const fuseval::Result& expected) {
  REQUIRE(found.count() == expected.count());
  for (std::size_t k = 0; k < found.count(); ++k) {
    CAPTURE(k);
    check_equal(found[k], expected[k]);
  }
}

}  // namespace engine_test
