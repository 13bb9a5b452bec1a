// The Error that a call throws, for tests.
#pragma once

#include "ir/error.hpp"

/// code none when there is none
template <class F>
fuseval::Error thrown(F&& f) {
  try {
    f();
  } catch (const fuseval::Error& error) {
    return error;
  }
  return fuseval::Error(fuseval::ErrorCode::none, "no error");
}
