#!/bin/sh
# Prints an ExecCredential (client.authentication.k8s.io/v1) with the hub's client certificate.
# Argo CD runs it again after FLOTILLA_CREDENTIAL_SECONDS, so it soon uses a renewed certificate; a
# certificate that is the same disturbs no connection.
#
# Argo CD's image has sh and awk, and nothing more is needed: in JSON, only the ends of the lines of
# a PEM text need escaping.
set -eu

# The script enters the folder first, because the kubelet replaces it as a whole: a certificate and
# a key that are read from it belong together.
cd -P "${FLOTILLA_TLS:-${0%/*}/tls}" || {
  echo "No client certificate yet: see the Certificate fleet-client in the namespace argocd." >&2
  exit 1
}

lines() { awk '{ printf "%s\\n", $0 }' "$1"; }
certificate=$(lines tls.crt)
key=$(lines tls.key)
expiry=$(date -u -d "@$(($(date +%s) + ${FLOTILLA_CREDENTIAL_SECONDS:-600}))" +%Y-%m-%dT%H:%M:%SZ)
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":'
printf '{"clientCertificateData":"%s","clientKeyData":"%s","expirationTimestamp":"%s"}}\n' \
  "$certificate" "$key" "$expiry"
