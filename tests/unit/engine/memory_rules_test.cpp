// Processes that may not execute what they have written: code is run from a file in memory, or the error says why not.
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support.hpp"
#include "tests/unit/forked.hpp"

using namespace engine_test;

namespace {

const std::vector<double> a(100, 1);

bool is_right() { return fuseval::evaluate("sum(a*3 + 7)", {{"a", a}}).item<double>() == 1000; }

/// What systemd's MemoryDenyWriteExecute= installs, for the calls that matter here; also, where `files` is false,
/// without files in memory.
bool deny_write_then_execute(bool files) {
  const auto load = [](size_t offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<__u32>(offset));
  };
  const auto result = [](unsigned value) { return sock_filter BPF_STMT(BPF_RET | BPF_K, value); };
  const std::vector<sock_filter> program = {
      load(offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
      result(files ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
      load(offsetof(seccomp_data, args) + 2 * sizeof(__u64)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
      result(SECCOMP_RET_ERRNO | EPERM),
      result(SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

TEST_CASE("written pages may not be executed: code comes from a file in memory") {
  constexpr int set_mdwe = 65, refuse_exec_gain = 1;  // PR_SET_MDWE, of Linux 6.3
  CHECK(holds_in_child([&] { return prctl(set_mdwe, refuse_exec_gain, 0, 0, 0) != 0 || is_right(); }));
  CHECK(holds_in_child([] { return deny_write_then_execute(true) && is_right(); }));
}

TEST_CASE("nothing may be executed: the error says what forbids it and what helps") {
  CHECK(holds_in_child([] {
    if (!deny_write_then_execute(false)) return false;
    const auto error = error_of([] { is_right(); });
    return error.code() == FV_ERROR_UNSUPPORTED && contains(error.what(), "MemoryDenyWriteExecute") &&
           contains(error.what(), "exempt");
  }));
  CHECK(is_right());
}
