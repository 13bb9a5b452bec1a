#!/usr/bin/env bash
# run_mpi.sh MPIEXEC RANKS EXPECTED PATTERN PROGRAM ARGUMENTS…: runs PROGRAM on RANKS ranks and says whether it ended as it should.
# EXPECTED: `success`, `failure` (another exit status, and never by the time limit) or `as-user` (success as a user who is not root).
# PATTERN: an extended regular expression that the output must have. Exit status 77: skipped.
set -euo pipefail
mpiexec=$1 ranks=$2 expected=$3 pattern=$4
shift 4
hangs=180 # seconds, which nothing takes that ends, however busy the machine is; less than half of ctest's limit

. "$(dirname "$0")/environment.sh"

prefix=()
if [ "$expected" = as-user ] && [ "$(id -u)" = 0 ]; then
  prefix=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent TMPDIR=/tmp)
  "${prefix[@]}" test -x "$1" 2>/dev/null || { echo "skipped: no other user can read $1"; exit 77; }
fi

run() {
  status=0
  SECONDS=0
  output=$(cd /tmp && timeout --kill-after=5 "$hangs" "${prefix[@]}" "$mpiexec" -n "$ranks" "$@" 2>&1) || status=$?
  printf '%s\n' "$output"
}
run "$@"
# MPICH's launcher (Hydra 4.0.2) sometimes ends before it has passed on what a job that fails at once has written.
if [ "$expected" = failure ] && [ -z "$output" ]; then
  echo "run_mpi.sh: the launcher gave no output; once more"
  run "$@"
fi
fail() {
  printf 'run_mpi.sh: %s\n' "$*"
  exit 1
}
[ $SECONDS -lt "$hangs" ] || fail "not ended after $hangs s"
case $expected in
  failure) [ $status != 0 ] || fail "exit status 0 where a failure was expected" ;;
  *) [ $status = 0 ] || fail "exit status $status" ;;
esac
grep -Eq -- "$pattern" <<<"$output" || fail "the output has no $pattern"
