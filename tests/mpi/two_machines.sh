#!/usr/bin/env bash
# two_machines.sh MPIRUN RANKS EXPECTED PATTERN PROGRAM ARGUMENTS…: as run_mpi.sh, on two machines: network namespaces with a
# cable (a veth pair) between them, and a host name each. Ranks go to them in turn. For Open MPI. Exit status 77: skipped.
set -euo pipefail
mpirun=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
one=fuseval-$$-1 two=fuseval-$$-2

skip() {
  echo "skipped: $*"
  exit 77
}
[ "$(id -u)" = 0 ] || skip "network namespaces are made by root"
command -v ip >/dev/null || skip "no ip (iproute2)"
ip netns add "$one" 2>/dev/null || skip "no network namespaces can be made here"
folder=$(mktemp -d)
clean() {
  for name in "$one" "$two"; do
    ip netns pids "$name" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    ip netns del "$name" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 1' INT TERM

ip netns add "$two"
ip link add cable netns "$one" type veth peer name cable netns "$two" 2>/dev/null || skip "no veth pairs can be made here"
machine=1
for name in "$one" "$two"; do
  ip -n "$name" address add "10.77.0.$machine/24" dev cable
  ip -n "$name" link set cable up
  ip -n "$name" link set lo up
  machine=2
done
printf '10.77.0.1 slots=64\n10.77.0.2 slots=64\n' >"$folder/hosts"

# What mpirun calls in place of ssh: HOST COMMAND…
cat >"$folder/agent" <<END
#!/bin/sh
shift
exec ip netns exec $two unshare --uts sh -c "hostname machine-2; \$*"
END

# The first machine's mpirun. After run_mpi.sh's own settings, which are for ranks on one machine:
#   btl: messages between machines by TCP, and none by shared memory, that nobody has with the other machine
#   …_if_include: by the cable; the daemons' messages (oob) as well
#   rmaps: ranks in turn on the machines, so that all neighbours are on the other one
cat >"$folder/mpirun" <<END
#!/bin/sh
export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=10.77.0.0/24 OMPI_MCA_oob_tcp_if_include=10.77.0.0/24
export OMPI_MCA_plm_rsh_agent=$folder/agent OMPI_MCA_rmaps_base_mapping_policy=node OMPI_MCA_orte_default_hostfile=$folder/hosts
# Open MPI hands on its own variables only.
set -- -x FUSEVAL_TWO_MACHINES -x FUSEVAL_MPI_PLUGIN -x FUSEVAL_HDF5_PLUGIN "\$@"
exec ip netns exec $one unshare --uts sh -c 'hostname machine-1; exec "\$@"' sh "$mpirun" "\$@"
END
chmod +x "$folder/agent" "$folder/mpirun"

export FUSEVAL_TWO_MACHINES=1
"$here/run_mpi.sh" "$folder/mpirun" "$@"
