#include "runtime/distributed/planned_transport.hpp"

#include <fmt/format.h>

namespace fuseval::runtime::distributed {
namespace {

class PlannedTransport final : public Transport {
 public:
  explicit PlannedTransport(int size) : place_{0, size, 0, size, 0, "planned"} {}

  const Place& place() const override { return place_; }
  Handle post(const Message&) override { refuse(); }
  Handle prepare(const Message&) override { refuse(); }
  void start(Handle&) override { refuse(); }
  bool test(Handle&, size_t&) override { refuse(); }
  bool release(const Message&, Handle&, bool) noexcept override { return false; }
  std::optional<Message> probe(int, int) override { refuse(); }
  bool pause(const Waiting&, double) override { refuse(); }
  void fail(const Error&) noexcept override {}

 private:
  [[noreturn]] static void refuse() {
    throw Error(ErrorCode::communication, "the world is planned: there are no ranks to send to or to receive from");
  }

  Place place_;
};

}  // namespace

std::shared_ptr<Transport> planned_transport(int size) {
  if (size < 1) throw Error(ErrorCode::argument, fmt::format("{} ranks: there must be at least one", size));
  return std::make_shared<PlannedTransport>(size);
}

}  // namespace fuseval::runtime::distributed
