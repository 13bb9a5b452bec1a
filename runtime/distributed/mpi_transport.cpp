#include "runtime/distributed/mpi_transport.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <charconv>
#include <exception>

#include "runtime/distributed/mpi_plugin.hpp"
#include "runtime/distributed/thread_transport.hpp"
#include "runtime/environment.hpp"

namespace fuseval::runtime::distributed {
namespace {

/// A failed call of the plugin about one message.
void require(int outcome, const fuseval_mpi_error& error) {
  if (outcome != 0) throw MessageError(error.text);
}

class MpiTransport final : public Transport {
 public:
  MpiTransport(fuseval_mpi_source source, const void* communicator, int fortran) : mpi_(mpi_plugin()) {
    fuseval_mpi_place place{};
    fuseval_mpi_error error{};
    if (mpi_.open(source, communicator, fortran, &world_, &place, &error) != 0)
      throw Error(ErrorCode::communication, fmt::format("MPI: {}", error.text));
    place_ = {place.rank,
              place.size,
              place.local_rank,
              place.local_size,
              place.machine,
              place.library.name,
              place.library.takes_device_memory != 0};
  }

  ~MpiTransport() override {
    const bool in_order = !failed_ && std::uncaught_exceptions() == exceptions_;
    mpi_.close(world_, in_order ? 1 : 0);
  }

  const Place& place() const override { return place_; }
  const void* mpi_communicator() const override { return mpi_.communicator(world_); }

  Handle post(const Message& message) override { return make(mpi_.post, message); }
  Handle prepare(const Message& message) override { return make(mpi_.prepare, message); }

  void start(Handle& handle) override {
    fuseval_mpi_error error{};
    require(mpi_.start(&handle.bits, &error), error);
  }

  bool test(Handle& handle, size_t& bytes) override {
    fuseval_mpi_error error{};
    int done = 0, received = 0;
    require(mpi_.test(&handle.bits, &done, &received, &error), error);
    if (done == 0) return false;
    bytes = static_cast<size_t>(received);
    pauses_ = 0;
    return true;
  }

  bool release(const Message& message, Handle& handle, bool in_flight) noexcept override {
    const bool had_come = mpi_.release(&handle.bits, in_flight && !message.sending ? 1 : 0) != 0;
    return in_flight && (message.sending || had_come);
  }

  std::optional<Message> probe(int peer, int tag) override {
    fuseval_mpi_message found{0, nullptr, 0, peer, tag};
    fuseval_mpi_error error{};
    int is_there = 0;
    require(mpi_.probe(world_, &found, &is_there, &error), error);
    if (is_there == 0) return std::nullopt;
    return Message{false, nullptr, static_cast<size_t>(found.bytes), found.peer, found.tag};
  }

  /// MPI moves messages only when it is asked, so the rank keeps asking; where there are more ranks than CPUs the
  /// others need this one's.
  bool pause(const Waiting&, double) override {
    if (++pauses_ > polls_before_yielding) sched_yield();
    return pauses_ % polls_between_probes == 0;
  }

  void fail(const Error&) noexcept override { failed_ = true; }

 private:
  static constexpr unsigned polls_before_yielding = 100;
  static constexpr unsigned polls_between_probes = 64;

  template <class Function>
  Handle make(Function function, const Message& message) {
    const fuseval_mpi_message given{message.sending ? 1 : 0, message.data, static_cast<int>(message.bytes),
                                    message.peer, message.tag};
    fuseval_mpi_error error{};
    Handle handle;
    require(function(world_, &given, &handle.bits, &error), error);
    return handle;
  }

  const fuseval_mpi_table& mpi_;
  fuseval_mpi_world* world_ = nullptr;
  Place place_;
  bool failed_ = false;
  unsigned pauses_ = 0;
  int exceptions_ = std::uncaught_exceptions();
};

std::optional<int> number(const char* name) {
  const std::string text = environment(name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Launch> find_launch() {
  struct Names {
    const char *launcher, *rank, *size;
  };
  for (const Names& names :
       {Names{"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, Names{"PMI", "PMI_RANK", "PMI_SIZE"}}) {
    const auto rank = number(names.rank), size = number(names.size);
    if (rank && size && *rank < *size) return Launch{names.launcher, *rank, *size};
  }
  return std::nullopt;
}

std::shared_ptr<Transport> mpi_transport() {
  auto transport = std::make_shared<MpiTransport>(fuseval_mpi_all, nullptr, 0);
  const std::optional<Launch> launch = find_launch();
  // An MPI that does not understand its launcher takes each process for a job of its own.
  if (launch && launch->size > 1 && transport->place().size == 1)
    throw Error(
        ErrorCode::communication,
        fmt::format("a launcher of {} has started {} processes, but {}, which libfuseval_mpi.so uses, sees one: it "
                    "needs its own mpirun",
                    launch->launcher, launch->size, transport->place().name));
  return transport;
}

std::shared_ptr<Transport> mpi_transport(const void* communicator) {
  if (communicator == nullptr) throw Error(ErrorCode::argument, "MPI: the communicator's address is null");
  return std::make_shared<MpiTransport>(fuseval_mpi_address, communicator, 0);
}

std::shared_ptr<Transport> mpi_transport_of_fortran(int communicator) {
  return std::make_shared<MpiTransport>(fuseval_mpi_fortran, nullptr, communicator);
}

std::shared_ptr<Transport> default_transport() { return find_launch() ? mpi_transport() : self_transport(); }

}  // namespace fuseval::runtime::distributed
