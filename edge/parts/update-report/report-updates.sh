#!/bin/bash
# Writes for node_exporter (its textfile collector) whether this device can still update itself.
set -euo pipefail
folder=${1:-/var/lib/flotilla}
mkdir --parents "$folder"
{
  for unit in zincati.service rpm-ostreed.service k3s-selinux.service; do
    failed=0
    if systemctl is-failed --quiet "$unit"; then failed=1; fi
    echo "node_flotilla_unit_failed{unit=\"$unit\"} $failed"
  done
  missing=0
  if ! rpm --query --quiet k3s-selinux; then missing=1; fi
  echo "node_flotilla_layer_missing{package=\"k3s-selinux\"} $missing"
} >"$folder/updates.prom.new"
chmod 0644 "$folder/updates.prom.new"
mv "$folder/updates.prom.new" "$folder/updates.prom"
