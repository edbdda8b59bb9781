#!/bin/bash
# Layers k3s-selinux and restarts once. Interrupted anywhere, it can be run again.
set -euo pipefail
if rpm --query --quiet k3s-selinux; then
  /usr/local/bin/say-on-console "Starting K3s."
  mkdir --parents /var/lib/flotilla
  touch /var/lib/flotilla/k3s-selinux.layered
  exit 0
fi
/usr/local/bin/say-on-console "First start, step 1 of 2: adding the SELinux policy of K3s. Do not switch off."
if ! rpm-ostree install --assumeyes --idempotent --allow-inactive k3s-selinux; then
  /usr/local/bin/say-on-console "That failed: is the network there? Trying again in 30 seconds."
  exit 1
fi
/usr/local/bin/say-on-console "First start, step 2 of 2: restarting once."
systemctl --no-block reboot
