/**
 * A device follows its hub: the script of its image with its real files, real WireGuard (wireguard-go)
 * in network namespaces, and a stand-in for nmcli that does what NetworkManager does with the keyfile.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  devicePublicKeys,
  gatewayPrivateKey,
  gatewayPublicKey,
} from "../../../../fleet/keys/wireguard.ts";
import { deviceSecrets } from "../../../../fleet/keys/secrets.ts";
import { RootKey } from "../../../../fleet/keys/root-key.ts";
import type { Device } from "../../../../fleet/model/device.ts";
import type { Fleet } from "../../../../fleet/model/fleet.ts";
import { sampleFleet } from "../../../sample.ts";
import { composed, inlineOf, sampleDevice } from "../../devices.ts";

const tools = ["ip", "wg", "wireguard-go", "bash", "ping"];
const absent = tools.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
const reason = process.getuid?.() === 0 ? absent.join(", ") : "root";
const title = reason === "" ? "" : ` (SKIPPED: it needs ${reason})`;

const key = new RootKey(new Uint8Array(32).fill(11));
const endpoint = { host: "10.99.7.1", port: 51820 };
const fleet: Fleet = { ...sampleFleet, tunnel: { ...sampleFleet.tunnel, endpoint } };
const store = sampleDevice("store-01");

const folder = mkdtempSync(join(tmpdir(), "flotilla-follow-"));
const stem = `fh${process.pid}`;
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), "utf8");
const inside = (where: "hub" | "device", ...command: readonly string[]) =>
  execFileSync("ip", ["netns", "exec", `${stem}-${where}`, ...command], {
    encoding: "utf8",
    stdio: "pipe",
  });

/** As `flotilla image` writes it. */
function install(device: Device, made: Fleet = fleet): void {
  const edge = composed(device, { fleet: made, secrets: deviceSecrets(made, device, key) });
  const names = {
    script: "/usr/local/bin/follow-hub",
    trusted: "/etc/flotilla/hub/trusted.pem",
    ...(device.connectivity === "gateway" && {
      gateways: "/etc/flotilla/hub/gateways",
      keyfile: "/etc/NetworkManager/system-connections/wg-hub.nmconnection",
    }),
  };
  for (const name of ["gateways", "keyfile", "stamp"]) rmSync(at(name), { force: true });
  for (const [name, path] of Object.entries(names)) {
    writeFileSync(at(name), inlineOf(edge, path), { mode: 0o600 });
  }
}

/** The gateway gets the keys that bootstrap places for a generation of the hub. */
function hubHas(generation: number): void {
  writeFileSync(at("gateway.key"), gatewayPrivateKey({ ...fleet, hub: { generation } }, 1, key));
  inside("hub", "wg", "set", `${stem}h`, "private-key", at("gateway.key"));
}

interface Outcome {
  readonly status: number | null;
  readonly words: string;
}

function follow(...args: readonly string[]): Outcome {
  const { status, stderr } = spawnSync(
    "ip",
    ["netns", "exec", `${stem}-device`, "bash", at("script"), ...args],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${folder}:${process.env["PATH"]}`,
        HUB_TRUSTED: at("trusted"),
        HUB_GATEWAYS: at("gateways"),
        HUB_KEYFILE: at("keyfile"),
        HUB_STAMP: at("stamp"),
        HUB_INTERFACE: `${stem}d`,
      },
    },
  );
  return { status, words: stderr };
}

const quiet: Outcome = { status: 0, words: "" };

/** The generations of the hub that the device's API server accepts. */
const trusted = () =>
  [...read("trusted").matchAll(/^# hub generation (\d+)$/gm)].map(([, n]) => Number(n));
const peerOf = (generation: number) => gatewayPublicKey(fleet, 1, key, generation);
const dials = () => /^\[wireguard-peer\.(.*)\]$/m.exec(read("keyfile"))?.[1];
const reaches = () => {
  const ping = ["ping", "-c", "1", "-W", "3", "100.64.0.1"];
  return spawnSync("ip", ["netns", "exec", `${stem}-device`, ...ping]).status === 0;
};
const peers = () => inside("device", "wg", "show", `${stem}d`, "peers").trim().split("\n");

/** What NetworkManager does when it takes the connection up. */
const nmcli = `#!/bin/bash
set -eu
[ "$*" = "connection up wg-hub" ] || exit 0
interface=${stem}d keyfile=${at("keyfile")}
value() { sed -n "s/^$1=//p" "$keyfile"; }
for peer in $(wg show "$interface" peers); do wg set "$interface" peer "$peer" remove; done
value private-key > ${at("device.key")}
wg set "$interface" private-key ${at("device.key")} \\
  peer "$(sed -n 's/^\\[wireguard-peer\\.\\(.*\\)\\]$/\\1/p' "$keyfile")" endpoint "$(value endpoint)" \\
  allowed-ips "$(value allowed-ips | tr -d ';')" persistent-keepalive 25
`;

describe.skipIf(reason !== "")(`a device follows its hub${title}`, () => {
  beforeAll(() => {
    writeFileSync(at("nmcli"), nmcli, { mode: 0o755 });
    writeFileSync(at("sync"), `#!/bin/sh\nls -A ${folder} >>${at("synced")}\n`, { mode: 0o755 });
    for (const where of ["hub", "device"]) {
      execFileSync("ip", ["netns", "add", `${stem}-${where}`]);
      execFileSync("ip", ["-n", `${stem}-${where}`, "link", "set", "lo", "up"]);
    }
    const cable = ["link", "add", "cable", "type", "veth", "peer", "name", "cable"];
    execFileSync("ip", ["-n", `${stem}-hub`, ...cable, "netns", `${stem}-device`]);
    for (const [where, end, letter, address] of [
      ["hub", "10.99.7.1/24", "h", "100.64.0.1"],
      ["device", "10.99.7.2/24", "d", store.address],
    ] as const) {
      inside(where, "ip", "address", "add", end, "dev", "cable");
      inside(where, "ip", "link", "set", "cable", "up");
      inside(where, "env", "LOG_LEVEL=silent", "wireguard-go", `${stem}${letter}`);
      inside(where, "ip", "address", "add", `${address}/32`, "dev", `${stem}${letter}`);
      inside(where, "ip", "link", "set", `${stem}${letter}`, "up");
      inside(where, "ip", "route", "add", "100.64.0.0/16", "dev", `${stem}${letter}`);
    }
    const device = devicePublicKeys(fleet, key).get("store-01") ?? "";
    const allowed = ["allowed-ips", `${store.address}/32`];
    inside("hub", "wg", "set", `${stem}h`, "listen-port", "51820", "peer", device, ...allowed);
  }, 30_000);

  beforeEach(() => {
    install(store);
    hubHas(1);
    inside("device", at("nmcli"), "connection", "up", "wg-hub");
  });

  afterAll(() => {
    for (const [where, letter] of [
      ["hub", "h"],
      ["device", "d"],
    ]) {
      spawnSync("ip", ["-n", `${stem}-${where}`, "link", "delete", `${stem}${letter}`]);
      spawnSync("ip", ["netns", "delete", `${stem}-${where}`]);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test("as long as the hub has its generation, nothing changes", () => {
    expect(reaches()).toBe(true);
    const files = ["trusted", "gateways", "keyfile"].map(read);
    expect(follow()).toEqual(quiet);
    expect(["trusted", "gateways", "keyfile"].map(read)).toEqual(files);
    expect(peers()).toEqual([peerOf(1)]);
    // It was tried a moment ago, and the gateway is there.
    const started = Date.now();
    expect(follow()).toEqual(quiet);
    expect(Date.now() - started).toBeLessThan(5_000);
  }, 60_000);

  test("when its gateway has the next keys, it dials those, and trusts no older ones", () => {
    expect(reaches()).toBe(true);
    hubHas(2);
    const { status, words } = follow();
    expect(status).toBe(0);
    expect(words).toMatch(/^<5>The hub has generation 2 now/);
    expect(trusted()).toEqual([2, 3, 4]);
    expect(dials()).toBe(peerOf(2));
    expect(peers()).toEqual([peerOf(2)]);
    expect(reaches()).toBe(true);
    expect(follow()).toEqual(quiet);
  }, 60_000);

  // NetworkManager takes every file there as a connection, whatever its name, except hidden ones.
  test("killed before the keyfile is replaced, it leaves no second connection", () => {
    rmSync(at("synced"), { force: true });
    hubHas(2);
    follow();
    const names = read("synced").split("\n");
    expect(names.filter((name) => name.includes("keyfile.new"))).toEqual([".keyfile.new"]);
  }, 60_000);

  test("there is no way back: the keys of the old hub move it nowhere", () => {
    hubHas(2);
    follow();
    hubHas(1);
    expect(follow()).toEqual(quiet);
    expect(trusted()).toEqual([2, 3, 4]);
    expect(dials()).toBe(peerOf(2));
    expect(follow("1")).toMatchObject({ status: 1 });
    expect(trusted()).toEqual([2, 3, 4]);
  }, 60_000);

  test("a device that was away for two generations comes back to the newest", () => {
    hubHas(4);
    expect(follow().status).toBe(0);
    expect(trusted()).toEqual([4]);
    expect(dials()).toBe(peerOf(4));
    expect(reaches()).toBe(true);
  }, 60_000);

  test("a gateway that its image does not know gets nothing", () => {
    hubHas(5);
    expect(follow()).toEqual(quiet);
    expect(trusted()).toEqual([1, 2, 3, 4]);
    expect(peers()).toEqual([peerOf(1)]);
  }, 60_000);

  test.each(["the keyfile", "the tunnel"])(
    "killed before %s, it finishes the next time",
    (what) => {
      hubHas(2);
      writeFileSync(at("trusted"), read("trusted").replace(/# hub generation 1\n[^#]*/, ""));
      if (what === "the tunnel") {
        writeFileSync(at("keyfile"), read("keyfile").replace(peerOf(1), peerOf(2)));
      }
      expect(follow().status).toBe(0);
      expect(trusted()).toEqual([2, 3, 4]);
      expect(dials()).toBe(peerOf(2));
      expect(peers()).toEqual([peerOf(2)]);
      expect(reaches()).toBe(true);
    },
    60_000,
  );

  test("at a device without a tunnel an administrator says which generation it is", () => {
    install({ ...store, connectivity: "direct" });
    expect(follow()).toEqual(quiet);
    expect(trusted()).toEqual([1, 2, 3, 4]);
    expect(follow("2").status).toBe(0);
    expect(trusted()).toEqual([2, 3, 4]);
    expect(follow("2")).toEqual(quiet);
    for (const wrong of ["1", "9", "x"]) expect(follow(wrong).status).toBe(1);
    expect(read("trusted")).toMatch(/^# this device\n-----BEGIN CERTIFICATE-----/);
  }, 60_000);
});
