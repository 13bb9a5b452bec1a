#include "tests/unit/engine/counted_ranks.hpp"

#include <map>
#include <memory>

#include "engine/abi/c_api_handles.hpp"
#include "engine/world/world.hpp"
#include "runtime/distributed/thread_transport.hpp"

using fuseval::runtime::distributed::Message;
using fuseval::runtime::distributed::Place;
using fuseval::runtime::distributed::Transport;
using fuseval::runtime::distributed::Waiting;

namespace {

/// A transport that counts what goes through it.
class CountingTransport final : public Transport {
 public:
  CountingTransport(std::shared_ptr<Transport> inner, Sent& sent, const fake::Control* gpu)
      : inner_(std::move(inner)), sent_(sent), gpu_(gpu), place_(inner_->place()) {
    place_.takes_device_memory = gpu != nullptr;
  }

  const Place& place() const override { return place_; }
  Handle post(const Message& message) override {
    count(message);
    return inner_->post(message);
  }
  Handle prepare(const Message& message) override {
    look(message);
    const Handle handle = inner_->prepare(message);
    prepared_[handle.bits] = message;
    return handle;
  }
  void start(Handle& handle) override {
    count(prepared_.at(handle.bits));
    inner_->start(handle);
  }
  bool test(Handle& handle, size_t& bytes) override {
    if (const auto known = prepared_.find(handle.bits); known != prepared_.end()) look(known->second);
    return inner_->test(handle, bytes);
  }
  bool release(const Message& message, Handle& handle, bool in_flight) noexcept override {
    look(message);
    prepared_.erase(handle.bits);
    return inner_->release(message, handle, in_flight);
  }
  std::optional<Message> probe(int peer, int tag) override { return inner_->probe(peer, tag); }
  bool pause(const Waiting& waiting, double seconds) override { return inner_->pause(waiting, seconds); }
  void fail(const fuseval::Error& error) noexcept override { inner_->fail(error); }

 private:
  void count(const Message& message) {
    const bool from_device = look(message);
    if (!message.sending) return;
    ++sent_.messages;
    sent_.bytes += static_cast<std::int64_t>(message.bytes);
    sent_.from_device += from_device;
  }
  /// Whether it lies in a device's memory.
  bool look(const Message& message) const {
    if (gpu_ == nullptr || !gpu_->is_on_device(message.data)) return false;
    sent_.without_context += !gpu_->is_context_current();
    return true;
  }

  std::shared_ptr<Transport> inner_;
  Sent& sent_;
  const fake::Control* const gpu_;
  Place place_;
  std::map<uint64_t, Message> prepared_;
};

}  // namespace

void run_counted_ranks(std::vector<Sent>& sent, const std::function<void(fv_world* world, Sent& sent)>& f,
                       const CountedTransport& options) {
  fuseval::runtime::distributed::CommunicatorSettings settings;
  settings.largest_message = options.largest_message;
  const auto run = [&](const std::shared_ptr<Transport>& transport) {
    Sent& mine = sent[static_cast<size_t>(transport->place().rank)];
    auto world = std::make_shared<fuseval::engine::World>(
        std::make_shared<CountingTransport>(transport, mine, options.gpu), settings);
    f(fuseval::engine::make_handle<fv_world>("world", std::move(world)), mine);
  };
  fuseval::runtime::distributed::run_ranks(static_cast<int>(sent.size()), run);
}
