/**
 * The script of the gateway's container `tunnel`: one WireGuard interface, kept in step with the
 * list of its peers.
 *
 * It needs a POSIX shell (dash and BusyBox' do), wg, ip, nft, awk and cmp; every path and name comes
 * from the environment, with what the container has as the default. It holds no state of its own:
 * killed and started again it finds the interface and its peers as they are and goes on.
 *
 * Routes make presence: the slice is unreachable but for those peers that shook hands a short while
 * ago, so that the proxy refuses an absent device at once. A device that is alive shakes hands every
 * 120 s (WireGuard's Rekey-After-Time; its keepalive of 25 s brings it about), and a session is dead
 * after 180 s (Reject-After-Time), which is the default here.
 *
 * `wg syncconf` would set what the file leaves out back to nothing, so the key and the port are in
 * it every time (wireguard-tools, config.c); a peer whose lines are the same keeps its session.
 *
 * @param openPort the one TCP port at the gateway's own address that devices reach, or null: none
 */
export function tunnelScript(openPort: number | null = null): string {
  const fromDevices =
    openPort === null
      ? ""
      : `\n    iifname "$interface" ip daddr $address tcp dport ${openPort} accept`;
  const toDevices =
    openPort === null
      ? ""
      : `\n    oifname "$interface" tcp sport ${openPort} ct state established,related accept`;
  return `#!/bin/sh
# Keeps a WireGuard interface in step with the list of its peers. With the argument "check": whether
# another one of these did so a short while ago.
set -u

interface=\${TUNNEL_INTERFACE:-wg0}
address=\${TUNNEL_ADDRESS:?the address of this gateway inside the tunnel}
range=\${TUNNEL_RANGE:?the addresses of the devices of this gateway}
port=\${TUNNEL_PORT:-51820}
key=\${TUNNEL_KEY:-/etc/flotilla/key/private-key}
peers=\${TUNNEL_PEERS:-/etc/flotilla/peers/peers.conf}
state=\${TUNNEL_STATE:-/run/flotilla}
metrics=\${TUNNEL_METRICS:-/run/metrics}
present=\${TUNNEL_PRESENT_SECONDS:-180}
interval=\${TUNNEL_INTERVAL_SECONDS:-1}

say() { printf '%s\\n' "$*" >&2; }

# From the tunnel comes nothing but answers${openPort === null ? "" : " and telemetry"}, and nothing goes through.
set_firewall() {
  nft -f - <<RULES
table inet flotilla
delete table inet flotilla
table inet flotilla {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "$interface" ct state established,related accept${fromDevices}
    iifname "$interface" drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "$interface" drop
    oifname "$interface" drop
  }
  chain output {
    type filter hook output priority filter; policy accept;
    oifname "$interface" tcp dport 6443 accept
    oifname "$interface" icmp type echo-request accept${toDevices}
    oifname "$interface" reject
  }
}
RULES
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
sync_peers() {
  cmp -s "$peers" "$state/applied.conf" && return
  cp "$peers" "$state/applied.conf" || return
  if {
    printf '[Interface]\\nListenPort=%s\\nPrivateKey=' "$port"
    cat "$key"
    printf '\\n'
    cat "$state/applied.conf"
  } | wg syncconf "$interface" /dev/stdin; then
    say "$interface: $(grep -c '^PublicKey' "$state/applied.conf") peers"
  else
    say "$interface: the list of peers is refused; going on with the last one"
  fi
}

# The present peers' addresses into a file, and every peer's figures into another one.
look() {
  wg show "$interface" dump | awk -v FS='\\t' -v now="$now" -v present="$present" \\
    -v interface="$interface" -v addresses="$state/present" -v figures="$metrics/wireguard.tmp" '
    list == "peers" && /^# / { name = substr($0, 3) }
    list == "peers" && sub(/^PublicKey=/, "") { names[$0] = name }
    list == "peers" { next }
    ++lines == 1 { printf "" > addresses; next }
    {
      label[lines] = "{interface=\\"" interface "\\",public_key=\\"" $1 "\\",allowed_ips=\\"" $4 \
        "\\",friendly_name=\\"" names[$1] "\\"}"
      handshake[lines] = $5; received[lines] = $6; sent[lines] = $7
      if ($5 > 0 && now - $5 <= present && sub(/\\/32$/, "", $4)) print $4 > addresses
    }
    function metric(name, type, help, values,    line) {
      printf "# HELP %s %s\\n# TYPE %s %s\\n", name, help, name, type > figures
      for (line = 2; line <= lines; line++) print name label[line] " " values[line] > figures
    }
    END {
      if (lines == 0) exit 1
      metric("wireguard_sent_bytes_total", "counter", "Bytes sent to the peer", sent)
      metric("wireguard_received_bytes_total", "counter", "Bytes received from the peer", received)
      metric("wireguard_latest_handshake_seconds", "gauge",
        "UNIX time of the last handshake, 0 for never", handshake)
    }' list=peers "$state/applied.conf" list=dump -
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

if [ "\${1:-}" = check ]; then
  read -r last <"$state/beat" && [ $(($(date +%s) - last)) -lt 30 ]
  exit
fi

trap 'exit 0' TERM INT
mkdir -p "$state" "$metrics" && set_up || exit
while :; do
  now=$(date +%s)
  if sync_peers; look; then
    set_routes
    mv "$metrics/wireguard.tmp" "$metrics/wireguard.prom"
    printf '%s\\n' "$now" >"$state/beat"
  else
    say "$interface is gone"
    set_up || exit
  fi
  sleep "$interval"
done
`;
}
