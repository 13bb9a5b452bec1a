#include "runtime/shared_library.hpp"

#include <dlfcn.h>
#include <link.h>

namespace fuseval::runtime {
namespace {

std::string path_of(void* handle, const std::string& name) {
  link_map* map = nullptr;
  const bool known = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr && map->l_name[0] != '\0';
  return known ? map->l_name : name;
}

}  // namespace

std::shared_ptr<SharedLibrary> SharedLibrary::open(const std::string& name, int extra_flags, std::string& reason) {
  void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | extra_flags);
  if (handle == nullptr) {
    const char* words = dlerror();
    reason = words != nullptr ? words : "not loaded";
    return nullptr;
  }
  return std::shared_ptr<SharedLibrary>(new SharedLibrary(handle, path_of(handle, name)), [](SharedLibrary* library) {
    dlclose(library->handle_);
    delete library;
  });
}

void* SharedLibrary::symbol(const char* name) const { return dlsym(handle_, name); }

}  // namespace fuseval::runtime
