#include "runtime/whole_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "runtime/mapped_guard.hpp"
#include "runtime/temporary_file.hpp"

namespace fuseval::runtime {
namespace {

void produce_guarded(const std::string& target, std::span<const ArrayView> sources, const Producer& produce,
                     const ByteSink& sink) {
  std::vector<AddressRange> mapped;
  for (const ArrayView& source : sources)
    if (source.mapped) mapped.push_back(address_range(source));
  const MappedGuard guard(mapped);
  const auto require_sources = [&] {
    if (const auto reason = guard.damage()) fail_on_file("write", target, *reason);
  };
  require_sources();
  produce(sink);
  require_sources();
}

}  // namespace

void write_whole(const std::string& path, std::span<const ArrayView> sources, const Producer& produce) {
  TemporaryFile file{FileTarget(path)};
  produce_guarded(path, sources, produce, [&](const char* data, size_t bytes) { file.write(data, bytes); });
  file.finish();
}

void write_stream(int descriptor, std::span<const ArrayView> sources, const Producer& produce) {
  const std::string name = descriptor == STDOUT_FILENO ? "standard output" : fmt::format("descriptor {}", descriptor);
  produce_guarded(name, sources, produce, [&](const char* data, size_t bytes) {
    while (bytes > 0) {
      const ssize_t done = ::write(descriptor, data, std::min(bytes, size_t{1} << 30));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail_on_file("write", name);
      data += done;
      bytes -= static_cast<size_t>(done);
    }
  });
}

}  // namespace fuseval::runtime
