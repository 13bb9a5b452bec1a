// An append-only cache that higher layers attach to an object which does not know them. Entries live as long as it
// does.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <typeinfo>

#include "runtime/mutex.hpp"

namespace fuseval::engine {

class Attachment {
 public:
  virtual ~Attachment() = default;

 private:
  friend class Attachments;
  Attachment* next_ = nullptr;
};

/// Thread-safe; reads take no lock.
class Attachments {
 public:
  Attachments() = default;
  ~Attachments() {
    for (Attachment* entry = first_.load(); entry != nullptr;) {
      Attachment* next = entry->next_;
      delete entry;
      entry = next;
    }
  }
  Attachments(const Attachments&) = delete;
  Attachments& operator=(const Attachments&) = delete;

  /// The latest entry of type T, and of no derived type, that fits; nullptr if there is none.
  template <class T, class Fits>
  const T* find(Fits&& fits) const {
    return latest<T>(fits);
  }
  template <class T>
  const T& add(std::unique_ptr<T> made) {
    T* const entry = made.release();
    Attachment* first = first_.load(std::memory_order_relaxed);
    do entry->next_ = first;
    while (!first_.compare_exchange_weak(first, entry, std::memory_order_release, std::memory_order_relaxed));
    return *entry;
  }
  /// The only entry of type T. The first caller constructs it from `arguments`; the entry guards its own state.
  template <class T, class... Arguments>
  T& find_or_add(Arguments&&... arguments) {
    const auto any = [](const T&) { return true; };
    if (T* known = latest<T>(any)) return *known;
    const std::lock_guard lock(adding_);
    if (T* known = latest<T>(any)) return *known;
    add(std::make_unique<T>(std::forward<Arguments>(arguments)...));
    return *latest<T>(any);
  }

 private:
  template <class T, class Fits>
  T* latest(Fits&& fits) const {
    for (Attachment* entry = first_.load(std::memory_order_acquire); entry != nullptr; entry = entry->next_)
      if (typeid(*entry) == typeid(T) && fits(static_cast<const T&>(*entry))) return static_cast<T*>(entry);
    return nullptr;
  }

  std::atomic<Attachment*> first_{nullptr};
  runtime::Mutex adding_;  ///< held by find_or_add
};

}  // namespace fuseval::engine
