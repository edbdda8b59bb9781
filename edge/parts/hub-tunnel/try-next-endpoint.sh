#!/bin/bash
# Dials the gateway at its next endpoint while the current one does not answer. The endpoint in the
# keyfile is the current one, also after a restart and for follow-hub.
#
# An endpoint has 15 seconds, three attempts of WireGuard. After two rounds without an answer the device
# has no network rather than a wrong endpoint: then it changes only every minute.
set -euo pipefail

endpoints=${HUB_ENDPOINTS:-/etc/flotilla/hub/endpoints}
interface=${HUB_INTERFACE:-wg-hub}
keyfile=${HUB_KEYFILE:-/etc/NetworkManager/system-connections/wg-hub.nmconnection}
attempts=${HUB_ATTEMPTS:-/run/flotilla-endpoint-attempts}
fresh_seconds=${HUB_FRESH_SECONDS:-180}

# "<5>" is the level of a notice: the unit logs nothing below it.
say() { printf '<5>%s\n' "$*" >&2; }

peer=$(sed -n 's/^\[wireguard-peer\.\(.*\)\]$/\1/p' "$keyfile")
# NetworkManager is not ready yet, or follow-hub changes the peer: the timer comes again.
last=$(wg show "$interface" latest-handshakes 2>/dev/null |
  awk -v key="$peer" '$1 == key { print $2 }') || exit 0
[ -n "$last" ] || exit 0
age=$(($(date +%s) - last))
# An age below zero means that the clock was set back: it says nothing.
if [ "$age" -ge 0 ] && [ "$age" -le "$fresh_seconds" ]; then
  rm -f "$attempts"
  exit 0
fi
# It looks for a gateway of a later generation on this interface, at the current endpoint.
[ "$(systemctl show --property=ActiveState --value flotilla-hub.service)" != activating ] || exit 0

count=$(cat "$attempts" 2>/dev/null || echo 0)
rounds=$((2 * $(grep -c . "$endpoints")))
if [ "$count" -ge "$rounds" ] && [ -n "$(find "$attempts" -mmin -1)" ]; then exit 0; fi
echo $((count + 1)) >"$attempts"

current=$(sed -n 's/^endpoint=//p' "$keyfile")
next=$(awk -v current="$current" '
  NR == 1 { next_one = $0 }
  isFound { next_one = $0; exit }
  $0 == current { isFound = 1 }
  END { print next_one }' "$endpoints")
[ "$count" -ge "$rounds" ] || say "No answer from $current: dialling $next."
# Hidden until it has its name: after a power cut NetworkManager would take a file of any other name beside the
# keyfile as a second connection.
new=${keyfile%/*}/.${keyfile##*/}.new
(umask 077 && awk -v endpoint="endpoint=$next" '/^endpoint=/ { $0 = endpoint } { print }' "$keyfile" >"$new")
sync "$new"
mv "$new" "$keyfile"
nmcli connection load "$keyfile"
nmcli connection up wg-hub
