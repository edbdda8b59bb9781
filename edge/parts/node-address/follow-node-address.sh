#!/bin/bash
# Restarts K3s when the device no longer has the address of its node: K3s looks for it when it starts, on
# the declared interface or at the default route.
set -euo pipefail
declared=${1:-/etc/flotilla/node-interface}

systemctl is-active --quiet k3s.service || exit 0

if [ -e "$declared" ]; then
  routes=$(ip -4 -oneline address show scope global dev "$(cat "$declared")" 2>/dev/null || true)
  addresses=$routes
else
  # The fallback route is one without a network, which is no reason to change anything.
  routes=$(ip -4 route show default | grep --invert-match --word-regexp fallback0 || true)
  addresses=$(ip -4 -oneline address show scope global | grep --invert-match --word-regexp fallback0 || true)
fi
addresses=$(sed --quiet --regexp-extended 's/^.* inet ([0-9.]+).*$/\1/p' <<<"$addresses")
if [ -z "$routes" ] || [ -z "$addresses" ]; then exit 0; fi

node=$(k3s kubectl get node "$(uname --nodename)" --request-timeout=20s \
  --output 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}')
node=${node%% *}
if [ -z "$node" ] || grep --quiet --line-regexp --fixed-strings "$node" <<<"$addresses"; then exit 0; fi

echo "The device no longer has the node's address $node. Restarting K3s."
systemctl restart k3s.service
