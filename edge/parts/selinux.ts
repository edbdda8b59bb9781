/**
 * The SELinux policy of K3s, layered on Fedora CoreOS by rpm-ostree at the first boot.
 *
 * The stamp means that the *running* system has the policy: it is written at the boot after the
 * layering, never before the restart. So K3s, which waits for the stamp, can't start without the
 * policy in the moments before the restart, and a power cut at any point only means that the unit
 * does its work again: both installing and restarting may be repeated.
 *
 * The repository is as K3s' own installer writes it for CoreOS: each package's signature is
 * checked, the signature of the repository's index is not.
 */
import type { ButaneFile, ButaneUnit } from "../butane/config.ts";
import { sayCommand } from "./console.ts";
import type { Contribution } from "./part.ts";

const stampFolder = "/var/lib/flotilla";

/** Exists on a running system that has the policy. */
export const selinuxStamp = `${stampFolder}/k3s-selinux.layered`;

/** The unit that K3s comes after. */
export const selinuxUnit = "k3s-selinux.service";

const script = "/usr/local/bin/layer-k3s-selinux";

/** How long after a failure the unit tries again. */
const retrySeconds = 30;

const files: readonly ButaneFile[] = [
  {
    path: "/etc/yum.repos.d/rancher-k3s-common.repo",
    mode: 0o644,
    contents: {
      inline: `[rancher-k3s-common-stable]
name=Rancher K3s Common (stable)
baseurl=https://rpm.rancher.io/k3s/stable/common/coreos/noarch
enabled=1
gpgcheck=1
repo_gpgcheck=0
gpgkey=https://rpm.rancher.io/public.key
`,
    },
  },
  {
    path: script,
    mode: 0o755,
    contents: {
      inline: `#!/bin/bash
# Layers k3s-selinux and restarts once. Interrupted anywhere, it can be run again.
set -euo pipefail
if rpm --query --quiet k3s-selinux; then
  ${sayCommand} "Starting K3s."
  mkdir --parents ${stampFolder}
  touch ${selinuxStamp}
  exit 0
fi
${sayCommand} "First start, step 1 of 2: adding the SELinux policy of K3s. Do not switch off."
if ! rpm-ostree install --assumeyes --idempotent --allow-inactive k3s-selinux; then
  ${sayCommand} "That failed: is the network there? Trying again in ${retrySeconds} seconds."
  exit 1
fi
${sayCommand} "First start, step 2 of 2: restarting once."
systemctl --no-block reboot
`,
    },
  },
];

/**
 * Zincati comes later because two rpm-ostree transactions can't run at once. The network may take
 * its time: the unit tries again, for ever.
 */
const unit: ButaneUnit = {
  name: selinuxUnit,
  enabled: true,
  contents: `[Unit]
Description=Layer the SELinux policy of K3s
Wants=network-online.target
After=network-online.target time-sync.target systemd-machine-id-commit.service
Before=zincati.service
ConditionPathExists=!${selinuxStamp}
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${script}
Restart=on-failure
RestartSec=${retrySeconds}s

[Install]
WantedBy=multi-user.target
`,
};

export function selinux(): Contribution {
  return { files, units: [unit] };
}
