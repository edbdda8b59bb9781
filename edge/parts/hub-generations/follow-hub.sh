#!/bin/bash
# Follows the hub to the next generation of its keys: a device drops what was stolen from a hub as
# soon as it meets the keys that took its place, and nobody visits it.
#
# The proof is a WireGuard handshake with a gateway of a later generation. The private key of such a
# gateway never was on the old hub, so who broke into that cannot shake hands by it. There is no way
# back: only generations above the current one are tried. The lowest generation in the file of trusted
# authorities is the current one; the rest follows from it, so this can be killed anywhere.
#
# With a generation as argument, an administrator decides in place of the handshake: for devices
# without a tunnel.
set -euo pipefail
export WG_ENDPOINT_RESOLUTION_RETRIES=0

trusted=${HUB_TRUSTED:-/etc/flotilla/hub/trusted.pem}
gateways=${HUB_GATEWAYS:-/etc/flotilla/hub/gateways}
interface=${HUB_INTERFACE:-wg-hub}
keyfile=${HUB_KEYFILE:-/etc/NetworkManager/system-connections/wg-hub.nmconnection}
stamp=${HUB_STAMP:-/run/flotilla-hub-tried}

# "<5>" is the level of a notice: the unit logs nothing below it.
say() { printf '<5>%s\n' "$*" >&2; }

# Hidden until it has its name: after a power cut NetworkManager would take a file of any other name beside the
# keyfile as a second connection.
replace() { # path; its new text is the input
  local new=${1%/*}/.${1##*/}.new
  (umask 077 && cat >"$new") && sync "$new" && mv "$new" "$1"
}

current() { sed -n 's/^# hub generation //p' "$trusted" | sort -n | sed -n 1p; }
known() { grep -qxF "# hub generation $1" "$trusted"; }
key_of() { awk -v wanted="$1" '$1 == wanted { print $2 }' "$gateways"; }

# Only the authorities of this generation and later ones stay. K3s reads the file again by itself.
trust() { # generation
  awk -v now="$1" '/^# / { old = /^# hub generation / && $4 + 0 < now + 0 } !old' "$trusted" |
    replace "$trusted"
  say "The hub has generation $1 now; keys of older generations are not trusted any more."
}

# The tunnel has the gateway of the current generation as its peer, now and after a restart.
dial() {
  local key section
  key=$(key_of "$(current)")
  section="[wireguard-peer.$key]"
  if ! grep -qxF "$section" "$keyfile"; then
    awk -v section="$section" '/^\[wireguard-peer\./ { $0 = section } { print }' "$keyfile" |
      replace "$keyfile"
  fi
  if ! wg show "$interface" peers | grep -qxF "$key"; then
    nmcli connection load "$keyfile"
    nmcli connection up wg-hub
  fi
}

# Every five minutes, or every time while the current gateway is silent: that is 9 MB a month.
is_due() {
  local last
  last=$(wg show "$interface" latest-handshakes |
    awk -v key="$(key_of "$(current)")" '$1 == key { last = $2 } END { print last + 0 }')
  [ $(($(date +%s) - last)) -gt 180 ] || [ -z "$(find "$stamp" -mmin -5 2>/dev/null)" ]
}

later_keys() { awk -v now="$(current)" '$1 + 0 > now + 0 { print $2 }' "$gateways"; }

forget() {
  local key
  for key in $(later_keys); do wg set "$interface" peer "$key" remove || true; done
}

# Without addresses of its own a peer gets no packets; its keepalive brings about the handshake.
proven() {
  local key endpoint found=""
  endpoint=$(sed -n 's/^endpoint=//p' "$keyfile")
  for key in $(later_keys); do
    wg set "$interface" peer "$key" endpoint "$endpoint" persistent-keepalive 5 2>/dev/null || break
  done
  for _ in 1 2 3 4 5 6 7 8; do
    sleep 1
    found=$(wg show "$interface" latest-handshakes | awk -v now="$(current)" '
      NR == FNR { generation[$2] = $1 + 0; next }
      $2 > 0 && generation[$1] > now + 0 && generation[$1] > best { best = generation[$1] }
      END { print best }' "$gateways" -)
    [ -z "$found" ] || break
  done
  forget
  printf '%s' "$found"
}

if [ $# -gt 0 ]; then
  known "$1" || { say "This image does not know a generation $1 of the hub, or left it behind."; exit 1; }
  [ "$1" = "$(current)" ] || trust "$1"
fi
# A device without a tunnel.
[ -e "$gateways" ] || exit 0
# NetworkManager is not ready yet; the timer comes again.
wg show "$interface" peers >/dev/null 2>&1 || exit 0
dial
[ -n "$(later_keys)" ] && is_due || exit 0
touch "$stamp"
generation=$(proven)
[ -n "$generation" ] || exit 0
trust "$generation"
dial
