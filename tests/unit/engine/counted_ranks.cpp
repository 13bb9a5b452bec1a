#include "tests/unit/engine/counted_ranks.hpp"

#include <map>
#include <memory>

#include "engine/c_api_handles.hpp"
#include "engine/distributed/world.hpp"
#include "runtime/distributed/thread_transport.hpp"

using fuseval::runtime::distributed::Message;
using fuseval::runtime::distributed::Place;
using fuseval::runtime::distributed::Transport;
using fuseval::runtime::distributed::Waiting;

namespace {

/// A transport that counts what goes through it.
class CountingTransport final : public Transport {
 public:
  CountingTransport(std::shared_ptr<Transport> inner, Sent& sent) : inner_(std::move(inner)), sent_(sent) {}

  const Place& place() const override { return inner_->place(); }
  Handle post(const Message& message) override {
    count(message);
    return inner_->post(message);
  }
  Handle prepare(const Message& message) override {
    const Handle handle = inner_->prepare(message);
    prepared_[handle.bits] = message;
    return handle;
  }
  void start(Handle& handle) override {
    count(prepared_.at(handle.bits));
    inner_->start(handle);
  }
  bool test(Handle& handle, size_t& bytes) override { return inner_->test(handle, bytes); }
  void release(const Message& message, Handle& handle, bool in_flight) noexcept override {
    prepared_.erase(handle.bits);
    inner_->release(message, handle, in_flight);
  }
  void pause(const Waiting& waiting, double seconds) override { inner_->pause(waiting, seconds); }
  void fail(const fuseval::Error& error) noexcept override { inner_->fail(error); }

 private:
  void count(const Message& message) {
    if (!message.sending) return;
    ++sent_.messages;
    sent_.bytes += static_cast<std::int64_t>(message.bytes);
  }

  std::shared_ptr<Transport> inner_;
  Sent& sent_;
  std::map<uint64_t, Message> prepared_;
};

}  // namespace

void run_counted_ranks(std::vector<Sent>& sent, const std::function<void(fv_world* world, Sent& sent)>& f) {
  const auto run = [&](const std::shared_ptr<Transport>& transport) {
    Sent& mine = sent[static_cast<size_t>(transport->place().rank)];
    auto world = std::make_shared<fuseval::engine::World>(std::make_shared<CountingTransport>(transport, mine),
                                                          fuseval::runtime::distributed::CommunicatorSettings{});
    f(fuseval::engine::make_handle<fv_world>("world", std::move(world)), mine);
  };
  fuseval::runtime::distributed::run_ranks(static_cast<int>(sent.size()), run);
}
