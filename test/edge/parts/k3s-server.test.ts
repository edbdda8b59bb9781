import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { sayCommand } from "../../../edge/parts/console-messages.ts";
import { fallbackUnit } from "../../../edge/parts/fallback-route.ts";
import { firewallUnit } from "../../../edge/parts/host-firewall.ts";
import { K3sServer, type K3sServerProps } from "../../../edge/parts/k3s-server.ts";
import { selinuxStamp, selinuxUnit } from "../../../edge/parts/selinux-policy.ts";
import type { Architecture } from "../../../fleet/model/device.ts";
import { bareDevice, deviceForK3s, fileOf, inlineOf, unitOf } from "../devices.ts";

const sha256 = "5".repeat(64);
const required = { release: "v1.36.4+k3s1", binarySha256: sha256, token: "secret" };

function deviceWith(props: Partial<K3sServerProps> = {}, architecture: Architecture = "x86_64") {
  const device = deviceForK3s({ architecture });
  new K3sServer(device, "k3s", { ...required, ...props });
  return device;
}

const releases = "https://github.com/k3s-io/k3s/releases/download/v1.36.4%2Bk3s1";

describe("the binary", () => {
  test.each([
    ["x86_64", `${releases}/k3s`],
    ["aarch64", `${releases}/k3s-arm64`],
  ] as const)("is that of the release for %s, with its hash", (architecture, source) => {
    expect(fileOf(deviceWith({}, architecture), "/usr/local/bin/k3s")).toEqual({
      path: "/usr/local/bin/k3s",
      mode: 0o755,
      overwrite: true,
      contents: { source, verification: { hash: `sha256-${sha256}` } },
    });
  });

  test("comes from another place where the props say so", () => {
    const binaryUrl = "https://mirror.harbor.example/k3s";
    const { contents } = fileOf(deviceWith({ binaryUrl }), "/usr/local/bin/k3s");
    expect(contents).toMatchObject({ source: binaryUrl });
  });
});

describe("the configuration", () => {
  const path = "/etc/rancher/k3s/config.yaml";
  const configOf = (props: Partial<K3sServerProps>) =>
    load(inlineOf(deviceWith(props), path)) as Readonly<Record<string, unknown>>;

  test("has the token and the names, for root alone", () => {
    const tlsSans = ["store-01.g2.harbor.internal", "100.64.0.3"];
    expect(fileOf(deviceWith(), path).mode).toBe(0o600);
    expect(configOf({ tlsSans })).toEqual({
      token: "secret",
      "node-name": "store-01",
      "tls-san": tlsSans,
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
      "resolv-conf": "/run/flotilla-name-servers/resolv.conf",
    });
  });

  test("has what is declared about the node, with K3s' own keys", () => {
    const config = configOf({
      node: {
        disable: ["traefik"],
        nodeLabels: { "example.com/till": "1", a: "" },
        nodeTaints: ["dedicated=till:NoSchedule"],
        nodeAddress: "10.120.1.20",
        kubeletArguments: ["max-pods=60"],
        apiServerArguments: ["event-ttl=10m"],
        podRange: "10.52.0.0/16",
        serviceRange: "10.53.4.0/22",
      },
    });
    const { "kube-apiserver-arg": apiServer, ...rest } = config;
    expect(apiServer).toEqual([
      expect.anything(),
      ...Array(4).fill(expect.anything()),
      "event-ttl=10m",
    ]);
    expect(rest).toMatchObject({
      disable: ["traefik"],
      "node-label": ["a=", "example.com/till=1"],
      "node-taint": ["dedicated=till:NoSchedule"],
      "node-ip": "10.120.1.20",
      "kubelet-arg": ["max-pods=60"],
      "cluster-cidr": "10.52.0.0/16",
      "service-cidr": "10.53.4.0/22",
      "cluster-dns": "10.53.4.10",
    });
  });

  test("an interface is that of flannel, from which K3s takes the node's address", () => {
    const config = configOf({ node: { nodeInterface: "enp1s0" } });
    expect(config).toMatchObject({ "flannel-iface": "enp1s0" });
    expect(config).not.toHaveProperty("node-ip");
  });

  test("an interface with nothing but IPv6, as before DHCP has answered, makes no cluster of IPv6", () => {
    expect(configOf({ node: { nodeInterface: "enp1s0" } })).toMatchObject({
      "cluster-cidr": "10.42.0.0/16",
      "service-cidr": "10.43.0.0/16",
      "cluster-dns": "10.43.0.10",
    });
    const own = configOf({ node: { nodeInterface: "enp1s0", podRange: "10.52.0.0/16" } });
    expect(own).toMatchObject({ "cluster-cidr": "10.52.0.0/16", "service-cidr": "10.43.0.0/16" });
    expect(configOf({ node: { nodeAddress: "10.1.0.5" } })).not.toHaveProperty("cluster-cidr");
  });

  test("keeps a name of digits a name", () => {
    expect(configOf({ nodeName: "0777" })["node-name"]).toBe("0777");
  });

  test("is in a folder that only root can enter", () => {
    expect(deviceWith().toConfig().storage?.directories).toEqual([
      { path: "/var/lib/rancher/k3s/server", mode: 0o700 },
    ]);
  });
});

test("root may have as many inotify instances as other distributions allow", () => {
  const lines = inlineOf(deviceWith(), "/etc/sysctl.d/60-flotilla-inotify.conf").trim().split("\n");
  const settings = lines.filter((line) => !line.startsWith("#"));
  expect(settings).toEqual(["fs.inotify.max_user_instances = 8192"]);
});

describe("the unit", () => {
  const unit = unitOf(deviceWith(), "k3s.service");

  test("waits for the firewall, the route of last resort and the SELinux policy", () => {
    const after = /^After=(.*)$/m.exec(unit)?.[1]?.split(" ");
    expect(after).toEqual([
      "network-online.target",
      "time-sync.target",
      firewallUnit,
      fallbackUnit,
      selinuxUnit,
    ]);
    expect(unit).toContain(
      `\nWants=network-online.target ${fallbackUnit} flotilla-name-servers.service\n`,
    );
    expect(unit).toContain(`\nConditionPathExists=${selinuxStamp}\n`);
    expect(unit).toContain(`\nRequires=${firewallUnit}\n`);
  });

  test("labels the binary before the start, and prints when K3s is up", () => {
    const commands = unit.split("\n").filter((line) => line.startsWith("ExecStart"));
    const restorecon = "/usr/sbin/restorecon -R -i /usr/local/bin/k3s /var/lib/rancher";
    expect(commands.slice(-4)).toEqual([
      `ExecStartPre=${restorecon}`,
      "ExecStartPre=/usr/local/bin/follow-name-servers write",
      "ExecStart=/usr/local/bin/k3s server",
      `ExecStartPost=-${sayCommand} "K3s is up."`,
    ]);
  });

  test("can't start on a device without the parts that it waits for", () => {
    const device = bareDevice();
    new K3sServer(device, "k3s", required);
    expect(device.validate()).toEqual([
      `store-01: store-01/k3s needs the path ${sayCommand}. Add ConsoleMessages to the device.`,
      `store-01: store-01/k3s needs the unit ${fallbackUnit}. Add FallbackRoute to the device.`,
      `store-01: store-01/k3s needs the unit ${firewallUnit}. Add HostFirewall to the device.`,
      `store-01: store-01/k3s needs the unit ${selinuxUnit}. Add SelinuxPolicy to the device.`,
    ]);
  });
});
