#!/bin/sh
# Runs a command if a binary is the one that the fleet's lock pins for this machine.
# Arguments: the binary, its SHA-256 for x86_64 and for aarch64, the command.
set -eu

binary=$1
case $(uname -m) in
  x86_64) expected=$2 ;;
  aarch64) expected=$3 ;;
  *) expected= ;;
esac
shift 3
found=$(sha256sum "$binary" | cut -d ' ' -f 1)
if [ "${#expected}" -ne 64 ] || [ "$found" != "$expected" ]; then
  echo "k3s-upgrade: $binary is not the binary in the fleet's lock; nothing is changed" >&2
  echo "  expected sha256 ${expected:-none for $(uname -m)}" >&2
  echo "  found           ${found:-none}" >&2
  exit 1
fi
echo "k3s-upgrade: $binary has the sha256 in the fleet's lock, $found"
exec "$@"
