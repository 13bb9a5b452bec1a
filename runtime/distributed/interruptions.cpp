#include "runtime/distributed/interruptions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/distributed/communicator.hpp"
#include "runtime/distributed/watch.hpp"

namespace fuseval::runtime::distributed {
namespace {

using Phase = Interruptions::Phase;

enum InterruptionTag : int { word_tag = Communicator::tags + 200, refusal_tag, notice_counts_tag };

/// A word: this, and the text behind it.
struct WordHeader {
  uint64_t call;
  int32_t code;
  uint32_t begin, end;
};

std::shared_ptr<const std::string> bytes_of(const Word& word) {
  const Error& error = word.error;
  const WordHeader header{word.call, static_cast<int32_t>(error.code()), error.span().begin, error.span().end};
  return std::make_shared<const std::string>(std::string(reinterpret_cast<const char*>(&header), sizeof header) +
                                             error.message());
}

Word word_of(const std::string& bytes) {
  WordHeader header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return {header.call,
          Error(static_cast<ErrorCode>(header.code), bytes.substr(sizeof header), {header.begin, header.end})};
}

Error named(int rank, const Error& error) {
  return Error(error.code(), fmt::format("rank {}: {}", rank, error.message()), error.span());
}

Word word_of(const Refusal& refusal) {
  return {refusal.first_call,
          named(refusal.rank, Error(static_cast<ErrorCode>(refusal.code), refusal.text, {refusal.begin, refusal.end}))};
}

Refusal refusal_by(int rank, uint64_t call, const Error& error) {
  Refusal refusal{call, 0, rank, static_cast<int32_t>(error.code()), error.span().begin, error.span().end, {}};
  error.message().copy(refusal.text, sizeof refusal.text - 1);
  return refusal;
}

void call(const Surroundings& surroundings, const std::function<void()>& f) {
  if (surroundings.call)
    surroundings.call(f);
  else
    f();
}

bool are_alike(const Refusal& a, const Refusal& b) { return a.first_call == b.first_call && a.calls == b.calls; }

/// The one that refused what the other did not.
const Refusal& earlier(const Refusal& a, const Refusal& b) {
  return std::pair(a.first_call, b.calls) < std::pair(b.first_call, a.calls) ? a : b;
}

}  // namespace

class Communicator::PhaseOf {
 public:
  PhaseOf(Communicator& communicator, Phase phase)
      : phase_(communicator.interruptions_.phase), before_(std::exchange(phase_, phase)) {}
  ~PhaseOf() { phase_ = before_; }
  PhaseOf(const PhaseOf&) = delete;
  PhaseOf& operator=(const PhaseOf&) = delete;

 private:
  Phase& phase_;
  const Phase before_;
};

Communicator::~Communicator() {
  try {
    if (interruptions_.refusal && !failure_ && !is_interrupted()) give_up(word_of(*interruptions_.refusal));
  } catch (...) {  // then this rank is the only one that knows
  }
  for (Orphan& orphan : interruptions_.orphans)
    call(orphan.surroundings, [&] { transport_->release(orphan.message, orphan.handle, true); });
}

void Communicator::note_usable() { is_usable_ = !failure_ && !is_interrupted() && !interruptions_.refusal; }

void Communicator::become_usable() {
  if (failure_) throw Error(*failure_);
  if (interruptions_.phase != Phase::calls) return;
  if (const std::optional<Error>& error = interruptions_.error)
    throw Error(error->code(), error->message() + "; no rank goes on before all have agreed (World::agree)",
                error->span());
  settle();
}

/// A transport that fails breaks the communicator.
template <class F>
auto Communicator::or_fail(F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    fail(error);
  }
}

// ---- words ----

Error Communicator::interrupt(const Error& error, Made made) {
  if (failure_) throw Error(*failure_);
  if (size() == 1) return error;
  uint64_t missing = interruptions_.call + (made == Made::whole ? 1 : 0);
  if (interruptions_.refusal) missing = interruptions_.refusal->first_call;
  if (!is_interrupted()) give_up({missing, named(rank(), error)});
  return *interruptions_.error;
}

void Communicator::give_up(const Word& word) {
  give_up_too(word);
  const auto bytes = bytes_of(word);
  for (int step = 1; step < size(); ++step) tell((rank() + step) % size(), bytes);
}

void Communicator::tell(int rank, const std::shared_ptr<const std::string>& word) {
  const Message message{true, read_only(word->data()), word->size(), rank, word_tag};
  interruptions_.orphans.push_back({message, or_fail([&] { return transport_->post(message); }), false, {word}});
  ++interruptions_.sent[static_cast<size_t>(rank)];
  ++messages_sent_;
}

bool Communicator::listen() {
  if (is_interrupted()) return true;
  if (interruptions_.phase == Phase::recovering) return false;
  while (const auto found = transport_->probe(any_rank, word_tag)) hear(*found);
  const std::optional<Word>& word = interruptions_.word;
  if (!word || word->call > interruptions_.call)
    return interruptions_.phase == Phase::calls && (hear_refusals() || hear_other_calls());
  give_up_too(*word);
  return true;
}

void Communicator::hear(const Message& found) {
  std::string bytes(found.bytes, '\0');
  Message message = found;
  message.data = bytes.data();
  receive_whole("word of another rank", message);
  Word word = word_of(bytes);
  if (word.error.code() == ErrorCode::none)
    interruptions_.waiting.insert_or_assign(found.peer, std::move(word));
  else if (std::optional<Word>& known = interruptions_.word; !known || word.call < known->call)
    known = std::move(word);
}

void Communicator::give_up_too(const Word& word) {
  interruptions_.error = word.error;
  note_usable();
}

/// Not in pieces, as words are sent.
void Communicator::receive_whole(const char* operation, const Message& message) {
  Watch watch(*this);
  size_t bytes = 0;
  Transport::Handle handle = or_fail([&] { return transport_->post(message); });
  while (!or_fail([&] { return transport_->test(handle, bytes); })) watch.pause({operation, message});
  ++interruptions_.received[static_cast<size_t>(message.peer)];
}

Error Communicator::await_interruption() {
  if (failure_) throw Error(*failure_);
  Watch watch(*this);
  while (!or_fail([&] { return listen(); }) && !interruptions_.word)
    watch.pause({"call for the error of another rank", {false, nullptr, 0, any_rank, word_tag}});
  if (!is_interrupted()) give_up_too(*interruptions_.word);
  return *interruptions_.error;
}

// ---- calls that differ ----

std::string Communicator::call_in_words() const { return std::string(interruptions_.call_name.substr(0, 200)); }

void Communicator::tell_call() {
  if (interruptions_.phase != Phase::calls) return;
  const auto bytes = bytes_of({interruptions_.call, Error(ErrorCode::none, call_in_words())});
  for (int step = 1; step < size(); ++step) tell((rank() + step) % size(), bytes);
}

bool Communicator::hear_other_calls() {
  auto& waiting = interruptions_.waiting;
  if (waiting.empty()) return false;
  const uint64_t call = interruptions_.call;
  std::erase_if(waiting, [&](const auto& each) { return each.second.call < call; });
  const std::string mine = call_in_words();
  for (const auto& [other, word] : waiting) {
    if (word.call != call || word.error.message() == mine) continue;
    give_up(
        {call, Error(ErrorCode::argument, fmt::format("ranks make different calls: '{}' on rank {}, '{}' on rank {}",
                                                      mine, rank(), word.error.message(), other))});
    return true;
  }
  return false;
}

// ---- refusals ----

void Communicator::refuse(const Error& error) {
  if (size() == 1 || failure_ || is_interrupted()) return;
  if (!interruptions_.refusal) interruptions_.refusal = refusal_by(rank(), interruptions_.call, error);
  ++interruptions_.refusal->calls;
  note_usable();
}

/// Those that would ask this rank first have refused a call that it has made, or is making.
bool Communicator::hear_refusals() {
  if (interruptions_.refusals.empty() && !transport_->probe(any_rank, refusal_tag)) return false;
  for (int step = 1; step < size(); step *= 2) {
    const auto refusal = refusal_of((rank() - step + size()) % size());
    if (!refusal || refusal->first_call > interruptions_.call) continue;
    give_up(word_of(*refusal));
    return true;
  }
  return false;
}

/// What has come from a rank; it is kept.
std::optional<Refusal> Communicator::refusal_of(int peer) {
  auto& known = interruptions_.refusals;
  if (const auto one = known.find(peer); one != known.end()) return one->second;
  if (!transport_->probe(peer, refusal_tag)) return std::nullopt;
  Refusal refusal;
  const PhaseOf phase(*this, Phase::recovering);
  Exchange exchange(*this, "refusal of another rank");
  exchange.add({false, &refusal, sizeof refusal, peer, refusal_tag});
  exchange.start();
  exchange.wait();
  return known.emplace(peer, refusal).first->second;
}

void Communicator::settle() {
  const PhaseOf phase(*this, Phase::settling);
  struct Refusals {
    Refusal mine, theirs;
  };
  const auto memory = std::make_shared<Refusals>(Refusals{*interruptions_.refusal, {}});
  auto& [mine, theirs] = *memory;
  for (int step = 1; step < size(); step *= 2) {
    const int from = (rank() - step + size()) % size();
    const auto known = interruptions_.refusals.extract(from);
    std::optional<std::span<std::byte>> to_receive = std::as_writable_bytes(std::span(&theirs, 1));
    if (known) to_receive.reset();
    send_and_receive("comparison of refused calls", refusal_tag, (rank() + step) % size(),
                     std::as_bytes(std::span(&mine, 1)), from, to_receive, memory);
    if (known) theirs = known.mapped();
    if (are_alike(mine, theirs)) continue;
    give_up(word_of(earlier(mine, theirs)));
    throw Error(*interruptions_.error);
  }
  interruptions_.refusal.reset();
  note_usable();
}

// ---- recovery ----

void Communicator::recover() {
  if (failure_) throw Error(*failure_);
  const PhaseOf phase(*this, Phase::recovering);
  interruptions_.word.reset();
  interruptions_.error.reset();
  interruptions_.refusal.reset();
  interruptions_.refusals.clear();
  interruptions_.waiting.clear();
  const std::vector<uint64_t> to_come = messages_to_come();
  for (int peer = 0; peer < size(); ++peer)
    for (uint64_t k = 0; k < to_come[static_cast<size_t>(peer)]; ++k) discard_next(peer);
  finish_orphans();
  interruptions_.call = calls_ = 0;
  note_usable();
}

/// [rank]: how many messages from it this rank has not taken. Nobody sends more before it has told all others.
std::vector<uint64_t> Communicator::messages_to_come() {
  const std::vector<uint64_t> sent = interruptions_.sent, received = interruptions_.received;
  std::vector<uint64_t> counts = sent;
  Exchange exchange(*this, "comparison of messages");
  for (int step = 1; step < size(); ++step) {
    const int to = (rank() + step) % size(), from = (rank() - step + size()) % size();
    exchange.add({false, &counts[static_cast<size_t>(from)], sizeof(uint64_t), from, notice_counts_tag});
    exchange.add({true, read_only(&sent[static_cast<size_t>(to)]), sizeof(uint64_t), to, notice_counts_tag});
  }
  exchange.start();
  exchange.wait();
  for (size_t rank = 0; rank < counts.size(); ++rank) counts[rank] -= received[rank];
  return counts;
}

/// Messages of one rank are found in the order in which it sent them.
void Communicator::discard_next(int peer) {
  Watch watch(*this);
  std::optional<Message> found;
  while (!(found = or_fail([&] { return transport_->probe(peer, any_tag); })))
    watch.pause({"recovery", {false, nullptr, 0, peer, any_tag}});
  std::vector<std::byte> scratch(found->bytes);
  found->data = scratch.data();
  receive_whole("recovery", *found);
}

void Communicator::finish_orphans() {
  for (Orphan& orphan : interruptions_.orphans) call(orphan.surroundings, [&] { finish(orphan); });
  interruptions_.orphans.clear();
}

void Communicator::finish(Orphan& orphan) {
  Watch watch(*this);
  size_t bytes = 0;
  while (!or_fail([&] { return transport_->test(orphan.handle, bytes); })) watch.pause({"recovery", orphan.message});
  if (orphan.prepared) transport_->release(orphan.message, orphan.handle, false);
}

}  // namespace fuseval::runtime::distributed
