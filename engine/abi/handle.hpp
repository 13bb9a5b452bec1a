// The C ABI's handles: made, used and released through here, so that builds with FUSEVAL_CHECK_HANDLES (debug, ASan)
// notice what a caller must not do: use an object after its release, release it twice, or while a thread uses it.
// Other builds check for NULL alone.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "ir/error.hpp"

namespace fuseval::engine {

#ifdef FUSEVAL_CHECK_HANDLES
inline constexpr bool handles_are_checked = true;
/// The book of all handles, in handle_book.cpp. Thread-safe.
void note_made(const void* handle, const char* kind);
/// False when it is not one that is alive; otherwise it is in use until note_unused.
bool note_used(const void* handle);
void note_unused(const void* handle);
/// False, with a message on stderr, when it is not alive; aborts when it is in use.
bool note_released(const void* handle);
/// Keeps the memory for a while, so that no new handle has the address of an old one.
void bury(void* memory);
#else
inline constexpr bool handles_are_checked = false;
inline void note_made(const void*, const char*) {}
inline bool note_used(const void* handle) { return handle != nullptr; }
inline void note_unused(const void*) {}
#endif

template <class Handle, class... Content>
Handle* make_handle(const char* kind, Content&&... content) {
  std::unique_ptr<Handle> made(new Handle{std::forward<Content>(content)...});
  note_made(made.get(), kind);
  return made.release();
}

template <class Handle>
void release_handle(Handle* handle) {
#ifdef FUSEVAL_CHECK_HANDLES
  if (handle == nullptr || !note_released(handle)) return;
  handle->~Handle();
  bury(handle);
#else
  delete handle;
#endif
}

/// A handle in use by a call.
template <class Handle>
class Use {
 public:
  explicit Use(Handle* handle) : handle_(handle), is_alive_(note_used(handle)) {}
  ~Use() {
    if (is_alive_) note_unused(handle_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  bool is_alive() const { return is_alive_; }
  Handle* operator->() const { return handle_; }
  /// `name` is the parameter's. Throws Error(invalid_handle).
  Handle& get(const char* name) const {
    if (!is_alive_)
      throw Error(ErrorCode::invalid_handle,
                  fmt::format("{} {}", name, handle_ == nullptr ? "is NULL" : "was released, or never made"));
    return *handle_;
  }

 private:
  Handle* const handle_;
  const bool is_alive_;
};

}  // namespace fuseval::engine
