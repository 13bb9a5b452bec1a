#include "runtime/distributed/thread_team.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cmath>
#include <cstring>

namespace fuseval::runtime::distributed {
namespace {

/// What memory holds between the posting of a receive and its message, when arrivals are shuffled: a NaN, whatever the
/// float.
constexpr int not_yet_received = 0xFF;

/// SplitMix64's finaliser.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::string what_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of another kind";
  }
}

template <class Queue>
void take_out(Queue& queue, const Posted* posted) {
  queue.erase(std::remove(queue.begin(), queue.end(), posted), queue.end());
}

}  // namespace

ThreadTeam::Queues& ThreadTeam::queues_of(const Posted& posted) {
  const Message& message = posted.message;
  return message.sending ? at(message.peer).queues[{message.tag, posted.owner}]
                         : at(posted.owner).queues[{message.tag, message.peer}];
}

unsigned ThreadTeam::delay_of(const Posted& receive, uint64_t number) const {
  if (settings_.shuffle_seed == 0) return 0;
  const Message& message = receive.message;
  uint64_t hash = settings_.shuffle_seed;
  for (const uint64_t part : {uint64_t(receive.owner), uint64_t(message.peer), uint64_t(message.tag), number})
    hash = mix(hash ^ part);
  return static_cast<unsigned>(hash % 8);
}

void ThreadTeam::match(Queues& queues, int receiver) {
  if (queues.sends.empty() || queues.receives.empty()) return;
  Posted* send = queues.sends.front();
  Posted* receive = queues.receives.front();
  queues.sends.pop_front();
  queues.receives.pop_front();
  at(receiver).matched.push_back({send, receive, delay_of(*receive, queues.matched++)});
  happened(receiver);
}

void ThreadTeam::post(Posted& posted) {
  const Lock lock(mutex_);
  throw_if_failed();
  const Message& message = posted.message;
  if (!message.sending && settings_.shuffle_seed != 0 && message.bytes != 0)
    std::memset(message.data, not_yet_received, message.bytes);
  posted.state = Posted::State::posted;
  posted.number = posted_++;
  Queues& queues = queues_of(posted);
  (message.sending ? queues.sends : queues.receives).push_back(&posted);
  match(queues, message.sending ? message.peer : posted.owner);
  // Nobody has posted a receive: its rank may be probing for it.
  if (message.sending && !queues.sends.empty()) happened(message.peer);
}

/// Queues are in order of tags, so that one tag of any rank takes no look at the others.
std::optional<Message> ThreadTeam::probe(int rank, int peer, int tag) {
  const Lock lock(mutex_);
  throw_if_failed();
  auto& queues = at(rank).queues;
  const Posted* first = nullptr;
  const auto begin = tag == any_tag ? queues.begin() : queues.lower_bound({tag, INT_MIN});
  for (auto each = begin; each != queues.end() && (tag == any_tag || each->first.first == tag); ++each) {
    const auto& sends = each->second.sends;
    if (sends.empty() || (peer != any_rank && each->first.second != peer)) continue;
    if (first == nullptr || sends.front()->number < first->number) first = sends.front();
  }
  if (first == nullptr) return std::nullopt;
  return Message{false, nullptr, first->message.bytes, first->owner, first->message.tag};
}

void ThreadTeam::happened(int rank) {
  Rank& to = at(rank);
  const bool was = to.settled();
  ++to.events;
  settle(was, to.settled());
  to.wake.notify_all();
}

/// Only the receiver's own thread does this, so that `matched` loses entries nowhere else while the lock is open.
void ThreadTeam::deliver(Lock& lock, int rank) {
  std::vector<Pair>& matched = at(rank).matched;
  for (size_t k = 0; k < matched.size();) {
    if (matched[k].delay > 0) {
      --matched[k++].delay;
      happened(rank);
      continue;
    }
    const Pair pair = matched[k];
    matched.erase(matched.begin() + static_cast<std::ptrdiff_t>(k));
    move(lock, pair);
  }
}

void ThreadTeam::move(Lock& lock, const Pair& pair) {
  pair.send->state = pair.receive->state = Posted::State::moving;
  const Message from = pair.send->message, to = pair.receive->message;
  const int sender = pair.send->owner;
  lock.unlock();
  if (const size_t bytes = std::min(from.bytes, to.bytes); bytes != 0) std::memcpy(to.data, from.data, bytes);
  lock.lock();
  pair.receive->received = from.bytes;
  pair.send->received = from.bytes;
  pair.send->state = pair.receive->state = Posted::State::done;
  happened(sender);
  happened(pair.receive->owner);
}

bool ThreadTeam::test(Posted& posted) {
  Lock lock(mutex_);
  throw_if_failed();
  deliver(lock, posted.owner);
  return posted.state == Posted::State::done;
}

/// A copy takes its place, among those that wait or beside its receive.
void ThreadTeam::keep(Posted& posted) {
  Kept& kept = kept_.emplace_back(Kept{posted, {static_cast<const char*>(posted.message.data), posted.message.bytes}});
  kept.posted.message.data = kept.bytes.data();
  std::deque<Posted*>& sends = queues_of(posted).sends;
  std::replace(sends.begin(), sends.end(), &posted, &kept.posted);
  for (Pair& pair : at(posted.message.peer).matched)
    if (pair.send == &posted) pair.send = &kept.posted;
}

bool ThreadTeam::withdraw(Posted& posted) noexcept {
  Lock lock(mutex_);
  // Another thread reads this rank's memory: its end is near, and it needs nothing of us.
  at(posted.owner).wake.wait(lock, [&] { return posted.state != Posted::State::moving; });
  if (posted.state != Posted::State::posted) return posted.state == Posted::State::done;
  const Message& message = posted.message;
  if (message.sending && message.bytes <= short_message) {
    keep(posted);
    return true;
  }
  Queues& queues = queues_of(posted);
  take_out(message.sending ? queues.sends : queues.receives, &posted);
  std::vector<Pair>& matched = at(message.sending ? message.peer : posted.owner).matched;
  const auto pair = std::find_if(matched.begin(), matched.end(),
                                 [&](const Pair& each) { return each.send == &posted || each.receive == &posted; });
  if (pair == matched.end()) return false;
  if (message.sending) queues.receives.push_front(pair->receive);
  if (!message.sending) queues.sends.push_front(pair->send);
  matched.erase(pair);
  return false;
}

void ThreadTeam::pause(int rank, const Waiting& waiting, double seconds) {
  Lock lock(mutex_);
  throw_if_failed();
  Rank& me = at(rank);
  // What happened since the last pause may be what is waited for: look again first.
  const bool news = me.seen != me.events;
  me.seen = me.events;
  if (news) return;
  const bool was = me.settled();
  me.state = Rank::State::waiting;
  me.waiting = waiting;
  settle(was, true);
  fail_if_stuck();
  const auto woken = [&] { return failure_ || me.seen != me.events; };
  if (std::isinf(seconds)) {
    me.wake.wait(lock, woken);
  } else {
    me.wake.wait_for(lock, std::chrono::duration<double>(seconds), woken);
  }
  settle(me.settled(), false);
  me.state = Rank::State::running;
  throw_if_failed();
}

void ThreadTeam::leave(int rank, std::exception_ptr exception) {
  const Lock lock(mutex_);
  if (exception && !exception_) exception_ = exception;
  if (exception)
    fail_locked(Error(ErrorCode::communication, fmt::format("rank {} failed: {}", rank, what_of(exception))));
  settle(at(rank).settled(), true);
  at(rank).state = Rank::State::gone;
  fail_if_stuck();
}

void ThreadTeam::fail(const Error& error) noexcept {
  const Lock lock(mutex_);
  fail_locked(error);
}

void ThreadTeam::fail_locked(const Error& error) {
  if (failure_) return;
  failure_ = error;
  for (Rank& rank : ranks_) rank.wake.notify_all();
}

void ThreadTeam::throw_if_failed() const {
  if (failure_) throw *failure_;
}

void ThreadTeam::fail_if_stuck() {
  if (failure_ || settled_ != size()) return;
  const bool all_gone =
      std::all_of(ranks_.begin(), ranks_.end(), [](const Rank& rank) { return rank.state == Rank::State::gone; });
  if (!all_gone) fail_locked(Error(ErrorCode::communication, who_waits()));
}

std::string ThreadTeam::who_waits() const {
  std::string text = "all ranks wait for ever: ";
  for (int rank = 0; rank < size(); ++rank) {
    const Rank& each = ranks_[static_cast<size_t>(rank)];
    text += fmt::format("{}rank {} {}", rank == 0 ? "" : "; ", rank,
                        each.state == Rank::State::gone ? "has returned" : "waits " + describe(each.waiting));
  }
  return text;
}

}  // namespace fuseval::runtime::distributed
