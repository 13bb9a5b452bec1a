// fork() copies all memory but only one thread. In the child, work that another thread was doing stays unfinished for
// ever: a lock stays held, a list inconsistent. Such work therefore runs in sections, and fork() waits until no thread
// is in one.
//
// This is one mechanism for all locks. A handler that acquired each lock would need a list of all of them, in order.
#pragma once

#include <cstdint>

namespace fuseval::runtime {

/// fork() in another thread waits until no thread is in a section, and blocks threads from entering one meanwhile.
/// Sections nest. A section must not wait for threads outside of sections, and must not call functions of the host,
/// which could wait for the forking thread. The longest section is a compile (milliseconds).
class ForkSection {
 public:
  ForkSection() { enter(); }
  ~ForkSection() { leave(); }
  ForkSection(const ForkSection&) = delete;
  ForkSection& operator=(const ForkSection&) = delete;

  static void enter();
  static void leave();
};

/// The number of fork() calls between the process that loaded the library and this one. Work that was begun under
/// another number belongs to threads that do not exist in this process.
uint32_t fork_generation();

}  // namespace fuseval::runtime
