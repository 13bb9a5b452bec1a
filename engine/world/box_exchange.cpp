#include "engine/world/box_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/world/flags_exchange.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

using runtime::distributed::Communicator;
using runtime::distributed::Exchange;
using Flags = BoxExchange::Flags;

// Exchanges in flight at once are told apart by the order of their starts, which is the same on all ranks.
constexpr int tag = 0;

/// Part of one array, as it lies in a message.
struct Piece {
  size_t transfer = 0;
  Box box;
  size_t offset = 0;
  bool operator==(const Piece&) const = default;
};

/// What one rank sends another: the pieces in order of transfers, which both know, and the flags behind them.
struct Parcel {
  int peer = 0;
  std::vector<Piece> pieces;
  size_t bytes = 0;  ///< of the pieces

  size_t message_bytes() const { return checked_add(bytes, sizeof(Flags)); }
};

size_t bytes_of(const Box& box, int64_t itemsize) {
  return static_cast<size_t>(checked_multiply(box.count(), itemsize));
}

Parcel parcel_of(std::span<const BoxTransfer> transfers, int sender, int receiver, int peer) {
  Parcel parcel{peer, {}, 0};
  for (size_t k = 0; k < transfers.size(); ++k) {
    const Box& held = transfers[k].held[static_cast<size_t>(sender)];
    const Box& needed = transfers[k].needed[static_cast<size_t>(receiver)];
    if (!have_common(held, needed)) continue;
    parcel.pieces.push_back({k, intersection(held, needed), parcel.bytes});
    parcel.bytes = checked_add(parcel.bytes, bytes_of(parcel.pieces.back().box, transfers[k].itemsize));
  }
  return parcel;
}

/// All other ranks, the nearest first: halos come from neighbours, and not everybody begins with rank 0.
std::vector<int> peers_of(int rank, int ranks) {
  std::vector<int> peers;
  for (int step = 1; 2 * step <= ranks; ++step) {
    peers.push_back((rank + step) % ranks);
    if (2 * step != ranks) peers.push_back((rank - step + ranks) % ranks);
  }
  return peers;
}

struct Parcels {
  std::vector<Parcel> sent, received;
};

Parcels parcels_of(std::span<const BoxTransfer> transfers, int rank) {
  Parcels parcels;
  const int ranks = transfers.empty() ? 1 : static_cast<int>(transfers[0].held.size());
  for (const int peer : peers_of(rank, ranks)) {
    Parcel sent = parcel_of(transfers, rank, peer, peer), received = parcel_of(transfers, peer, rank, peer);
    if (!sent.pieces.empty()) parcels.sent.push_back(std::move(sent));
    if (!received.pieces.empty()) parcels.received.push_back(std::move(received));
  }
  return parcels;
}

BoxExchange::Traffic sum_of(const Parcels& parcels) {
  BoxExchange::Traffic traffic;
  traffic.messages_sent = static_cast<int64_t>(parcels.sent.size());
  traffic.messages_received = static_cast<int64_t>(parcels.received.size());
  const auto add = [](int64_t& bytes, const Parcel& parcel) {
    bytes = capped_add(bytes, static_cast<int64_t>(parcel.message_bytes()));
  };
  for (const Parcel& parcel : parcels.sent) add(traffic.bytes_sent, parcel);
  for (const Parcel& parcel : parcels.received) add(traffic.bytes_received, parcel);
  return traffic;
}

void require_ranks(std::span<const BoxTransfer> transfers, int ranks) {
  for (const BoxTransfer& transfer : transfers)
    if (transfer.held.size() != static_cast<size_t>(ranks) || transfer.needed.size() != static_cast<size_t>(ranks))
      throw Error(ErrorCode::argument,
                  fmt::format("an exchange between {} ranks needs a held and a needed box of each", ranks));
}

/// The element at the lower corner of `part`, in the memory of `box`.
char* corner(const BoxMemory& memory, const Box& box, const Box& part) {
  char* data = memory.data;
  for (size_t k = 0; k < box.lower.size(); ++k) data += (part.lower[k] - box.lower[k]) * memory.strides[k];
  return data;
}

/// Where parcels lie behind each other, in cache lines of their own.
class Room {
 public:
  size_t add(size_t bytes) {
    constexpr size_t line = 64;
    const size_t offset = size_;
    size_ = checked_add(size_, checked_round_up(bytes, line));
    return offset;
  }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

/// A parcel with its place in the buffer, and how its pieces lie there.
struct PlacedParcel {
  Parcel parcel;
  char* data = nullptr;           ///< in the boxes' space
  char* message = nullptr;        ///< as the transport has it
  bool is_packed_before = false;  ///< the parcel before this one is the same and in the same place
  std::vector<Shape> shapes;
  std::vector<std::vector<int64_t>> strides;

  char* flags() const { return message + parcel.bytes; }
};

std::vector<PlacedParcel> placed(std::vector<Parcel> parcels, std::span<const BoxTransfer> transfers, bool shared,
                                 BoxSpace& space, std::shared_ptr<MessageMemory>& memory) {
  std::vector<PlacedParcel> result;
  std::vector<size_t> offsets;
  Room room;
  for (Parcel& parcel : parcels) {
    PlacedParcel& added = result.emplace_back();
    // What all get is packed once: in a gather to everybody each piece would else take the place of the whole array.
    added.is_packed_before = shared && result.size() > 1 && result[result.size() - 2].parcel.pieces == parcel.pieces;
    offsets.push_back(added.is_packed_before ? offsets.back() : room.add(parcel.message_bytes()));
    for (const Piece& piece : parcel.pieces) {
      added.shapes.push_back(piece.box.shape());
      added.strides.push_back(c_strides(added.shapes.back(), transfers[piece.transfer].itemsize));
    }
    added.parcel = std::move(parcel);
  }
  memory = space.message_memory(room.size());
  for (size_t k = 0; k < result.size(); ++k) {
    result[k].data = memory->boxes() + offsets[k];
    result[k].message = memory->messages() + offsets[k];
  }
  return result;
}

}  // namespace

class BoxExchange::Impl {
 public:
  Impl(Communicator& communicator, std::vector<BoxTransfer> transfers, const char* operation, BoxSpace& space)
      : rank_(communicator.rank()), transfers_(std::move(transfers)), space_(space) {
    require_ranks(transfers_, communicator.size());
    Parcels parcels = parcels_of(transfers_, rank_);
    traffic_ = sum_of(parcels);
    sent_ = placed(std::move(parcels.sent), transfers_, true, space_, sent_memory_);
    received_ = placed(std::move(parcels.received), transfers_, false, space_, received_memory_);
    direct_ = space_.direct_messages(places_of_flags(sent_), places_of_flags(received_));
    if (direct_) flags_alone_.emplace(communicator, operation, sizes_of(sent_), sizes_of(received_), tag);
    call([&] { make_messages(communicator, operation); });
    own_ = parcel_of(transfers_, rank_, rank_, rank_);
    forget_others();
  }
  ~Impl() {
    call([&] { messages_.reset(); });
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void pack(std::span<const BoxMemory> from) {
    require_memory(from);
    if (is_posted_) throw Error(ErrorCode::argument, "an exchange between ranks was started twice");
    for (const PlacedParcel& each : sent_)
      if (!each.is_packed_before) pack(each, from);
    // Direct messages that are received overwrite what unpacking may still read.
    if (!sent_.empty() || (direct_ && !received_.empty())) space_.bring_down(*sent_memory_);
    is_packed_ = true;
  }

  void post(Flags flags) {
    is_flags_alone_ = direct_ && (!is_packed_ || flags != 0);
    is_packed_ = false;
    if (!direct_) write_flags(flags);
    if (is_flags_alone_)
      flags_alone_->start(flags);
    else
      call([&] { messages_->start(); });
    is_posted_ = true;
    flags_ = flags;
  }

  void copy_own(std::span<const BoxMemory> from, std::span<const BoxMemory> to) {
    require_memory(from);
    require_memory(to);
    for (const Piece& piece : own_.pieces) copy_own(piece, from[piece.transfer], to[piece.transfer]);
  }

  bool progress() {
    bool done = false;
    call([&] { done = posted().progress(); });
    return done;
  }

  Flags wait() {
    call([&] { posted().wait(); });
    if (std::exchange(is_posted_, false)) read_flags();
    return flags_;
  }

  void unpack(std::span<const BoxMemory> to) {
    require_memory(to);
    if (const auto failure = std::exchange(unread_, std::nullopt)) throw Error(*failure);
    if (!received_.empty()) space_.bring_up(*received_memory_);
    for (const PlacedParcel& each : received_) unpack(each, to);
  }

  const Traffic& traffic() const { return traffic_; }

 private:
  static std::vector<char*> places_of_flags(const std::vector<PlacedParcel>& parcels) {
    std::vector<char*> places;
    for (const PlacedParcel& each : parcels)
      if (!each.is_packed_before) places.push_back(each.flags());
    return places;
  }
  static std::vector<FlagsExchange::Message> sizes_of(const std::vector<PlacedParcel>& parcels) {
    std::vector<FlagsExchange::Message> sizes;
    for (const PlacedParcel& each : parcels) sizes.push_back({each.parcel.peer, each.parcel.message_bytes()});
    return sizes;
  }

  void make_messages(Communicator& communicator, const char* operation) {
    messages_.emplace(communicator, operation, Exchange::Use::repeated);
    runtime::distributed::Surroundings surroundings{sent_memory_};
    if (direct_) surroundings.call = [direct = direct_](const std::function<void()>& f) { direct->call(f); };
    messages_->keep(std::move(surroundings));
    for (const PlacedParcel& each : received_)
      messages_->receive(each.message, each.parcel.message_bytes(), each.parcel.peer, tag);
    for (const PlacedParcel& each : sent_)
      messages_->send(each.message, each.parcel.message_bytes(), each.parcel.peer, tag);
  }

  /// The transport.
  template <class F>
  void call(F&& f) {
    if (direct_)
      direct_->call(f);
    else
      f();
  }
  Exchange& posted() { return is_flags_alone_ ? flags_alone_->messages() : *messages_; }

  /// Plans of many ranks are large and were needed once.
  void forget_others() {
    for (BoxTransfer& transfer : transfers_) {
      const Box held = transfer.held[static_cast<size_t>(rank_)], needed = transfer.needed[static_cast<size_t>(rank_)];
      transfer.held = {held};
      transfer.needed = {needed};
      transfer.held.shrink_to_fit();
      transfer.needed.shrink_to_fit();
    }
  }

  const Box& held(const Piece& piece) const { return transfers_[piece.transfer].held[0]; }
  const Box& needed(const Piece& piece) const { return transfers_[piece.transfer].needed[0]; }
  int64_t itemsize(const Piece& piece) const { return transfers_[piece.transfer].itemsize; }

  void require_memory(std::span<const BoxMemory> memory) const {
    if (memory.size() != transfers_.size())
      throw Error(ErrorCode::argument, "an exchange between ranks needs memory for each of its arrays");
  }

  void pack(const PlacedParcel& placed, std::span<const BoxMemory> from) const {
    const Parcel& parcel = placed.parcel;
    for (size_t k = 0; k < parcel.pieces.size(); ++k) {
      const Piece& piece = parcel.pieces[k];
      const BoxMemory& memory = from[piece.transfer];
      space_.copy(placed.data + piece.offset, placed.strides[k], corner(memory, held(piece), piece.box), memory.strides,
                  placed.shapes[k], itemsize(piece));
    }
  }

  void unpack(const PlacedParcel& placed, std::span<const BoxMemory> to) const {
    const Parcel& parcel = placed.parcel;
    for (size_t k = 0; k < parcel.pieces.size(); ++k) {
      const Piece& piece = parcel.pieces[k];
      const BoxMemory& memory = to[piece.transfer];
      space_.copy(corner(memory, needed(piece), piece.box), memory.strides, placed.data + piece.offset,
                  placed.strides[k], placed.shapes[k], itemsize(piece));
    }
  }

  void write_flags(Flags flags) const {
    for (const PlacedParcel& each : sent_)
      if (!each.is_packed_before) std::memcpy(each.flags(), &flags, sizeof flags);
  }

  void read_flags() {
    unread_.reset();
    if (is_flags_alone_)
      flags_ |= flags_alone_->received();
    else if (direct_)
      read_direct_flags();
    else
      for (const PlacedParcel& each : received_) flags_ |= flags_at(each.flags());
  }
  void read_direct_flags() {
    if (received_.empty()) return;
    try {
      flags_ |= direct_->received_flags();
    } catch (const Error& error) {
      unread_ = error;
    }
  }

  void copy_own(const Piece& piece, const BoxMemory& from, const BoxMemory& to) const {
    space_.copy(corner(to, needed(piece), piece.box), to.strides, corner(from, held(piece), piece.box), from.strides,
                piece.box.shape(), itemsize(piece));
  }

  const int rank_;
  std::vector<BoxTransfer> transfers_;  // only this rank's boxes, once all is planned
  BoxSpace& space_;
  std::vector<PlacedParcel> sent_, received_;
  Parcel own_;
  Traffic traffic_;
  std::shared_ptr<MessageMemory> sent_memory_, received_memory_;
  std::shared_ptr<DirectMessages> direct_;    // nullptr: messages are in the host's memory
  std::optional<FlagsExchange> flags_alone_;  // with direct ones
  std::optional<Exchange> messages_;          // after the memory that they are in
  Flags flags_ = 0;
  bool is_packed_ = false, is_posted_ = false;
  bool is_flags_alone_ = false;  // what is posted
  std::optional<Error> unread_;  // why flags that came could not be read
};

BoxExchange::BoxExchange(Communicator& communicator, std::vector<BoxTransfer> transfers, const char* operation,
                         BoxSpace& space)
    : impl_(std::make_unique<Impl>(communicator, std::move(transfers), operation, space)) {}
BoxExchange::~BoxExchange() = default;

void BoxExchange::pack(std::span<const BoxMemory> from) { impl_->pack(from); }
void BoxExchange::post(Flags flags) { impl_->post(flags); }
void BoxExchange::copy_own(std::span<const BoxMemory> from, std::span<const BoxMemory> to) {
  impl_->copy_own(from, to);
}
bool BoxExchange::progress() { return impl_->progress(); }
BoxExchange::Flags BoxExchange::wait() { return impl_->wait(); }
void BoxExchange::unpack(std::span<const BoxMemory> to) { impl_->unpack(to); }
void BoxExchange::run(std::span<const BoxMemory> from, std::span<const BoxMemory> to) {
  pack(from);
  post(0);
  copy_own(from, to);
  wait();
  unpack(to);
}
const BoxExchange::Traffic& BoxExchange::traffic() const { return impl_->traffic(); }

BoxExchange::Traffic traffic_of(std::span<const BoxTransfer> transfers, int rank) {
  return sum_of(parcels_of(transfers, rank));
}

}  // namespace fuseval::engine
