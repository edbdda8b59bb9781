/**
 * The route of last resort in a kernel: the commands of the unit, run in a network namespace, with the
 * code by which K3s finds its node's address (test/peers/node-address). Where the kernel has no dummy
 * interfaces, a bridge without ports takes its place.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fallbackUnit, FallbackRoute } from "../../../edge/parts/fallback-route.ts";
import { fallbackRoute } from "../../../fleet/model/k3s-node.ts";
import { peerPath } from "../../peers/peers.ts";
import { bareDevice, inlineOf, unitOf } from "../devices.ts";

const device = bareDevice();
new FallbackRoute(device, "fallback-route");
const ownUnit = unitOf(device, fallbackUnit);
const commandsOf = (key: string, text: string) =>
  [...text.matchAll(new RegExp(`^${key}=-?(.*)$`, "gm"))].map(([, command = ""]) => command);

describe("the unit", () => {
  test("changes nothing before it is known whether there is a network", () => {
    expect(ownUnit).toContain("\nAfter=network-online.target\nBefore=k3s.service\n");
    expect(ownUnit).not.toContain("[Install]");
  });

  test("has the address and the metric that other code counts on", () => {
    const { address, metric } = fallbackRoute;
    expect(ownUnit).toContain(` address add ${address}/31 dev fallback0\n`);
    expect(ownUnit).toContain(` onlink metric ${metric}\n`);
  });

  test("is complete on a kernel without IPv6, which refuses what is about IPv6", () => {
    const ofIpv6 = commandsOf("ExecStart", ownUnit).filter(
      (command) => !/ -4 |type dummy$| up$/.test(command),
    );
    expect(ofIpv6).toEqual(["/usr/sbin/ip link set dev fallback0 addrgenmode none"]);
    for (const command of ofIpv6) expect(ownUnit).toContain(`\nExecStart=-${command}\n`);
  });

  test("NetworkManager leaves the interface alone", () => {
    const path = "/etc/NetworkManager/conf.d/50-flotilla-fallback.conf";
    expect(inlineOf(device, path)).toContain("match-device=interface-name:fallback0\nmanaged=0\n");
  });
});

const able = spawnSync("unshare", ["--net", "ip", "link"], { stdio: "ignore" }).status === 0;
const namespace = `flotilla-${process.pid}-fallback`;
const peer = peerPath("node-address-0.36.3");

const ip = (...args: readonly string[]) =>
  execFileSync("ip", ["-n", namespace, ...args], { encoding: "utf8", stdio: "pipe" });

/** The interface that packets to an address leave by, or why there is none. */
function wayTo(address: string): string {
  const args = ["-n", namespace, "-o", "route", "get", address];
  const { stdout, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  return / dev (\S+)/.exec(stdout)?.[1] ?? stderr.trim();
}

const k3sFinds = () =>
  JSON.parse(
    execFileSync("ip", ["netns", "exec", namespace, peer ?? ""], { encoding: "utf8" }),
  ) as unknown;

/** A kernel without dummy interfaces still has the other parts. */
function run(command: string): void {
  const [program = "", ...args] = command.split(" ");
  expect(program).toBe("/usr/sbin/ip");
  const attempt = (words: readonly string[]) =>
    spawnSync("ip", ["-n", namespace, ...words], { encoding: "utf8" });
  let result = attempt(args);
  if (result.stderr.includes("Unknown device type")) {
    result = attempt(args.map((word) => (word === "dummy" ? "bridge" : word)));
  }
  expect(result.stderr).toBe("");
}

const unreachable = "RTNETLINK answers: Network is unreachable";

const otherDevice = bareDevice();
new FallbackRoute(otherDevice, "fallback-route", { serviceRange: "172.20.0.0/20" });

describe.skipIf(!able).each([
  { unit: ownUnit, service: "10.43.0.1", other: "172.20.0.1" },
  { unit: unitOf(otherDevice, fallbackUnit), service: "172.20.15.1", other: "10.43.0.1" },
])("in a kernel, with services like $service (needs ip and root)", ({ unit, service, other }) => {
  beforeAll(() => {
    execFileSync("ip", ["netns", "add", namespace]);
    ip("link", "set", "lo", "up");
    ip("link", "add", "eno1", "type", "veth", "peer", "name", "router");
    ip("link", "set", "eno1", "up");
    ip("link", "set", "router", "up");
  });
  afterAll(() => void spawnSync("ip", ["netns", "delete", namespace]));

  test.skipIf(peer === undefined)("without it K3s finds no address", () => {
    expect(k3sFinds()).toEqual({ address: "", interface: "" });
  });

  test("its commands run", () => {
    for (const command of commandsOf("ExecStart", unit)) run(command);
    expect(ip("-4", "route", "show", "default")).toContain("dev fallback0");
  });

  test.skipIf(peer === undefined)("with it K3s finds an address without a network", () => {
    expect(k3sFinds()).toEqual({ address: "203.0.113.254", interface: "fallback0" });
  });

  test("it leads to Services only", () => {
    expect(wayTo("192.0.2.1")).toBe(unreachable);
    expect(wayTo("100.64.0.1")).toBe(unreachable);
    expect(wayTo(service)).toBe("fallback0");
    expect(wayTo(other)).toBe(unreachable);
    expect(wayTo("203.0.113.254")).toBe("lo");
    expect(ip("-6", "route", "show", "default")).toBe("");
    expect(ip("-6", "rule")).not.toContain("unreachable");
  });

  test("a local network without a router stays reachable", () => {
    ip("address", "add", "192.168.1.5/24", "dev", "eno1");
    expect(wayTo("192.168.1.9")).toBe("eno1");
    expect(wayTo("192.0.2.1")).toBe(unreachable);
  });

  test("every other default route goes first, and Services take it too", () => {
    // NetworkManager's largest: a modem, behind a failed check of connectivity.
    ip("route", "add", "default", "via", "192.168.1.1", "dev", "eno1", "metric", "20700");
    expect(wayTo("192.0.2.1")).toBe("eno1");
    expect(wayTo(service)).toBe("eno1");
    if (peer !== undefined) {
      expect(k3sFinds()).toEqual({ address: "192.168.1.5", interface: "eno1" });
    }
  });

  test("when the cable is out again it is as before", () => {
    ip("address", "flush", "dev", "eno1");
    expect(wayTo("192.0.2.1")).toBe(unreachable);
    expect(wayTo(service)).toBe("fallback0");
  });

  test("stopping removes all of it", () => {
    for (const command of commandsOf("ExecStopPost", unit)) run(command);
    expect(ip("rule").trim().split("\n")).toHaveLength(3);
    expect(ip("link")).not.toContain("fallback0");
  });
});
