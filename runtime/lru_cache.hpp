// A bounded map that forgets what has not been used for longest. Not thread-safe: its owners lock.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace fuseval::runtime {

template <class Value>
class LruCache {
 public:
  explicit LruCache(size_t limit) : limit_(limit) {}

  /// The value under key, which becomes the most recently used; nullptr if there is none.
  Value* find(std::string_view key) {
    const auto it = by_key_.find(key);
    if (it == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, it->second);
    return &it->second->second;
  }

  /// Adds under a key that is not there, and drops the oldest entries beyond the limit. Where memory runs out, nothing
  /// has changed.
  void insert(std::string key, Value value) {
    Entries added;
    added.emplace_front(std::move(key), std::move(value));
    by_key_.emplace(added.front().first, added.begin());
    entries_.splice(entries_.begin(), added);
    while (entries_.size() > limit_) erase(entries_.back().first);
  }

  void erase(std::string_view key) {
    const auto it = by_key_.find(key);
    if (it == by_key_.end()) return;
    const auto entry = it->second;
    by_key_.erase(it);
    entries_.erase(entry);
  }

  /// Takes out the entries whose values satisfy the predicate: their owner destroys them where it holds no lock.
  template <class Predicate>
  [[nodiscard]] std::list<std::pair<std::string, Value>> take_if(Predicate&& predicate) {
    Entries taken;
    for (auto it = entries_.begin(); it != entries_.end();) {
      const auto entry = it++;
      if (!predicate(std::as_const(entry->second))) continue;
      by_key_.erase(entry->first);
      taken.splice(taken.end(), entries_, entry);
    }
    return taken;
  }

  size_t size() const { return entries_.size(); }

  template <class F>
  void for_each(F&& f) const {
    for (const auto& [key, value] : entries_) f(value);
  }

 private:
  using Entries = std::list<std::pair<std::string, Value>>;
  size_t limit_;
  Entries entries_;
  std::unordered_map<std::string_view, typename Entries::iterator> by_key_;  // keys live in entries_
};

}  // namespace fuseval::runtime
