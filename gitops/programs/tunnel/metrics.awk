# Every peer's metrics in Prometheus' text format into the file `figures`, and the addresses of the
# peers that are present into the file `addresses`, one a line.
#
# Reads the list of peers (list=peers), then the output of `wg show … dump` (list=dump): a line of
# the interface, and for each peer its public key, preshared key, endpoint, allowed addresses, time
# of the last handshake, bytes received, bytes sent, keepalive, with tabs between them.

# The name of a peer stands in a comment before its section.
list == "peers" && /^# / { name = substr($0, 3) }
list == "peers" && sub(/^PublicKey=/, "") { names[$0] = name }
list == "peers" { next }

++lines == 1 {
  printf "" > addresses
  next
}

{
  label[lines] = "{interface=\"" interface "\",public_key=\"" $1 "\",allowed_ips=\"" $4 \
    "\",friendly_name=\"" names[$1] "\"}"
  handshake[lines] = $5
  received[lines] = $6
  sent[lines] = $7
  if ($5 > 0 && now - $5 <= present && sub(/\/32$/, "", $4)) print $4 > addresses
}

function metric(name, type, help, values,    line) {
  printf "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type > figures
  for (line = 2; line <= lines; line++) print name label[line] " " values[line] > figures
}

END {
  if (lines == 0) exit 1
  metric("wireguard_sent_bytes_total", "counter", "Bytes sent to the peer", sent)
  metric("wireguard_received_bytes_total", "counter", "Bytes received from the peer", received)
  metric("wireguard_latest_handshake_seconds", "gauge",
    "UNIX time of the last handshake, 0 for never", handshake)
}
