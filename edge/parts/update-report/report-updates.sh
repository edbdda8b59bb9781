#!/bin/bash
# Writes for node_exporter (its textfile collector) whether this device can still update itself.
#
# A unit that systemd starts again after each failure is never "failed" (Zincati, k3s-selinux). So restarts
# since the last report count too. Their number starts again with each boot, and so does /run.
set -euo pipefail
folder=${1:-/var/lib/flotilla}
seen=${2:-/run/flotilla-update-report}
mkdir --parents "$folder" "$seen"

property() {
  systemctl show --property="$2" --value "$1"
}

has_failed() {
  local state restarts before
  state=$(property "$1" ActiveState)/$(property "$1" SubState)
  restarts=$(property "$1" NRestarts)
  before=$(cat "$seen/$1" 2>/dev/null || echo 0)
  echo "${restarts:=0}" >"$seen/$1"
  case $1/$state in
    */failed/* | */auto-restart*) return 0 ;;
    zincati.service/active/*) ;;
    # It runs always, unless somebody stopped or masked it, or the boot is not complete.
    zincati.service/*) return 0 ;;
  esac
  [ "$restarts" -gt "$before" ]
}

{
  for unit in zincati.service rpm-ostreed.service k3s-selinux.service; do
    failed=0
    if has_failed "$unit"; then failed=1; fi
    echo "node_flotilla_unit_failed{unit=\"$unit\"} $failed"
  done
  missing=0
  if ! rpm --query --quiet k3s-selinux; then missing=1; fi
  echo "node_flotilla_layer_missing{package=\"k3s-selinux\"} $missing"
} >"$folder/updates.prom.new"
chmod 0644 "$folder/updates.prom.new"
mv "$folder/updates.prom.new" "$folder/updates.prom"
