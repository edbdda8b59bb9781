import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { sayCommand } from "../../../edge/parts/console.ts";
import { firewall, firewallUnit } from "../../../edge/parts/firewall.ts";
import { k3s } from "../../../edge/parts/k3s.ts";
import { selinux, selinuxStamp, selinuxUnit } from "../../../edge/parts/selinux.ts";
import { sampleFleet } from "../../sample.ts";
import { context, inlineOf } from "./context.ts";

function fileOf(name: string, path: string) {
  return k3s(context(name)).files?.find((file) => file.path === path);
}

describe("K3s", () => {
  it("is the pinned binary of the device's architecture", () => {
    const { x86_64, aarch64 } = sampleFleet.pins.k3s.binary;
    expect(fileOf("store-01", "/usr/local/bin/k3s")).toEqual({
      path: "/usr/local/bin/k3s",
      mode: 0o755,
      contents: { source: x86_64.url, verification: { hash: `sha256-${x86_64.sha256}` } },
    });
    expect(fileOf("kiosk-01", "/usr/local/bin/k3s")?.contents).toMatchObject({
      source: aarch64.url,
    });
  });

  it("is known by the hub's name for it, and keeps its token to itself", () => {
    const path = "/etc/rancher/k3s/config.yaml";
    expect(fileOf("store-01", path)?.mode).toBe(0o600);
    expect(load(inlineOf(k3s(context("store-01")), path))).toEqual({
      token: "sample-token-sample-token-sample-token-1234",
      "node-name": "store-01",
      "tls-san": ["store-01.g2.harbor.internal", "100.64.0.3"],
      "write-kubeconfig-mode": "0600",
      "secrets-encryption": true,
      "kube-apiserver-arg": [
        "audit-policy-file=/var/lib/rancher/k3s/server/audit.yaml",
        "audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log",
        "audit-log-maxsize=10",
        "audit-log-maxbackup=4",
        "audit-log-maxage=30",
      ],
      selinux: true,
    });
  });

  it("waits for its SELinux policy, by the unit and the stamp that the other part has", () => {
    const unit = k3s(context("store-01")).units?.[0]?.contents ?? "";
    const after = /^After=(.*)$/m.exec(unit)?.[1]?.split(" ");
    expect(after).toEqual(["network-online.target", "time-sync.target", firewallUnit, selinuxUnit]);
    expect(unit).toContain(`\nConditionPathExists=${selinuxStamp}\n`);
    const layering = selinux().units?.[0];
    expect(layering?.name).toBe(selinuxUnit);
    // Zincati would run a second transaction of rpm-ostree.
    expect(layering?.contents).toContain("\nBefore=zincati.service\n");
    expect(layering?.contents).toContain(`\nConditionPathExists=!${selinuxStamp}\n`);
  });

  it("does not start without the firewall", () => {
    const unit = k3s(context("store-01")).units?.[0]?.contents ?? "";
    expect(unit).toContain(`\nRequires=${firewallUnit}\n`);
    expect(firewall(context("store-01")).units?.[0]?.name).toBe(firewallUnit);
  });

  it("gets its label before it starts, and says when it is up", () => {
    const unit = k3s(context("store-01")).units?.[0]?.contents ?? "";
    const commands = unit.split("\n").filter((line) => line.startsWith("ExecStart"));
    const restorecon = "/usr/sbin/restorecon -R -i /usr/local/bin/k3s /var/lib/rancher";
    expect(commands.slice(-3)).toEqual([
      `ExecStartPre=${restorecon}`,
      "ExecStart=/usr/local/bin/k3s server",
      `ExecStartPost=-${sayCommand} "K3s is up."`,
    ]);
  });
});
