#!/usr/bin/env bash
# Installs the Debian packages that only tests and the kernel's build need, when they are missing. Needs root, or sudo that asks for no password.
set -euo pipefail

# A program of each package → the package.
declare -A package_of=(
  [python3]=python3 [docker-registry]=docker-registry [mmdebstrap]=mmdebstrap [skopeo]=skopeo [umoci]=umoci [runc]=runc
  [fsck.erofs]=erofs-utils [newuidmap]=uidmap [e2fsck]=e2fsprogs [setpriv]=util-linux [unshare]=util-linux
  [g++]=g++ [cmake]=cmake [pkg-config]=pkg-config [valgrind]=valgrind
  [make]=make [flex]=flex [bison]=bison [bc]=bc [perl]=perl [xz]=xz-utils [patch]=patch
)
# Tests that want these are left out where they are not.
wanted=(zsh fish)

is_there() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }
missing=()
for program in "${!package_of[@]}"; do
  is_there "$program" || missing+=("${package_of[$program]}")
done
# The one library that the kernel's build needs.
echo '#include <gelf.h>' | gcc -E - >/dev/null 2>&1 || missing+=(libelf-dev)
# A part of Python that Debian has in another package.
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
optional=()
for program in "${wanted[@]}"; do
  is_there "$program" || optional+=("$program")
done
((${#missing[@]} + ${#optional[@]} > 0)) || exit 0

if ((EUID == 0)); then
  as_root=()
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  ((${#missing[@]} > 0)) || exit 0
  printf '[dev] tests need these packages: %s\n[dev] install them as root: apt-get install --no-install-recommends %s\n' \
    "${missing[*]}" "${missing[*]}" >&2
  exit 1
fi

# A package may start a service when it is installed (docker-registry does). Tests start their own, so Debian's
# switch for that is set meanwhile, unless the machine has set one itself.
install='
  set -eu
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy
    chmod 755 $policy
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q || true
  apt-get install -q -y --no-install-recommends "$@"
'
missing+=("${optional[@]}")
printf '[dev] installing from Debian’s mirror, for tests: %s\n' "${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "${as_root[@]}" sh -c "$install" install "${missing[@]}" </dev/null >"$log" 2>&1; then
  tail -20 "$log" >&2
  exit 1
fi
