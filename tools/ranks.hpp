// The command under mpirun: one job of many processes, which speaks with one voice.
#pragma once

#include <optional>

#include "tools/failure.hpp"

namespace fuseval::tools {

/// Carries out an evaluation together with the other ranks, or says why its command line cannot be (`failure`): the
/// first rank that fails says so, and all of them exit with a status other than 0, which is returned.
int run_on_ranks(const std::optional<Arguments>& arguments, std::optional<Failure> failure);

}  // namespace fuseval::tools
