#!/bin/bash
# Gives pods the name servers of the device. The kubelet reads the file that this writes for each pod that it
# makes. CoreDNS keeps those that it started with, so its pod is replaced after a change.
#
# With "write", as before each start of K3s, it only writes the file.
set -euo pipefail
folder=${NAME_SERVERS_FOLDER:-/run/flotilla-name-servers}
# The second is that of systemd-resolved; then the first one names only its stub, which pods do not reach.
sources=${NAME_SERVERS_SOURCES:-/etc/resolv.conf /run/systemd/resolve/resolv.conf}
changed=$folder/changed

# The lines for pods: they have IPv4 only, so IPv6 is for those in the network of the device. An address of the
# machine itself, or one that is valid on one link only, does not lead anywhere from a pod.
usable() { # file
  [ -r "$1" ] && awk '
    $1 == "nameserver" && $2 ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ && $2 !~ /^(0|127|169\.254|22[4-9]|2[3-5][0-9])\./ {
      four[++fours] = $2
    }
    $1 == "nameserver" && $2 ~ /^[23fF][0-9a-fA-F]*:[0-9a-fA-F:.]+$/ && $2 !~ /^[fF][eEfF]/ { six[++sixes] = $2 }
    ($1 == "search" || $1 == "domain") && $2 != "." || $1 == "options" { more = more $0 "\n" }
    END {
      if (fours == 0) for (i = 1; i <= sixes; i++) four[++fours] = six[i]
      # More than three are for nobody (resolv.conf(5)).
      for (i = 1; i <= fours && i <= 3; i++) print "nameserver " four[i]
      if (fours > 0) printf "%s", more
    }' "$1"
}

write() {
  local source text=
  for source in $sources; do
    text=$(usable "$source") || true
    [ -z "$text" ] || break
  done
  if [ -z "$text" ]; then
    # Without a network, the last ones are the best guess.
    [ ! -e "$folder/resolv.conf" ] || return 0
    # So does K3s.
    text="nameserver 8.8.8.8"
  fi
  if [ -e "$folder/resolv.conf" ]; then
    [ "$text" != "$(cat "$folder/resolv.conf")" ] || return 0
    touch "$changed"
  fi
  mkdir --parents "$folder"
  printf '%s\n' "$text" >"$folder/.resolv.conf.new"
  mv "$folder/.resolv.conf.new" "$folder/resolv.conf"
}

write
[ "${1:-}" != write ] || exit 0
# While K3s does not run, its next start calls this again.
while [ -e "$changed" ] && systemctl is-active --quiet k3s.service; do
  rm "$changed"
  echo "The name servers changed: $(sed --quiet 's/^nameserver //p' "$folder/resolv.conf" | xargs). Replacing CoreDNS."
  k3s kubectl --namespace kube-system delete pods --selector k8s-app=kube-dns --wait=false --request-timeout=20s || {
    touch "$changed"
    exit 1
  }
  write
done
