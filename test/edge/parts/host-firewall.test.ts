/**
 * The rules in a kernel: a device between a "LAN", a "tunnel" and "pods", each a network namespace,
 * with listeners on the API's port and another one.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EdgeDevice } from "../../../edge/device.ts";
import { firewallUnit, HostFirewall } from "../../../edge/parts/host-firewall.ts";
import { devicePort, tunnelInterface } from "../../../fleet/model/contract.ts";
import { bareDevice, inlineOf, unitOf } from "../devices.ts";

const path = "/etc/flotilla/firewall.nft";

const accesses = ["tunnel", "anywhere"] as const;

function deviceWith(apiAccess: (typeof accesses)[number]): EdgeDevice {
  const device = bareDevice();
  new HostFirewall(device, "host-firewall", { apiAccess });
  return device;
}

const rulesOf = (apiAccess: (typeof accesses)[number]) => inlineOf(deviceWith(apiAccess), path);

describe("the firewall", () => {
  test("is loaded before the network, from the file that the part writes", () => {
    const unit = unitOf(deviceWith("tunnel"), firewallUnit);
    expect(unit).toContain(`\nExecStart=/usr/sbin/nft --file ${path}\n`);
    expect(unit).toContain("\nBefore=network-pre.target shutdown.target\n");
  });

  test("accepts the tunnel only, unless declared otherwise", () => {
    const device = bareDevice();
    new HostFirewall(device, "host-firewall");
    expect(inlineOf(device, path)).toBe(rulesOf("tunnel"));
  });

  test.each(accesses)("from %s: never touches another table", (access) => {
    const commands = rulesOf(access).replaceAll(/#.*/g, "");
    expect(commands).not.toContain("flush");
    expect(new Set(commands.match(/table \S+ \S+/g))).toEqual(new Set(["table inet flotilla"]));
  });

  test("the two sets of rules differ in who reaches the API server, and in nothing else", () => {
    const [tunnel, anywhere] = accesses.map((access) => rulesOf(access).split("\n"));
    const only = (one: readonly string[] = [], other: readonly string[] = []) =>
      one.filter((line) => !other.includes(line)).map((line) => line.trim());
    expect(only(tunnel, anywhere)).toEqual([
      `iifname "${tunnelInterface}" tcp dport ${devicePort} accept`,
      `tcp dport ${devicePort} reject with tcp reset`,
    ]);
    expect(only(anywhere, tunnel)).toEqual([
      "# The hub comes from an address that is not known here: its certificate is what counts.",
      `tcp dport ${devicePort} accept`,
    ]);
  });
});

function canDo(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

const able = canDo("nft", "list", "ruleset") && canDo("unshare", "--net", "ip", "link");
const stem = `flotilla-${process.pid}`;
/** The device, and the other end of each of its interfaces. */
const device = `${stem}-device`;
const neighbours = { enp1s0: "10.9.1", "wg-hub": "10.9.2", cni0: "10.9.3" } as const;
type Interface = keyof typeof neighbours;

const inDevice = (...command: readonly string[]) =>
  execFileSync("ip", ["netns", "exec", device, ...command], { encoding: "utf8" });

/** Connects from the other end of an interface, or from the device itself. */
function connects(from: Interface | "lo", port: number): string {
  const namespace = from === "lo" ? device : `${stem}-${from}`;
  const host = from === "lo" ? `${neighbours.enp1s0}.1` : `${neighbours[from]}.1`;
  const script = `require("net").connect(${port}, "${host}").setTimeout(1500)
    .on("connect", () => { console.log("open"); process.exit(); })
    .on("timeout", () => { console.log("silent"); process.exit(); })
    .on("error", (error) => console.log(error.code));`;
  const args = ["netns", "exec", namespace, process.execPath, "-e", script];
  return execFileSync("ip", args, { encoding: "utf8" }).trim();
}

describe.skipIf(!able)("its rules in a kernel (needs nft, ip and root)", () => {
  const folder = mkdtempSync(join(tmpdir(), "firewall-"));
  const rules = join(folder, "firewall.nft");
  let listeners: ChildProcess;

  beforeAll(async () => {
    const ip = (...args: readonly string[]) => execFileSync("ip", args);
    ip("netns", "add", device);
    ip("-n", device, "link", "set", "lo", "up");
    for (const [name, network] of Object.entries(neighbours)) {
      const other = `${stem}-${name}`;
      ip("netns", "add", other);
      ip("-n", device, "link", "add", name, "type", "veth", "peer", "name", "far", "netns", other);
      ip("-n", device, "address", "add", `${network}.1/24`, "dev", name);
      ip("-n", other, "address", "add", `${network}.2/24`, "dev", "far");
      ip("-n", device, "link", "set", name, "up");
      ip("-n", other, "link", "set", "far", "up");
    }
    const script = `let waiting = 3;
      for (const port of [22, 6443, 10250]) require("net").createServer((socket) => socket.end())
        .listen(port, "0.0.0.0", () => --waiting || console.log("ready"));`;
    const args = ["netns", "exec", device, process.execPath, "-e", script];
    listeners = spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => listeners.stdout?.once("data", resolve));
  });

  afterAll(() => {
    listeners?.kill();
    for (const name of [device, ...Object.keys(neighbours).map((each) => `${stem}-${each}`)]) {
      spawnSync("ip", ["netns", "delete", name]);
    }
    rmSync(folder, { recursive: true });
  });

  const apply = (access: (typeof accesses)[number]) => {
    writeFileSync(rules, rulesOf(access));
    inDevice("nft", "--check", "--file", rules);
    inDevice("nft", "--file", rules);
  };

  test("everything is open without them", () => {
    expect(connects("enp1s0", 6443)).toBe("open");
  });

  test.each([
    ["tunnel", "enp1s0", 6443, "ECONNREFUSED"],
    ["tunnel", "enp1s0", 10_250, "ECONNREFUSED"],
    ["tunnel", "enp1s0", 22, "open"],
    ["tunnel", "wg-hub", 6443, "open"],
    ["tunnel", "wg-hub", 10_250, "ECONNREFUSED"],
    ["tunnel", "cni0", 6443, "open"],
    ["tunnel", "cni0", 10_250, "open"],
    ["tunnel", "lo", 6443, "open"],
    ["anywhere", "enp1s0", 6443, "open"],
    ["anywhere", "enp1s0", 10_250, "ECONNREFUSED"],
  ] as const)("with access from %s, from %s to %i: %s", (access, from, port, outcome) => {
    apply(access);
    expect(connects(from, port)).toBe(outcome);
  });

  test("again is the same, and does not change Kubernetes' tables", () => {
    const foreign = "table ip kube { chain services { tcp dport 443 counter accept; }; }";
    inDevice("nft", foreign);
    apply("tunnel");
    const before = inDevice("nft", "list", "ruleset");
    apply("tunnel");
    expect(inDevice("nft", "list", "ruleset")).toBe(before);
    expect(before).toContain("table ip kube");
    expect(connects("enp1s0", 6443)).toBe("ECONNREFUSED");
  });
});
