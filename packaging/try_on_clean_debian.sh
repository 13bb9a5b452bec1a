#!/usr/bin/env bash
# try_on_clean_debian.sh [FOLDER]: installs the packages of that folder on a Debian 12 that has nothing else, uses the command, alone and
# under mpirun, compiles the README's program, and removes the packages again. By hand, as root, with debootstrap and a Debian mirror in
# reach; some minutes.
set -euo pipefail
cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if [ "${1:-}" != inside ]; then
  packages=$(realpath "${1:-build/package}")
  root=$(mktemp -d /var/tmp/fuseval-clean-XXXXXX)
  trap 'rm -rf --one-file-system "$root"' EXIT
  # What is mounted in a mount namespace of its own is gone when its last process is.
  unshare --mount --propagation private "$PWD/packaging/${0##*/}" inside "$root" "$packages"
  exit
fi

root=$2 packages=$3
debootstrap --variant=minbase bookworm "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$root.log" 2>&1 ||
  { cat "$root.log" >&2 && exit 1; }
rm -f "$root.log"
mkdir -p "$root/proc" "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for file in /etc/resolv.conf /etc/apt/sources.list.d/debian.sources; do
  [ ! -e "$file" ] || cp --dereference "$file" "$root$file"
done
[ ! -e "$root/etc/apt/sources.list.d/debian.sources" ] || rm -f "$root/etc/apt/sources.list"
cp "$packages"/fuseval.deb "$packages"/fuseval-mpi.deb "$packages"/fuseval-dev.deb "$root/"
mkdir "$root/example"
cp examples/hello.cpp "$root/example/"

chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -euo pipefail -s <<'TXT'
quietly() { "$@" >/tmp/log 2>&1 || { cat /tmp/log && exit 1; }; }
not() { if "$@"; then exit 1; fi; }
# Files that are named after the package, but for apt's and dpkg's own records.
named() { find / -xdev -path '/proc' -prune -o -path '/tmp' -prune -o -path '/var/log' -prune -o -name '*fuseval?*' -print -o -name fuseval -print; }
quietly apt-get -q update

set -x
quietly apt-get -q install -y --no-install-recommends ./fuseval.deb
fuseval info | head -n 1
test "$(fuseval eval '2*a + 1' a=float64:1,2,3)" = '[3. 5. 7.]'
zcat /usr/share/man/man1/fuseval.1.gz | grep -q '^.Nm fuseval'
test -s /usr/share/doc/fuseval/copyright
not grep -i -e 'not found' -e llvm <(ldd /usr/bin/fuseval)
test "$(dpkg --verify fuseval)" = ''
grep -q libhdf5-103-1 <(fuseval eval a a=a.h5:/x --distributed 2>&1)

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
quietly apt-get -q install -y --no-install-recommends ./fuseval-mpi.deb openmpi-bin openssh-client
test "$(mpirun -n 2 fuseval eval 'sum(arange(10))' --distributed)" = 45

quietly apt-get -q install -y --no-install-recommends ./fuseval-dev.deb g++ pkgconf
cd /example
test "$(pkg-config --cflags --libs fuseval | xargs)" = -lfuseval
g++ -std=c++17 hello.cpp -o hello $(pkg-config --cflags --libs fuseval)
test "$(./hello 'sqrt(x) * y' | head -n 2 | xargs)" = '0 2'

cd /
quietly apt-get -q remove -y fuseval fuseval-mpi fuseval-dev
test "$(named | sort | xargs)" = '/fuseval-dev.deb /fuseval-mpi.deb /fuseval.deb'
TXT
echo "$packages: installs, works and leaves nothing behind"
