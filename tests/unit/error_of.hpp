// Errors of the C++ header as values, for tests.
#pragma once

#include "fuseval/fuseval.hpp"

/// The error that a call throws; code FV_OK when there is none.
template <class F>
fuseval::Error error_of(F&& f) {
  try {
    f();
  } catch (const fuseval::Error& error) {
    return error;
  }
  return fuseval::Error(FV_OK, "no error");
}
