// What others make ready for an object that does not know them, and want to find again: it lives as long as the object.
#pragma once

#include <atomic>
#include <memory>
#include <typeinfo>

namespace fuseval::engine {

class Attachment {
 public:
  virtual ~Attachment() = default;

 private:
  friend class Attachments;
  Attachment* next_ = nullptr;
};

/// Thread-safe; read without a lock. Nothing is taken out before the end.
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

  /// The latest that is a T (not of a class derived from it: this is on warm paths) and fits; nullptr if none does.
  template <class T, class Fits>
  const T* find(Fits&& fits) const {
    for (const Attachment* entry = first_.load(std::memory_order_acquire); entry != nullptr; entry = entry->next_)
      if (typeid(*entry) == typeid(T) && fits(static_cast<const T&>(*entry))) return static_cast<const T*>(entry);
    return nullptr;
  }
  template <class T>
  const T& add(std::unique_ptr<T> made) {
    T* const entry = made.release();
    Attachment* first = first_.load(std::memory_order_relaxed);
    do entry->next_ = first;
    while (!first_.compare_exchange_weak(first, entry, std::memory_order_release, std::memory_order_relaxed));
    return *entry;
  }

 private:
  std::atomic<Attachment*> first_{nullptr};
};

}  // namespace fuseval::engine
