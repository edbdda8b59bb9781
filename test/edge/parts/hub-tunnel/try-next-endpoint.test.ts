/**
 * A device whose gateway has several endpoints: the script of its image with its real files, real WireGuard
 * (wireguard-go) in network namespaces, and a stand-in for nmcli that does what NetworkManager does with
 * the keyfile.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deviceSecrets } from "../../../../fleet/keys/secrets.ts";
import { RootKey } from "../../../../fleet/keys/root-key.ts";
import { devicePublicKeys, gatewayPrivateKey } from "../../../../fleet/keys/wireguard.ts";
import { sampleFleet } from "../../../sample.ts";
import { composed, inlineOf, sampleDevice } from "../../devices.ts";

const tools = ["ip", "wg", "wireguard-go", "bash", "ping"];
const absent = tools.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
const reason = process.getuid?.() === 0 ? absent.join(", ") : "root";
const title = reason === "" ? "" : ` (SKIPPED: it needs ${reason})`;

const key = new RootKey(new Uint8Array(32).fill(12));
/** The first one is nobody's. */
const hosts = ["10.99.8.9", "10.99.8.1", "2001:db8:7::1"];
const [dead, first, second] = ["10.99.8.9:443", "10.99.8.1:443", "[2001:db8:7::1]:443"];
const store = { ...sampleDevice("store-01"), machine: { gateway: { port: 443, hosts } } };
const edge = composed(store, { secrets: deviceSecrets(sampleFleet, store, key) });

const folder = mkdtempSync(join(tmpdir(), "flotilla-endpoint-"));
const stem = `fe${process.pid}`;
const at = (name: string) => join(folder, name);
const inside = (where: "hub" | "device", ...command: readonly string[]) =>
  execFileSync("ip", ["netns", "exec", `${stem}-${where}`, ...command], {
    encoding: "utf8",
    stdio: "pipe",
  });

const endpoint = () => /^endpoint=(.*)$/m.exec(readFileSync(at("keyfile"), "utf8"))?.[1];
const dialled = () => inside("device", "wg", "show", `${stem}d`, "endpoints").trim().split("\t")[1];
const calls = () => (existsSync(at("calls")) ? readFileSync(at("calls"), "utf8").split("\n") : []);

/** One run of the script; what it says. */
function tryNext(variables: Readonly<Record<string, string>> = {}): string {
  rmSync(at("calls"), { force: true });
  const { status, stderr } = spawnSync(
    "ip",
    ["netns", "exec", `${stem}-device`, "bash", at("script")],
    {
      encoding: "utf8",
      env: {
        PATH: `${folder}:${process.env["PATH"]}`,
        HUB_ENDPOINTS: at("endpoints"),
        HUB_KEYFILE: at("keyfile"),
        HUB_ATTEMPTS: at("attempts"),
        HUB_INTERFACE: `${stem}d`,
        ...variables,
      },
    },
  );
  expect(status, stderr).toBe(0);
  return stderr;
}

const reaches = () =>
  spawnSync("ip", ["netns", "exec", `${stem}-device`, "ping", "-c1", "-W4", "100.64.0.1"])
    .status === 0;
const pause = (seconds: number) => spawnSync("sleep", [String(seconds)]);

/** What NetworkManager does when it takes the connection up. */
const nmcli = `#!/bin/bash
set -eu
echo "$*" >>${at("calls")}
[ "$*" = "connection up wg-hub" ] || exit 0
interface=${stem}d keyfile=${at("keyfile")}
value() { sed -n "s/^$1=//p" "$keyfile"; }
for peer in $(wg show "$interface" peers); do wg set "$interface" peer "$peer" remove; done
value private-key > ${at("device.key")}
wg set "$interface" private-key ${at("device.key")} \\
  peer "$(sed -n 's/^\\[wireguard-peer\\.\\(.*\\)\\]$/\\1/p' "$keyfile")" endpoint "$(value endpoint)" \\
  allowed-ips "$(value allowed-ips | tr -d ';')" persistent-keepalive 25
`;
const systemctl = (state: string) =>
  writeFileSync(at("systemctl"), `#!/bin/sh\necho ${state}\n`, { mode: 0o755 });

describe.skipIf(reason !== "")(`several endpoints of one gateway${title}`, () => {
  beforeAll(() => {
    writeFileSync(at("nmcli"), nmcli, { mode: 0o755 });
    writeFileSync(at("sync"), `#!/bin/sh\nls -A ${folder} >>${at("synced")}\n`, { mode: 0o755 });
    writeFileSync(at("script"), inlineOf(edge, "/usr/local/bin/try-next-endpoint"));
    for (const where of ["hub", "device"]) {
      execFileSync("ip", ["netns", "add", `${stem}-${where}`]);
      execFileSync("ip", ["-n", `${stem}-${where}`, "link", "set", "lo", "up"]);
    }
    const cable = ["link", "add", "cable", "type", "veth", "peer", "name", "cable"];
    execFileSync("ip", ["-n", `${stem}-hub`, ...cable, "netns", `${stem}-device`]);
    for (const [where, end, letter, address] of [
      ["hub", "1", "h", "100.64.0.1"],
      ["device", "2", "d", store.address],
    ] as const) {
      inside(where, "ip", "address", "add", `10.99.8.${end}/24`, "dev", "cable");
      inside(where, "ip", "address", "add", `2001:db8:7::${end}/64`, "dev", "cable", "nodad");
      inside(where, "ip", "link", "set", "cable", "up");
      inside(where, "env", "LOG_LEVEL=silent", "wireguard-go", `${stem}${letter}`);
      inside(where, "ip", "address", "add", `${address}/32`, "dev", `${stem}${letter}`);
      inside(where, "ip", "link", "set", `${stem}${letter}`, "up");
      inside(where, "ip", "route", "add", "100.64.0.0/16", "dev", `${stem}${letter}`);
    }
    writeFileSync(at("gateway.key"), gatewayPrivateKey(sampleFleet, 1, key));
    const device = devicePublicKeys(sampleFleet, key).get("store-01") ?? "";
    inside(
      "hub",
      "wg",
      "set",
      `${stem}h`,
      "private-key",
      at("gateway.key"),
      "listen-port",
      "443",
      "peer",
      device,
      "allowed-ips",
      `${store.address}/32`,
    );
  }, 30_000);

  beforeEach(() => {
    const keyfile = "/etc/NetworkManager/system-connections/wg-hub.nmconnection";
    writeFileSync(at("keyfile"), inlineOf(edge, keyfile), { mode: 0o600 });
    writeFileSync(at("endpoints"), inlineOf(edge, "/etc/flotilla/hub/endpoints"));
    rmSync(at("attempts"), { force: true });
    systemctl("inactive");
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

  test("the first does not answer, the second does, on the port of the site", () => {
    expect(dialled()).toBe(dead);
    expect(tryNext()).toBe(`<5>No answer from ${dead}: dialling ${first}.\n`);
    expect(calls()).toEqual([`connection load ${at("keyfile")}`, "connection up wg-hub", ""]);
    expect(reaches()).toBe(true);
    expect(dialled()).toBe(first);
    // The keyfile has it, for the next start.
    expect(endpoint()).toBe(first);
    expect(execFileSync("stat", ["-c", "%a", at("keyfile")], { encoding: "utf8" })).toBe("600\n");
  }, 30_000);

  // NetworkManager takes every file there as a connection, whatever its name, except hidden ones.
  test("killed before the keyfile is replaced, it leaves no second connection", () => {
    rmSync(at("synced"), { force: true });
    tryNext();
    const names = readFileSync(at("synced"), "utf8").split("\n");
    expect(names.filter((name) => name.includes("keyfile"))).toEqual([".keyfile.new", "keyfile"]);
  });

  test("while the handshake is fresh, nothing happens", () => {
    tryNext();
    expect(reaches()).toBe(true);
    expect(tryNext()).toBe("");
    expect(calls()).toEqual([]);
    expect(existsSync(at("attempts"))).toBe(false);
    expect(endpoint()).toBe(first);
  }, 30_000);

  test("when it becomes silent, the device goes on by IPv6, and then from the start", () => {
    tryNext();
    expect(reaches()).toBe(true);
    pause(2);
    tryNext({ HUB_FRESH_SECONDS: "0" });
    expect(endpoint()).toBe(second);
    expect(reaches()).toBe(true);
    expect(dialled()).toBe(second);
    pause(2);
    tryNext({ HUB_FRESH_SECONDS: "0" });
    expect(endpoint()).toBe(dead);
  }, 30_000);

  test("after two rounds without a network it changes every minute, and says nothing", () => {
    inside("device", "ip", "link", "set", "cable", "down");
    try {
      const tried = Array.from({ length: 6 }, () => {
        expect(tryNext()).toContain("No answer");
        return endpoint();
      });
      expect(tried).toEqual([first, second, dead, first, second, dead]);
      expect(tryNext()).toBe("");
      expect(endpoint()).toBe(dead);
      const longAgo = Date.now() / 1000 - 100;
      utimesSync(at("attempts"), longAgo, longAgo);
      expect(tryNext()).toBe("");
      expect(endpoint()).toBe(first);
    } finally {
      inside("device", "ip", "link", "set", "cable", "up");
      inside("device", "ip", "address", "replace", "2001:db8:7::2/64", "dev", "cable", "nodad");
    }
  }, 30_000);

  test("it waits for follow-hub, which works on the same interface", () => {
    systemctl("activating");
    expect(tryNext()).toBe("");
    expect(endpoint()).toBe(dead);
  });

  test("it waits for NetworkManager", () => {
    expect(tryNext({ HUB_INTERFACE: "absent" })).toBe("");
    expect(endpoint()).toBe(dead);
  });

  test("an endpoint that is not in the list any more is followed by the first", () => {
    writeFileSync(at("endpoints"), `${first}\n${second}\n`);
    tryNext();
    expect(endpoint()).toBe(first);
  });
});
