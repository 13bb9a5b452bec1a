#include "runtime/cudasim/loaded_module.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "ir/error.hpp"
#include "runtime/cudasim/process.hpp"

namespace {

/// An object of the dynamic linker, and the offset of a variable in its thread-local memory.
struct ThreadLocalPlace {
  size_t module;
  size_t offset;
};

}  // namespace

extern "C" void* __tls_get_addr(ThreadLocalPlace* place);

namespace fuseval::runtime::cudasim {
namespace {

constexpr std::string_view source_prefix = "text_";

/// What the dynamic linker knows of one loaded object.
struct Image {
  uintptr_t base = 0;
  uintptr_t begin = UINTPTR_MAX;
  uintptr_t end = 0;
  size_t thread_local_bytes = 0;
};

void read_headers(const dl_phdr_info& info, Image& image) {
  for (const ElfW(Phdr) & header : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
    if (header.p_type == PT_LOAD) {
      image.begin = std::min<uintptr_t>(image.begin, info.dlpi_addr + header.p_vaddr);
      image.end = std::max<uintptr_t>(image.end, info.dlpi_addr + header.p_vaddr + header.p_memsz);
    } else if (header.p_type == PT_TLS) {
      image.thread_local_bytes = header.p_memsz;
    }
  }
}

Image image_at(uintptr_t base) {
  Image image{.base = base};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* result) {
        auto& wanted = *static_cast<Image*>(result);
        if (info->dlpi_addr != wanted.base) return 0;
        read_headers(*info, wanted);
        return 1;
      },
      &image);
  return image;
}

/// The line in "…/kernels.cpp:9", "…/text_3:17 (discriminator 2)": of the innermost inlined call that is in a text.
int line_in(std::string_view answer) {
  const std::string name = fmt::format("/{}", source_prefix);
  const size_t colon = answer.find(':', answer.find(name));
  int line = 0;
  if (colon != std::string_view::npos) std::from_chars(answer.data() + colon + 1, answer.data() + answer.size(), line);
  return line;
}

}  // namespace

std::string name_of_source(size_t source) { return fmt::format("{}{}", source_prefix, source); }

long source_of_name(std::string_view name) {
  const size_t place = name.rfind(source_prefix);
  long source = -1;
  if (place != std::string_view::npos)
    std::from_chars(name.data() + place + source_prefix.size(), name.data() + name.size(), source);
  return source;
}

std::string_view line_of_text(std::string_view text, int line) {
  for (; line > 1 && !text.empty(); --line) text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  text = text.substr(0, text.find('\n'));
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

LoadedModule::LoadedModule(const std::string& path, std::vector<Source> sources)
    : sources_(std::move(sources)), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library_) throw Error(ErrorCode::file, fmt::format("cudasim: cannot load the compiled kernels: {}", dlerror()));
  kernels_ = static_cast<const Kernel*>(dlsym(library_, "fuseval_cudasim_kernels"));
  *static_cast<char*>(dlsym(library_, "fuseval_cudasim_loaded")) = 1;
  link_map* map = nullptr;
  dlinfo(library_, RTLD_DI_LINKMAP, &map);
  dlinfo(library_, RTLD_DI_TLS_MODID, &thread_local_module_);
  const Image image = image_at(map->l_addr);
  base_ = map->l_addr;
  begin_ = image.begin;
  end_ = image.end;
  thread_local_bytes_ = image.thread_local_bytes;
}

LoadedModule::~LoadedModule() { dlclose(library_); }

// By the function that compiled code calls for it: RTLD_DI_TLS_DATA and the list of loaded objects may say that there
// is none when there is (a thread whose table of thread-local memory is just full while another object is loaded).
std::span<std::byte> LoadedModule::static_shared() const {
  if (thread_local_bytes_ == 0) return {};
  ThreadLocalPlace place{thread_local_module_, 0};
  return {static_cast<std::byte*>(__tls_get_addr(&place)), thread_local_bytes_};
}

int LoadedModule::line_of(const Place& place) const {
  const auto pc = reinterpret_cast<uintptr_t>(place.pc);
  if (place.line != 0 || pc < begin_ || pc >= end_) return place.line;
  for (const char* name : {"addr2line", "llvm-addr2line"}) {
    const std::string tool = find_executable(name);
    if (tool.empty()) continue;
    // A return address is behind its call.
    const ProcessResult result =
        run_process({tool, "-i", "-e", "/proc/self/fd/3", fmt::format("{:#x}", pc - 1 - base_)},
                    std::chrono::seconds(30), file_.get());
    return line_in(result.output);
  }
  return 0;
}

}  // namespace fuseval::runtime::cudasim
