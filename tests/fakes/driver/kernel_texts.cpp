#include "tests/fakes/driver/kernel_texts.hpp"

#include <array>
#include <span>

#include "tests/fakes/report.hpp"

namespace fake {

namespace cudasim = fuseval::runtime::cudasim;

/// A module is a loaded shared object and an open file.
constexpr size_t most_modules = 400;

KernelTexts::KernelTexts() : modules_(most_modules) {
  const std::string folder = environment("FUSEVAL_FAKE_CACHE");
  if (!folder.empty()) disk_ = std::make_unique<fuseval::runtime::DiskCache>(folder);
}

cudasim::Module KernelTexts::get(const std::string& text, const std::vector<std::string>& kernels) {
  const std::array sources{cudasim::Source{text, kernels}};
  std::string key = cudasim::Module::build_key(sources);
  if (const cudasim::Module* known = modules_.find(key)) return *known;
  const auto build = [&] { return cudasim::Module::build(sources); };
  const cudasim::Module module = disk_ != nullptr ? cudasim::Module::load(sources, disk_->find_or_make(key, build))
                                                  : cudasim::Module::compile(sources);
  modules_.insert(std::move(key), module);
  return module;
}

}  // namespace fake
