/**
 * Runs the script in a network namespace, with programs that stand for systemctl and K3s. Where the kernel
 * has no dummy interfaces, bridges take their place.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { K3sServer } from "../../../edge/parts/k3s-server.ts";
import { NodeAddress, type NodeAddressProps } from "../../../edge/parts/node-address.ts";
import { bareDevice, deviceForK3s, inlineOf, unitOf } from "../devices.ts";

function deviceWith(props: NodeAddressProps = {}) {
  const device = deviceForK3s({ architecture: "x86_64" });
  new K3sServer(device, "k3s", {
    release: "v1.36.4+k3s1",
    binarySha256: "5".repeat(64),
    token: "secret",
  });
  new NodeAddress(device, "node-address", props);
  return device;
}
const device = deviceWith();

test("a timer starts it, and it needs K3s", () => {
  expect(unitOf(device, "flotilla-node-address.timer")).toContain("OnUnitInactiveSec=30s\n");
  expect(unitOf(device, "flotilla-node-address.service")).toContain("\nAfter=k3s.service\n");
  const alone = bareDevice();
  new NodeAddress(alone, "node-address");
  expect(alone.validate()).toEqual([
    "store-01: store-01/node-address needs the unit k3s.service. Add K3sServer to the device.",
  ]);
});

test("the declared interface is in a file", () => {
  const text = inlineOf(deviceWith({ nodeInterface: "enp1s0" }), "/etc/flotilla/node-interface");
  expect(text).toBe("enp1s0\n");
});

const able = spawnSync("unshare", ["--net", "ip", "link"], { stdio: "ignore" }).status === 0;
const namespace = `flotilla-${process.pid}-address`;
const ip = (...args: readonly string[]) =>
  execFileSync("ip", ["-n", namespace, ...args], { encoding: "utf8", stdio: "pipe" });

describe.skipIf(!able)("in a kernel (needs ip and root)", () => {
  beforeAll(() => {
    execFileSync("ip", ["netns", "add", namespace]);
  });
  afterAll(() => void spawnSync("ip", ["netns", "delete", namespace]));

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "node-address-"));
    for (const name of ["eno1", "wwan0", "fallback0"]) {
      ip("link", "add", name, "type", "bridge");
      ip("link", "set", name, "up");
    }
    ip("address", "add", "203.0.113.254/31", "dev", "fallback0");
    ip("route", "add", "default", "dev", "fallback0", "metric", "1000000");
  });
  afterEach(() => {
    for (const name of ["eno1", "wwan0", "fallback0"]) ip("link", "delete", name);
    rmSync(folder, { recursive: true });
  });

  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };

  /** Whether K3s is restarted. @param node addresses of the node */
  function isRestarted(node: string, { nodeInterface = "", isActive = true, fails = false } = {}) {
    program("k3s", fails ? "exit 1" : `[ "$1 $2 $3" = "kubectl get node" ] && echo -n '${node}'`);
    program(
      "systemctl",
      `if [ "$1" = is-active ]; then ${isActive}; else echo "$*" >>"${folder}/calls"; fi`,
    );
    program("script", inlineOf(device, "/usr/local/bin/follow-node-address"));
    const declared = join(folder, "node-interface");
    if (nodeInterface !== "") writeFileSync(declared, `${nodeInterface}\n`);
    const path = `${folder}:${process.env["PATH"]}`;
    const args = ["netns", "exec", namespace, "bash", join(folder, "script"), declared];
    const { status, stderr } = spawnSync("ip", args, {
      env: { ...process.env, PATH: path },
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual(fails ? [1, ""] : [0, ""]);
    const calls = join(folder, "calls");
    if (!existsSync(calls)) return false;
    expect(readFileSync(calls, "utf8")).toBe("restart k3s.service\n");
    return true;
  }

  const give = (name: string, address: string, router: string, metric = "100") => {
    ip("address", "add", address, "dev", name);
    ip("route", "add", "default", "via", router, "dev", name, "metric", metric);
  };

  test("the same address restarts nothing", () => {
    give("eno1", "192.0.2.20/24", "192.0.2.1");
    expect(isRestarted("192.0.2.20")).toBe(false);
  });

  test("another address restarts K3s", () => {
    give("eno1", "192.0.2.21/24", "192.0.2.1");
    expect(isRestarted("192.0.2.20")).toBe(true);
  });

  test("an address that starts with the same digits is another one", () => {
    give("eno1", "192.0.2.200/24", "192.0.2.1");
    expect(isRestarted("192.0.2.20")).toBe(true);
  });

  test("a network after a start without one restarts K3s", () => {
    give("eno1", "192.0.2.20/24", "192.0.2.1");
    expect(isRestarted("203.0.113.254")).toBe(true);
  });

  test("without a network nothing happens", () => {
    expect(isRestarted("192.0.2.20")).toBe(false);
    expect(isRestarted("203.0.113.254")).toBe(false);
  });

  test("without a router nothing happens: K3s would take the fallback's address", () => {
    ip("address", "add", "192.0.2.21/24", "dev", "eno1");
    expect(isRestarted("192.0.2.20")).toBe(false);
  });

  test("another way out restarts nothing while the address stays", () => {
    ip("address", "add", "192.0.2.20/24", "dev", "eno1");
    give("wwan0", "198.51.100.7/24", "198.51.100.1", "700");
    expect(isRestarted("192.0.2.20")).toBe(false);
  });

  test("a second address of the node does not count", () => {
    give("eno1", "192.0.2.20/24", "192.0.2.1");
    expect(isRestarted("192.0.2.20 2001:db8::20")).toBe(false);
    expect(isRestarted("192.0.2.21 2001:db8::20")).toBe(true);
  });

  test("with a declared interface only its address counts", () => {
    give("wwan0", "198.51.100.7/24", "198.51.100.1");
    const nodeInterface = "eno1";
    expect(isRestarted("192.0.2.20", { nodeInterface })).toBe(false);
    ip("address", "add", "192.0.2.20/24", "dev", "eno1");
    expect(isRestarted("192.0.2.20", { nodeInterface })).toBe(false);
    expect(isRestarted("198.51.100.7", { nodeInterface })).toBe(true);
  });

  test("an interface that is not there changes nothing", () => {
    give("eno1", "192.0.2.20/24", "192.0.2.1");
    expect(isRestarted("192.0.2.9", { nodeInterface: "eno7" })).toBe(false);
  });

  test("while K3s does not run or does not answer, nothing happens", () => {
    give("eno1", "192.0.2.21/24", "192.0.2.1");
    expect(isRestarted("192.0.2.20", { isActive: false })).toBe(false);
    expect(isRestarted("", {})).toBe(false);
    expect(isRestarted("192.0.2.20", { fails: true })).toBe(false);
  });
});
