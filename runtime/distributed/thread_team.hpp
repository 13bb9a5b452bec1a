// What ranks that are threads share: their mailboxes. Everything is under one lock, but the copying of bytes.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/distributed/thread_transport.hpp"

namespace fuseval::runtime::distributed {

/// A message as it is posted; both ends have one.
struct Posted {
  enum class State { idle, posted, moving, done };
  Message message;
  int owner = 0;
  bool prepared = false;
  State state = State::idle;
  size_t received = 0;
  uint64_t number = 0;  ///< in the order of posting
};

class ThreadTeam {
 public:
  ThreadTeam(int size, const ThreadSettings& settings) : settings_(settings), ranks_(static_cast<size_t>(size)) {}

  int size() const { return static_cast<int>(ranks_.size()); }

  void post(Posted& posted);
  bool test(Posted& posted);
  /// Whether it was too late: the message has been received, or will be, for short ones that are sent the team keeps,
  /// as MPI does.
  bool withdraw(Posted& posted) noexcept;
  std::optional<Message> probe(int rank, int peer, int tag);
  void pause(int rank, const Waiting& waiting, double seconds);
  /// The first error stays.
  void fail(const Error& error) noexcept;
  /// The rank's function has returned or thrown. An exception ends the others.
  void leave(int rank, std::exception_ptr exception);
  /// The first exception that a rank left with.
  std::exception_ptr exception() const { return exception_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  struct Pair {
    Posted* send;
    Posted* receive;
    unsigned delay;  // how often its receiver looks before it is there
  };

  struct Queues {
    std::deque<Posted*> sends, receives;
    uint64_t matched = 0;
  };

  struct Rank {
    enum class State { running, waiting, gone };
    State state = State::running;
    Waiting waiting;
    // Events so far that this rank may wait for, and how many of them it had seen when it last found nothing to do.
    uint64_t events = 0, seen = UINT64_MAX;
    std::map<std::pair<int, int>, Queues> queues;  // by tag and sender
    std::vector<Pair> matched;
    std::condition_variable wake;

    bool settled() const { return state == State::gone || (state == State::waiting && seen == events); }
  };

  struct Kept {
    Posted posted;
    std::string bytes;
  };

  Rank& at(int rank) { return ranks_[static_cast<size_t>(rank)]; }
  Queues& queues_of(const Posted& posted);
  unsigned delay_of(const Posted& receive, uint64_t number) const;
  void match(Queues& queues, int receiver);
  void deliver(Lock& lock, int rank);
  void move(Lock& lock, const Pair& pair);
  void happened(int rank);
  void keep(Posted& posted);
  void settle(bool was, bool is) { settled_ += static_cast<int>(is) - static_cast<int>(was); }
  void throw_if_failed() const;
  void fail_if_stuck();
  void fail_locked(const Error& error);
  std::string who_waits() const;

  ThreadSettings settings_;
  std::mutex mutex_;
  std::deque<Rank> ranks_;
  std::deque<Kept> kept_;
  int settled_ = 0;
  uint64_t posted_ = 0;
  std::optional<Error> failure_;
  std::exception_ptr exception_;
};

}  // namespace fuseval::runtime::distributed
