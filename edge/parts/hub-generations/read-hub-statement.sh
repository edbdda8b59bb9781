#!/bin/bash
# Follows the hub to the next generation of its keys on a device without a tunnel, which meets no gateway.
#
# The proof is a statement that the hub's Argo CD keeps in the API of this device: a generation, and a
# signature by the client authority of that generation. The private key of that authority never was on
# an older hub, so who broke into one cannot sign the statement, whatever he may write into the API.
# Only a later generation than the current one counts, so an old statement changes nothing.
set -euo pipefail
trusted=${HUB_TRUSTED:-/etc/flotilla/hub/trusted.pem}

# "<4>" is the level of a warning.
warn() { printf '<4>%s\n' "$*" >&2; }

later_generations() { sed -n 's/^# hub generation //p' "$trusted" | sort -n | sed 1d; }

public_key() { # of a generation's authority
  awk -v comment="# hub generation $1" '/^# / { wanted = $0 == comment } wanted' "$trusted" |
    openssl x509 -noout -pubkey
}

is_signed() { # generation, signature in base64
  printf 'flotilla: the hub has generation %s\n' "$1" | openssl dgst -sha256 \
    -verify <(public_key "$1") -signature <(base64 --decode <<<"$2" 2>/dev/null) >/dev/null 2>&1
}

later=$(later_generations)
[ -n "$later" ] || exit 0
# No answer: the hub has its first generation, or K3s does not run. The timer comes again.
statement=$(k3s kubectl get configmap flotilla-hub --namespace=kube-system --request-timeout=10s \
  --output='jsonpath={.data.generation} {.data.signature}' 2>/dev/null | head --bytes=1000) || exit 0
read -r generation signature _ <<<"$statement" || exit 0
grep --quiet --line-regexp --fixed-strings -- "$generation" <<<"$later" || exit 0
if ! is_signed "$generation" "$signature"; then
  warn "The statement about generation $generation of the hub is not signed by its authority. It is ignored."
  exit 0
fi
exec follow-hub "$generation"
