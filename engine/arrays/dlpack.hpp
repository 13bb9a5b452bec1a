// Arrays from and to other libraries by DLPack.
#pragma once

#include <memory>

#include "engine/device/device.hpp"
#include "engine/plan/results.hpp"
#include "engine/plan/session.hpp"

namespace fuseval::engine {

/// managed: a DLManagedTensorVersioned, or a DLManagedTensor if not `versioned`. It is taken over, unless Error is
/// thrown; its deleter is called when the array is released. Errors: unsupported (a version, device or dtype that
/// fuseval does not have), argument (rank, strides, memory that is not the device's, unaligned).
SharedArray from_dlpack(Session& session, void* managed, bool versioned);

/// A tensor that keeps `shared` until its deleter is called. Errors: argument (a read-only array without
/// `versioned`), unsupported (the simulator's memory).
void* to_dlpack(const SharedArray& shared, bool versioned);

}  // namespace fuseval::engine
