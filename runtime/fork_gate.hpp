// fork() copies all memory and one thread. What another thread was in the middle of stays half done in the child for
// ever: a lock that nobody opens, a list that is torn. So such work is done in sections, and fork() waits for their
// end.
//
// One mechanism for all locks: a handler that took each of them would have to know them all, and their order.
#pragma once

#include <cstdint>

namespace fuseval::runtime {

/// fork() in another thread waits until no thread is in a section, and lets none enter meanwhile. Sections nest. Within
/// one, nothing is waited for but what other threads do in sections of theirs, and no function of the host is called:
/// it could wait for whoever forks. The end of a compile (milliseconds) is the longest that fork() waits for.
class ForkSection {
 public:
  ForkSection() { enter(); }
  ~ForkSection() { leave(); }
  ForkSection(const ForkSection&) = delete;
  ForkSection& operator=(const ForkSection&) = delete;

  static void enter();
  static void leave();
};

/// How many fork() calls lie between this process and the one that loaded the library: what another number is written
/// on belongs to threads that do not exist here.
uint32_t fork_generation();

}  // namespace fuseval::runtime
