#!/usr/bin/env bash
# try_on_clean_debian.sh [fuseval.deb]: installs the package on a Debian 12 that has nothing else, uses the command, compiles the
# README's program, and removes the package again. By hand, as root, with debootstrap and a Debian mirror in reach; a minute.
set -euo pipefail
cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if [ "${1:-}" != inside ]; then
  package=$(realpath "${1:-build/package/fuseval.deb}")
  root=$(mktemp -d /var/tmp/fuseval-clean-XXXXXX)
  trap 'rm -rf --one-file-system "$root"' EXIT
  # What is mounted in a mount namespace of its own is gone when its last process is.
  unshare --mount --propagation private "$PWD/packaging/${0##*/}" inside "$root" "$package"
  exit
fi

root=$2 package=$3
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
cp "$package" "$root/fuseval.deb"
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

quietly apt-get -q install -y --no-install-recommends g++ pkgconf
cd /example
test "$(pkg-config --cflags --libs fuseval | xargs)" = -lfuseval
g++ -std=c++17 hello.cpp -o hello $(pkg-config --cflags --libs fuseval)
test "$(./hello 'sqrt(x) * y' | head -n 2 | xargs)" = '0 2'

cd /
quietly apt-get -q remove -y fuseval
test "$(named | xargs)" = /fuseval.deb
TXT
echo "$package: installs, works and leaves nothing behind"
