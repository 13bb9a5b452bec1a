#include "runtime/distributed/thread_transport.hpp"

#include <fmt/format.h>

#include <thread>

#include "runtime/distributed/thread_team.hpp"

namespace fuseval::runtime::distributed {
namespace {

class ThreadTransport final : public Transport {
 public:
  ThreadTransport(std::shared_ptr<ThreadTeam> team, int rank, const char* name)
      : team_(std::move(team)), place_{rank, team_->size(), rank, team_->size(), 0, name} {}

  const Place& place() const override { return place_; }

  Handle post(const Message& message) override {
    auto posted = std::make_unique<Posted>(Posted{message, place_.rank, false});
    team_->post(*posted);
    return {reinterpret_cast<uint64_t>(posted.release())};
  }

  Handle prepare(const Message& message) override {
    return {reinterpret_cast<uint64_t>(new Posted{message, place_.rank, true})};
  }

  void start(Handle& handle) override { team_->post(*posted(handle)); }

  bool test(Handle& handle, size_t& bytes) override {
    Posted* const message = posted(handle);
    if (!team_->test(*message)) return false;
    bytes = message->received;
    message->state = Posted::State::idle;
    if (!message->prepared) discard(handle);
    return true;
  }

  bool release(const Message&, Handle& handle, bool in_flight) noexcept override {
    if (handle.bits == 0) return false;
    const bool was_received = team_->withdraw(*posted(handle)) && in_flight;
    discard(handle);
    return was_received;
  }

  std::optional<Message> probe(int peer, int tag) override { return team_->probe(place_.rank, peer, tag); }

  bool pause(const Waiting& waiting, double seconds) override {
    team_->pause(place_.rank, waiting, seconds);
    return true;
  }
  void fail(const Error& error) noexcept override { team_->fail(error); }

 private:
  static Posted* posted(Handle handle) { return reinterpret_cast<Posted*>(handle.bits); }
  static void discard(Handle& handle) {
    delete posted(handle);
    handle.bits = 0;
  }

  std::shared_ptr<ThreadTeam> team_;
  Place place_;
};

void run_rank(const std::shared_ptr<ThreadTeam>& team, int rank, const RankFunction& function) {
  std::exception_ptr exception;
  try {
    function(std::make_shared<ThreadTransport>(team, rank, "threads"));
  } catch (...) {
    exception = std::current_exception();
  }
  team->leave(rank, exception);
}

/// A thread that the system refuses is a rank that failed: the others must not wait for it.
void start_rank(std::vector<std::jthread>& threads, const std::shared_ptr<ThreadTeam>& team, int rank,
                const RankFunction& function) {
  try {
    threads.emplace_back([&team, rank, &function] { run_rank(team, rank, function); });
  } catch (...) {
    team->leave(rank, std::current_exception());
  }
}

}  // namespace

void run_ranks(int count, const RankFunction& function, const ThreadSettings& settings) {
  if (count < 1) throw Error(ErrorCode::argument, fmt::format("{} ranks: there must be at least one", count));
  const auto team = std::make_shared<ThreadTeam>(count, settings);
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < count; ++rank) start_rank(threads, team, rank, function);
  }
  if (team->exception()) std::rethrow_exception(team->exception());
}

std::shared_ptr<Transport> self_transport() {
  return std::make_shared<ThreadTransport>(std::make_shared<ThreadTeam>(1, ThreadSettings{}), 0, "self");
}

}  // namespace fuseval::runtime::distributed
