#!/bin/bash
# Runs the real NetworkManager in this network namespace, twice, on the keyfiles in FOLDER/keyfiles, and
# writes what the network is then to FOLDER/1 and FOLDER/2. Its D-Bus and its folders are its own.
# Usage: network-manager.sh FOLDER LINK... (in a mount namespace and a network namespace of its own)
set -euo pipefail
folder=$1
shift

for own in /etc/NetworkManager /run/NetworkManager /var/lib/NetworkManager; do
  mkdir --parents "$own"
  mount -t tmpfs tmpfs "$own"
done
# The /sys of this network namespace. Where it is read-only, NetworkManager waits for no udev.
mount -o remount,bind,ro /sys
connections=/etc/NetworkManager/system-connections
mkdir "$connections"
cp "$folder"/keyfiles/* "$connections"
chmod 600 "$connections"/*
cat >/etc/NetworkManager/NetworkManager.conf <<END
[main]
rc-manager=unmanaged
auth-polkit=false
END
cat >"$folder/bus.conf" <<END
<busconfig>
  <type>system</type>
  <listen>unix:path=$folder/bus</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
END
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$folder/bus
manager=
dbus-daemon --config-file="$folder/bus.conf" --nofork --nopidfile 2>"$folder/bus.log" &
bus=$!
trap 'kill $bus $manager 2>/dev/null || true; wait' EXIT
until [ -S "$folder/bus" ]; do sleep 0.1; done
ip link set lo up

for start in 1 2; do
  out=$folder/$start
  mkdir "$out"
  NetworkManager --debug --log-level=INFO >"$out/log" 2>&1 &
  manager=$!
  until nmcli general >/dev/null 2>&1; do sleep 0.1; done
  nm-online --wait-for-startup --timeout 45 --quiet || echo "startup is not complete" >>"$out/log"
  # The second family of an interface may be later than the first one, with which it is up.
  for _ in $(seq 50); do
    ip -6 address show tentative | grep -q inet6 || break
    sleep 0.1
  done
  sleep "${WAIT:-0}"
  nmcli --terse --fields NAME,DEVICE,STATE connection show --active >"$out/active"
  ip -json address >"$out/addresses"
  ip -json -4 route >"$out/routes4"
  ip -json -6 route >"$out/routes6"
  cat /run/NetworkManager/resolv.conf >"$out/resolv.conf" 2>/dev/null || true
  kill $manager
  wait $manager || true
  # A restart of the machine.
  rm -rf /run/NetworkManager/*
  for link in "$@"; do
    ip address flush dev "$link" scope global
    ip link set "$link" down nomaster
  done
  for link in $(ip -json link | grep -o '"ifname":"[^"]*"' | cut -d '"' -f 4); do
    case " lo $* " in *" $link "*) ;; *) ip link delete "$link" 2>/dev/null || true ;; esac
  done
done
