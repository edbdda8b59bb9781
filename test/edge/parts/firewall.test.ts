/**
 * The rules in a kernel: a device between a "LAN", a "tunnel" and "pods", each a network namespace,
 * with listeners on the API's port and another one.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firewall } from "../../../edge/parts/firewall.ts";
import { context, inlineOf } from "./context.ts";

const path = "/etc/flotilla/firewall.nft";
const rulesOf = (name: string) => inlineOf(firewall(context(name)), path);

describe("the firewall", () => {
  it("is loaded before the network, from the file that the part writes", () => {
    const [unit] = firewall(context("store-01")).units ?? [];
    expect(unit?.enabled).toBe(true);
    expect(unit?.contents).toContain(`\nExecStart=/usr/sbin/nft --file ${path}\n`);
    expect(unit?.contents).toContain("\nBefore=network-pre.target shutdown.target\n");
  });

  it("never touches another table", () => {
    const commands = rulesOf("store-01").replaceAll(/#.*/g, "");
    expect(commands).not.toContain("flush");
    expect(new Set(commands.match(/table \S+ \S+/g))).toEqual(new Set(["table inet flotilla"]));
  });
});

function canDo(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

const able = canDo("nft", "list", "ruleset") && canDo("unshare", "--net", "ip", "link");
const stem = `flotilla-${process.pid}`;
/** The device, and whoever stands at the other end of each of its interfaces. */
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

  const apply = (name: string) => {
    writeFileSync(rules, rulesOf(name));
    inDevice("nft", "--check", "--file", rules);
    inDevice("nft", "--file", rules);
  };

  it("everything is open without them", () => {
    expect(connects("enp1s0", 6443)).toBe("open");
  });

  it.each([
    ["store-01", "enp1s0", 6443, "ECONNREFUSED"],
    ["store-01", "enp1s0", 10_250, "ECONNREFUSED"],
    ["store-01", "enp1s0", 22, "open"],
    ["store-01", "wg-hub", 6443, "open"],
    ["store-01", "wg-hub", 10_250, "ECONNREFUSED"],
    ["store-01", "cni0", 6443, "open"],
    ["store-01", "cni0", 10_250, "open"],
    ["store-01", "lo", 6443, "open"],
    ["depot-01", "enp1s0", 6443, "open"],
    ["depot-01", "enp1s0", 10_250, "ECONNREFUSED"],
  ] as const)("on %s, from %s to %i: %s", (name, from, port, outcome) => {
    apply(name);
    expect(connects(from, port)).toBe(outcome);
  });

  it("once more is the same, and leaves Kubernetes' tables alone", () => {
    const foreign = "table ip kube { chain services { tcp dport 443 counter accept; }; }";
    inDevice("nft", foreign);
    apply("store-01");
    const before = inDevice("nft", "list", "ruleset");
    apply("store-01");
    expect(inDevice("nft", "list", "ruleset")).toBe(before);
    expect(before).toContain("table ip kube");
    expect(connects("enp1s0", 6443)).toBe("ECONNREFUSED");
  });
});
