#!/usr/bin/env bash
# place.sh DIRECTORY MIB LIBRARY ENGINE_LIBRARY COMMAND…
# Runs a command where it is alone: in process and mount namespaces of its own, with a file system of so many MiB at DIRECTORY, and with
# LIBRARY in the place of ENGINE_LIBRARY. Without privileges it needs a user namespace; the command has its own user id again, and no privilege.
set -euo pipefail
namespaces=(--mount --pid --fork --kill-child --mount-proc)
((EUID == 0)) || namespaces+=(--user --map-root-user)
if [[ ${1-} == --probe ]]; then exec unshare "${namespaces[@]}" true; fi
if [[ ${1-} == --inside ]]; then
  shift
  uid=$1 gid=$2
  shift 2
  mount -t tmpfs -o "size=$2m,mode=700" none "$1"
  mount --bind "$3" "$4"
  shift 4
  # This shell is the first process of the namespace: orphans become its children, and it has to wait for them.
  if ((uid == 0)); then "$@" & else unshare --user "--map-user=$uid" "--map-group=$gid" "$@" & fi
  trap 'kill -TERM $!' INT TERM
  code=0
  wait $! || code=$?
  exit "$code"
fi
exec unshare "${namespaces[@]}" bash "$0" --inside "$(id -u)" "$(id -g)" "$@"
