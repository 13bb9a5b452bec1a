// explain: what a text would run, stage by stage.
#pragma once

#include <string>
#include <string_view>

#include "engine/plan/program.hpp"

namespace fuseval::engine {

/// stage: as fv_explain. Throws Error.
std::string explain(const Program& program, const fv_view* inputs, int32_t count, std::string_view stage);

/// "key: value" lines about the library, the machine and the session.
std::string information(const Runtime& runtime);

}  // namespace fuseval::engine
