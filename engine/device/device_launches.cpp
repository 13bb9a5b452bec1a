#include "engine/device/device_launches.hpp"

#include <map>

namespace fuseval::engine {
namespace {

size_t round_up(size_t bytes) { return checked_round_up(bytes, 16); }

}  // namespace

DeviceLaunches::DeviceLaunches(const DeviceJob& job, const DeviceKernel& compiled,
                               std::vector<codegen::CudaLaunch> launches, size_t scratch_bytes, const std::string& text)
    : addresses_(job.address_words(compiled)),
      in_workspace_(job.scratch_words(compiled)),
      scratch_bytes_(scratch_bytes) {
  if (compiled.code->words_in_memory && !launches.empty())
    words_bytes_ = round_up(launches[0].words.size() * sizeof(uint64_t));
  std::map<size_t, std::shared_ptr<DeviceFunction>> functions;  // [entry]
  for (codegen::CudaLaunch& one : launches) {
    for (const uint32_t word : in_workspace_) one.words[word] += words_bytes_;
    std::shared_ptr<DeviceFunction>& function = functions[one.entry];
    if (function == nullptr) function = compiled.modules[one.entry]->function(0, text);
    launches_.push_back({function, one.grid, one.block, std::move(one.words)});
  }
}

void DeviceLaunches::run(DeviceQueue& queue, char* const* buffers, char* workspace) const {
  std::vector<uint64_t> words;
  for (const Launch& launch : launches_) {
    words = launch.words;
    for (const DeviceJob::AddressWord& address : addresses_)
      words[address.word] = reinterpret_cast<uint64_t>(buffers[address.buffer] + address.offset);
    for (const uint32_t word : in_workspace_) words[word] += reinterpret_cast<uint64_t>(workspace);
    if (words_bytes_ == 0) {
      queue.launch(*launch.function, launch.grid, launch.block, words);
      continue;
    }
    queue.upload(workspace, reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint64_t));
    queue.synchronize();  // the words must stay as they are until they are up; so many operands are rare
    const auto address = reinterpret_cast<uint64_t>(workspace);
    queue.launch(*launch.function, launch.grid, launch.block, {&address, 1});
  }
}

}  // namespace fuseval::engine
