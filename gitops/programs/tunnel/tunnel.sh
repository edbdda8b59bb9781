#!/bin/sh
# The gateway's container `tunnel`: keeps a WireGuard interface in step with the list of its peers.
# With the argument "check" it says whether another one of these did so a short while ago.
#
# It needs a POSIX shell (dash and BusyBox' do), wg, ip, nft, awk and cmp. It holds no state of its
# own: killed and started again it finds the interface and its peers as they are, and goes on.
#
# Routes make presence: the addresses of the devices are unreachable but for those peers that shook
# hands a short while ago, so the proxy refuses an absent device at once. A device that is alive
# shakes hands every 120 s (WireGuard's Rekey-After-Time; its keepalive of 25 s brings it about). A
# session is dead after 180 s (Reject-After-Time), which is the default here.
set -u

interface=${TUNNEL_INTERFACE:-wg0}
address=${TUNNEL_ADDRESS:?the address of this gateway inside the tunnel}
range=${TUNNEL_RANGE:?the addresses of the devices of this gateway}
port=${TUNNEL_PORT:-51820}
# TCP ports at the gateway's own address that devices reach, with commas between them.
open_ports=${TUNNEL_OPEN_PORTS:-}
key=${TUNNEL_KEY:-/etc/flotilla/key/private-key}
peers=${TUNNEL_PEERS:-/etc/flotilla/peers/peers.conf}
state=${TUNNEL_STATE:-/run/flotilla}
metrics=${TUNNEL_METRICS:-/run/metrics}
present=${TUNNEL_PRESENT_SECONDS:-180}
interval=${TUNNEL_INTERVAL_SECONDS:-1}

say() { printf '%s\n' "$*" >&2; }

if [ "${1:-}" = check ]; then
  read -r last <"$state/beat" && [ $(($(date +%s) - last)) -lt 30 ]
  exit
fi

# Read once: the kubelet replaces these files some time before it ends this container.
firewall=$(cat "${0%/*}/firewall.nft") && metrics_program=$(cat "${0%/*}/metrics.awk") || exit

set_firewall() {
  {
    printf '%s\n' "$firewall"
    [ -z "$open_ports" ] || printf 'add element inet flotilla open_ports { %s }\n' "$open_ports"
  } | nft --define "interface=$interface" --define "address=$address" -f -
}

# The kernel's WireGuard, else the one in Go.
make_interface() {
  if ip link add "$interface" type wireguard 2>/dev/null; then
    say "$interface: WireGuard of the kernel"
  elif command -v wireguard-go >/dev/null; then
    say "$interface: wireguard-go"
    wireguard-go "$interface"
  else
    say "this kernel has no WireGuard, and there is no wireguard-go"
    return 1
  fi
}

set_up() {
  rm -f "$state/applied.conf"
  set_firewall || return
  wg show "$interface" listen-port >/dev/null 2>&1 || make_interface || return
  ip -4 route replace unreachable "$range" || return
  ip -4 address show dev "$interface" | grep -qF " $address/32 " ||
    ip -4 address add "$address/32" dev "$interface" || return
  ip link set mtu 1420 up dev "$interface"
}

# A list that is refused leaves the peers as they are, and is not tried again until it changes.
#
# `wg syncconf` resets what the file leaves out, so the key and the port are in it every time
# (wireguard-tools, config.c); a peer whose lines are the same keeps its session.
sync_peers() {
  cmp -s "$peers" "$state/applied.conf" && return
  cp "$peers" "$state/applied.conf" || return
  if {
    printf '[Interface]\nListenPort=%s\nPrivateKey=' "$port"
    cat "$key"
    printf '\n'
    cat "$state/applied.conf"
  } | wg syncconf "$interface" /dev/stdin; then
    say "$interface: $(grep -c '^PublicKey' "$state/applied.conf") peers"
  else
    say "$interface: the list of peers is refused; going on with the last one"
  fi
}

# The present peers' addresses into a file, and every peer's metrics into another one.
look() {
  wg show "$interface" dump | awk -v FS='\t' -v now="$now" -v present="$present" \
    -v interface="$interface" -v addresses="$state/present" -v figures="$metrics/wireguard.tmp" \
    "$metrics_program" list=peers "$state/applied.conf" list=dump -
}

set_routes() {
  ip -4 route show dev "$interface" >"$state/routes"
  awk '
    list == "have" { have[$1] }
    list == "want" { want[$1]; if (!($1 in have)) print "replace", $1 }
    END { for (address in have) if (!(address in want)) print "delete", address }
  ' list=have "$state/routes" list=want "$state/present" |
    while read -r verb device; do
      ip -4 route "$verb" "$device/32" dev "$interface"
    done
}

trap 'exit 0' TERM INT
mkdir -p "$state" "$metrics" && set_up || exit
while :; do
  now=$(date +%s)
  if sync_peers; look; then
    set_routes
    mv "$metrics/wireguard.tmp" "$metrics/wireguard.prom"
    printf '%s\n' "$now" >"$state/beat"
  else
    say "$interface is gone"
    set_up || exit
  fi
  sleep "$interval"
done
