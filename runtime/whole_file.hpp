// Output that is written from arrays which may lie in mapped files: whole files, and streams.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "runtime/buffer.hpp"

namespace fuseval::runtime {

/// Takes the next bytes of what is written.
using ByteSink = std::function<void(const char* data, size_t bytes)>;
/// Gives all bytes to the sink.
using Producer = std::function<void(const ByteSink& sink)>;

/// Writes what is produced to a temporary file in the same folder, syncs it and renames it to `path` (to what it points
/// to, if it is a symbolic link). `sources` are what the producer reads. Throws Error(file), also where a source is a
/// mapped file that has changed; no file is left behind.
void write_whole(const std::string& path, std::span<const ArrayView> sources, const Producer& produce);

/// Writes it to an open descriptor, which stays open. Errors: as above; what was written before stays written.
void write_stream(int descriptor, std::span<const ArrayView> sources, const Producer& produce);

}  // namespace fuseval::runtime
