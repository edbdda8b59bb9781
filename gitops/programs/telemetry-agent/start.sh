#!/bin/sh
# Writes the settings of Fluent Bit for this device: the tunnel's one route leads to the device's
# gateway, and its one address is the device's own. So one rendering serves every device of a ring.
# BusyBox' tools are enough.
set -eu

interface=${TUNNEL_INTERFACE:?the interface of the tunnel}
settings=${0%/*}
run=${RUN_FOLDER:-/run/flotilla}

# The tunnel exists before K3s starts; a device without one is reached directly.
seconds=0
until gateway=$(ip -4 route show dev "$interface" 2>/dev/null | awk 'NR == 1 { print $1 }') &&
  device=$(ip -4 address show dev "$interface" 2>/dev/null | awk '$1 == "inet" { print $2; exit }') &&
  [ -n "$gateway" ] && [ -n "$device" ]; do
  seconds=$((seconds + 1))
  if [ "$seconds" -gt "${TUNNEL_SECONDS:-60}" ]; then
    echo "This device has no tunnel: it sends no logs and metrics." >&2
    cp "$settings/idle.yaml" "$run/fluent-bit.yaml"
    exit 0
  fi
  sleep 1
done

sed -e "s/@GATEWAY@/${gateway%/32}/" -e "s/@DEVICE@/${device%/32}/" \
  "$settings/fluent-bit.yaml" >"$run/fluent-bit.yaml"
