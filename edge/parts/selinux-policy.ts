/**
 * The SELinux policy of K3s, layered on Fedora CoreOS by rpm-ostree at the first boot.
 *
 * The stamp means that the *running* system has the policy: it is written at the boot after the
 * layering, never before the restart. So K3s, which waits for the stamp, can't start without the
 * policy in the moments before the restart, and after a power cut at any point the unit simply does
 * its work again: both installing and restarting can be repeated.
 *
 * Zincati starts later because two rpm-ostree transactions can't run at once. Without a network the
 * unit tries again, without a limit.
 *
 * The repository is as K3s' own installer writes it for CoreOS: each package's signature is
 * verified, the signature of the repository's index is not.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneFile, ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { sayCommand } from "./console-messages.ts";

/** Exists on a running system that has the policy. */
export const selinuxStamp = "/var/lib/flotilla/k3s-selinux.layered";

/** The unit that K3s starts after. */
export const selinuxUnit = "k3s-selinux.service";

const repository: ButaneFile = {
  path: "/etc/yum.repos.d/rancher-k3s-common.repo",
  mode: 0o644,
  contents: { inline: sourceText("edge/parts/selinux-policy/rancher-k3s-common.repo") },
};

const script: ButaneFile = {
  path: "/usr/local/bin/layer-k3s-selinux",
  mode: 0o755,
  contents: { inline: sourceText("edge/parts/selinux-policy/layer-k3s-selinux.sh") },
};

const unit: ButaneUnit = {
  name: selinuxUnit,
  enabled: true,
  contents: sourceText("edge/parts/selinux-policy/k3s-selinux.service"),
};

/** It needs ConsoleMessages on the same device. */
export class SelinuxPolicy extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    device.addFile(this, repository);
    device.addFile(this, script);
    device.addUnit(this, unit);
    device.requirePath(this, sayCommand, "ConsoleMessages");
  }
}
