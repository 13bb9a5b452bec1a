#!/bin/sh
# Writes coefficients.hpp beside this script. Needs sollya (Debian's package of that name); takes some ten seconds.
set -eu
cd "$(dirname "$0")"
{
  cat <<'HEAD'
// Made by generate.sh from coefficients.sollya: edit those, not this file.
#pragma once

#include <cstdint>

namespace fuseval::codegen::math::coefficients {
// clang-format off

HEAD
  sollya coefficients.sollya
  cat <<'TAIL'

// clang-format on
}  // namespace fuseval::codegen::math::coefficients
TAIL
} > coefficients.hpp.new
mv coefficients.hpp.new coefficients.hpp
