// One lock for all handles orders the threads that use them, and so would hide data races from ThreadSanitizer: its
// builds do without.
#ifdef FUSEVAL_CHECK_HANDLES
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <new>
#include <unordered_map>

#include "engine/abi/handle.hpp"
#include "runtime/lasting.hpp"

namespace fuseval::engine {
namespace {

struct Entry {
  const char* kind;
  int users = 0;
  bool is_released = false;
};

struct Book {
  runtime::Mutex mutex;
  std::unordered_map<const void*, Entry> entries;
  std::deque<void*> graves;  // oldest first
};

constexpr size_t most_graves = 4096;

/// Handles may be released while the process ends.
Book& book() {
  static constinit runtime::Lasting<Book> all;
  return all.get([] { return Book(); });
}

}  // namespace

void note_made(const void* handle, const char* kind) {
  std::lock_guard lock(book().mutex);
  book().entries[handle] = {kind};
}

bool note_used(const void* handle) {
  std::lock_guard lock(book().mutex);
  const auto it = book().entries.find(handle);
  if (it == book().entries.end() || it->second.is_released) return false;
  ++it->second.users;
  return true;
}

void note_unused(const void* handle) {
  std::lock_guard lock(book().mutex);
  --book().entries[handle].users;
}

bool note_released(const void* handle) {
  std::lock_guard lock(book().mutex);
  const auto it = book().entries.find(handle);
  if (it == book().entries.end() || it->second.is_released) {
    std::fprintf(stderr, "fuseval: %p is released a second time, or was never made; ignored\n", handle);
    return false;
  }
  if (it->second.users > 0) {
    std::fprintf(stderr, "fuseval: a %s is released while it is in use\n", it->second.kind);
    std::abort();
  }
  it->second.is_released = true;
  return true;
}

void bury(void* memory) {
  std::lock_guard lock(book().mutex);
  try {
    book().graves.push_back(memory);
  } catch (const std::bad_alloc&) {  // a release cannot fail: the memory stays where it is
    return;
  }
  if (book().graves.size() <= most_graves) return;
  book().entries.erase(book().graves.front());
  ::operator delete(book().graves.front());
  book().graves.pop_front();
}

}  // namespace fuseval::engine
#endif
