#include "engine/distributed/distributed_run.hpp"

#include "ir/error.hpp"

namespace fuseval::engine {

void run_distributed(const Program&, const fv_view*, int32_t, const fv_view*, int32_t, const RunOptions&,
                     const DistributedCall&, Results*) {
  throw Error(ErrorCode::unsupported, "being written");
}

std::string explain_distributed(const Program&, const fv_view*, int32_t, const DistributedCall&) { return {}; }

}  // namespace fuseval::engine
