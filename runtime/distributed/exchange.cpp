#include <fmt/format.h>

#include <algorithm>

#include "ir/counted.hpp"
#include "runtime/distributed/communicator.hpp"
#include "runtime/distributed/watch.hpp"

namespace fuseval::runtime::distributed {

Exchange::Exchange(Communicator& communicator, const char* operation, Use use)
    : communicator_(communicator), operation_(operation), use_(use) {}

Exchange::~Exchange() { release(false); }

void Exchange::release(bool is_interrupted) noexcept {
  Interruptions& others = communicator_.interruptions_;
  for (size_t k = pieces(); k-- > 0;) {
    Piece& piece = k < receives_.size() ? receives_[k] : sends_[k - receives_.size()];
    const Message& message = piece.message;
    const bool in_flight = k >= next_ && k < started_;
    const bool outlives_us = surroundings_.memory != nullptr || use_ == Use::repeated || message.bytes > short_message;
    if (in_flight && message.sending && is_interrupted && outlives_us) {
      others.orphans.push_back({message, piece.handle, use_ == Use::repeated, surroundings_});
    } else if (use_ == Use::repeated || in_flight) {
      const bool arrives = communicator_.transport_->release(message, piece.handle, in_flight);
      const auto peer = static_cast<size_t>(message.peer);
      if (in_flight && message.sending && !arrives) --others.sent[peer];
      if (in_flight && !message.sending && arrives) ++others.received[peer];
    }
  }
  receives_.clear();
  sends_.clear();
  started_ = next_ = 0;
}

void Exchange::send(const void* data, size_t bytes, int peer, int tag) {
  if (tag < 0 || tag >= Communicator::tags)
    throw Error(ErrorCode::argument,
                fmt::format("{}: the tag {} is not below {}", operation_, tag, Communicator::tags));
  add({true, read_only(data), bytes, peer, tag});
}

void Exchange::receive(void* data, size_t bytes, int peer, int tag) {
  if (tag < 0 || tag >= Communicator::tags)
    throw Error(ErrorCode::argument,
                fmt::format("{}: the tag {} is not below {}", operation_, tag, Communicator::tags));
  add({false, data, bytes, peer, tag});
}

void Exchange::require_idle(const char* what) const {
  if (communicator_.failure_) throw Error(*communicator_.failure_);
  if (is_left_) throw Error(ErrorCode::argument, fmt::format("{}: {} after an interruption", operation_, what));
  if (next_ != started_)
    throw Error(ErrorCode::argument, fmt::format("{}: {} while messages are in flight", operation_, what));
}

void Exchange::add(const Message& message) {
  require_idle("a message added");
  communicator_.require_rank(message.peer, operation_);
  started_ = next_ = 0;
  add_pieces(message.sending ? sends_ : receives_, message);
}

/// What fails in a transport is told with who was doing what.
template <class F>
auto Exchange::guarded(const Message& message, F&& f) {
  try {
    return f();
  } catch (const MessageError& error) {
    communicator_.fail(Error(error.code(), fmt::format("rank {} {}: {}", communicator_.rank(),
                                                       describe({operation_, message}), error.message())));
  } catch (const Error& error) {
    communicator_.fail(error);
  }
}

/// Also a message of no bytes is one piece.
void Exchange::add_pieces(std::vector<Piece>& pieces, Message message) {
  size_t rest = message.bytes;
  do {
    message.bytes = std::min(rest, communicator_.settings_.largest_message);
    rest -= message.bytes;
    Piece piece{message, {}};
    if (use_ == Use::repeated)
      piece.handle = guarded(message, [&] { return communicator_.transport_->prepare(message); });
    pieces.push_back(piece);
    if (message.data != nullptr) message.data = static_cast<std::byte*>(message.data) + message.bytes;
  } while (rest != 0);
}

void Exchange::start() {
  communicator_.require_usable();
  require_idle("started");
  Transport& transport = *communicator_.transport_;
  started_ = next_ = 0;
  for (std::vector<Piece>* const list : {&receives_, &sends_})
    for (Piece& piece : *list) {
      guarded(piece.message, [&] {
        if (use_ == Use::repeated) transport.start(piece.handle);
        if (use_ == Use::once) piece.handle = transport.post(piece.message);
      });
      ++started_;
      if (piece.message.sending) ++communicator_.interruptions_.sent[static_cast<size_t>(piece.message.peer)];
    }
  communicator_.messages_sent_ += sends_.size();
}

bool Exchange::progress() {
  communicator_.require_usable();
  for (; next_ < started_; ++next_) {
    Piece& piece = current();
    size_t bytes = 0;
    if (!guarded(piece.message, [&] { return communicator_.transport_->test(piece.handle, bytes); })) return false;
    if (piece.message.sending) continue;
    ++communicator_.interruptions_.received[static_cast<size_t>(piece.message.peer)];
    if (bytes == piece.message.bytes) continue;
    ++next_;
    communicator_.fail(
        Error(ErrorCode::communication, fmt::format("rank {} waited {} and got {}", communicator_.rank(),
                                                    describe({operation_, piece.message}), counted(bytes, "byte"))));
  }
  return true;
}

void Exchange::wait() {
  if (!progress()) wait_for_the_rest();
}

void Exchange::wait_for_the_rest() {
  Communicator::Watch watch(communicator_);
  for (size_t before = next_; !progress(); before = next_) {
    if (next_ != before) watch.restart();
    if (!watch.pause({operation_, current().message})) continue;
    if (watch.has_become_long()) communicator_.tell_call();
    if (!guarded(current().message, [&] { return communicator_.listen(); })) continue;
    is_left_ = true;
    release(true);
    throw Error(*communicator_.interruptions_.error);
  }
}

}  // namespace fuseval::runtime::distributed
