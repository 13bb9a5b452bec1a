// What ends the command early.
#pragma once

#include <exception>
#include <optional>

#include "fuseval/fuseval.hpp"
#include "tools/arguments.hpp"

namespace fuseval::tools {

struct Failure {
  int status;  ///< to exit with
  Error error;
};

/// Runs f; what it throws is the failure.
template <class F>
std::optional<Failure> failure_of(F&& f) {
  try {
    f();
    return std::nullopt;
  } catch (const UsageError& error) {
    return Failure{2, Error(FV_ERROR_ARGUMENT, error.what())};
  } catch (const Error& error) {
    return Failure{1, error};
  } catch (const std::exception& error) {
    return Failure{1, Error(FV_ERROR_INTERNAL, error.what())};
  }
}

/// On standard error, after what is on standard output.
void report(const Failure& failure);

/// What stdout could not take is noticed at the end; a reader that has gone away wants to hear nothing of it. The exit
/// status.
int finish_output();

}  // namespace fuseval::tools
