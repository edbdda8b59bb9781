#!/bin/bash
# Writes for node_exporter (its textfile collector) when the first of K3s' own certificates ends. K3s
# renews them when it starts; a device that never restarts would stop to work.
set -euo pipefail
folder=${1:-/var/lib/flotilla}
certificates=${2:-/var/lib/rancher/k3s/server/tls}

# One line a certificate, and 0 for what cannot be read, so that it raises the alert too. Authorities come
# with the image. What kube-apiserver keeps in temporary-certs, K3s neither reads nor renews.
ends() {
  find "$certificates" -name temporary-certs -prune -o -name '*.crt' ! -name '*-ca.*' -print0 |
    while IFS= read -r -d '' file; do
      if end=$(openssl x509 -noout -enddate -in "$file") && seconds=$(date --date="${end#*=}" +%s); then
        echo "$seconds"
      else
        echo 0
      fi
    done || echo 0
}

mkdir --parents "$folder"
earliest=$(ends | sort --numeric-sort | sed --quiet 1p)
echo "node_flotilla_certificate_end_timestamp_seconds ${earliest:-0}" >"$folder/certificates.prom.new"
chmod 0644 "$folder/certificates.prom.new"
mv "$folder/certificates.prom.new" "$folder/certificates.prom"
