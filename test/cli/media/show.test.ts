/** `flotilla show`: complete, aligned, and without secrets. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { secretMask } from "../../../cli/terminal/mask.ts";
import { formatShown } from "../../../cli/media/show-text.ts";
import type { ShownDevice } from "../../../cli/media/show.ts";
import { contentsOfLayers, layersOf, textsOf } from "../../../cli/media/show-ignition.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { gunzip } from "../../../edge/formats/gzip.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { deviceSecrets } from "../../../fleet/keys/secrets.ts";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import type { DeviceSecrets } from "../../../fleet/model/secrets.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla, type Run } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";
import { parseRootKey } from "../../../fleet/keys/root-key.ts";

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");

/** A folder with a first fleet that has an SSH key for logins. */
async function fleetFolder(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  expect(text).toContain("sshKeys: []");
  writeFileSync(
    file,
    text.replace(
      "sshKeys: []",
      "sshKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f till@cafe]",
    ),
  );
  return folder;
}

function secretsOf(folder: string, name: string): DeviceSecrets {
  const key = parseRootKey(readFileSync(join(folder, "fleet.key"), "utf8"));
  const { fleet } = loadFleet(join(folder, "fleet.yaml"));
  const device = fleet.devices.find((each) => each.name === name);
  if (!key || !device) throw new Error("no key or no device");
  return deviceSecrets(fleet, device, key);
}

describe("show", () => {
  test("a device, as text for people", async () => {
    const folder = await fleetFolder();
    const run = await flotilla(folder, ["show", "cafe-01"]);
    expect(run).toMatchObject({ code: 0, err: "" });
    // Versions and sizes change with the lock and the parts.
    const { versions } = JSON.parse(
      (await flotilla(folder, ["show", "cafe-01", "--json"])).out,
    ) as ShownDevice;
    const text = run.out.replaceAll(versions.coreos, "<release>").replaceAll(versions.k3s, "<k3s>");
    const start = text.slice(0, text.indexOf("  embed area"));
    expect(start).toBe(`cafe-01 of fleet corner-cafe

  generation    1
  site          harbour-street: The first café
  ring          canary
  labels        role=till
  profile       mini-pc, x86_64
  disk          /dev/sda: everything on it is ERASED by the installation
  encryption    none
  address       100.64.0.2 in the tunnel to gateway.edge.cornercafe.example:51820
  server name   cafe-01.corner-cafe.internal
  Fedora CoreOS <release> (stable)
  K3s           <k3s>
  time zone     Europe/Dublin
  updates       Mon, Tue from 03:00 to 05:00, the site's time
  kernel        coreos.force_persist_ip
  users         core (1 SSH key)
`);
    expect(text).toMatch(
      / {2}embed area {4}[\d.]+ KiB of 256 KiB used \(\d+ %\), [\d.]+ KiB left\n/,
    );
    expect(text).toContain("  image         dist/edge/cafe-01/cafe-01.iso (does not exist yet)\n");
    expect(text).toMatch(/\n {2}mode +size +from +path\n/);
    expect(text).toMatch(/\n {2}0600 +\d+ B +k3s +\/etc\/rancher\/k3s\/config\.yaml\n/);
    expect(text).toMatch(/\n {2}0755 +fetched +k3s +\/usr\/local\/bin\/k3s\n/);
    expect(text).toMatch(/\n {8} link +time-zone +\/etc\/localtime -> \S+\/Europe\/Dublin\n/);
    expect(text).toMatch(/\n {2}enabled +k3s +k3s\.service\n/);
    for (const line of run.out.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(existsSync(join(folder, "dist"))).toBe(false);
    expect(existsSync(join(folder, "fleet.lock.yaml"))).toBe(false);
  });

  test("--json has it all, each file with its mode, size and origin", async () => {
    const folder = await fleetFolder();
    const shown = JSON.parse(
      (await flotilla(folder, ["show", "cafe-01", "--json"])).out,
    ) as ShownDevice;
    expect(shown).toMatchObject({
      name: "cafe-01",
      fleet: "corner-cafe",
      generation: 1,
      site: { name: "harbour-street", description: "The first café", network: null },
      ring: "canary",
      architecture: "x86_64",
      disk: "/dev/sda",
      timeZone: "Europe/Dublin",
      maintenance: { days: ["Mon", "Tue"], start: "03:00", lengthMinutes: 120 },
      image: { path: "dist/edge/cafe-01/cafe-01.iso", exists: false },
      folder: "dist/edge/cafe-01",
    });
    const { usedBytes, areaBytes, leftBytes } = shown.budget;
    expect([areaBytes, usedBytes + leftBytes]).toEqual([262_144, 262_144]);
    expect(usedBytes).toBeGreaterThan(1_000);
    const file = shown.files.find(({ path }) => path === "/etc/hostname");
    expect(file).toEqual({
      path: "/etc/hostname",
      kind: "file",
      mode: "0644",
      sizeBytes: "cafe-01\n".length,
      from: null,
      origin: "hostname",
    });
    // Everything on a device has a known origin.
    expect([...shown.files, ...shown.units].filter(({ origin }) => origin === "flotilla")).toEqual(
      [],
    );
  });

  test.skipIf(!skeleton)(
    "the budget is the image's own (skipped if ../shared is absent)",
    async () => {
      const folder = await fleetFolder();
      writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(skeleton ?? "")));
      await flotilla(folder, ["image", "cafe-01", "--allow-release", "--base", "base.iso"]);
      const { budget, image } = JSON.parse(
        (await flotilla(folder, ["show", "cafe-01", "--json"])).out,
      ) as ShownDevice;
      expect(image.exists).toBe(true);
      const bytes = readFileSync(join(folder, image.path));
      const { offset, length } = openImage("", memorySource(bytes)).ignitionArea;
      const area = bytes.subarray(offset, offset + length);
      expect([budget.areaBytes, budget.usedBytes]).toEqual([
        length,
        gunzip(area, 32 * 1_048_576).consumedBytes,
      ]);
    },
  );

  test("K3s has the version of the device's ring, and of its image if they differ", async () => {
    const folder = await fleetFolder();
    const file = join(folder, "fleet.yaml");
    const before = loadFleet(file);
    const k3s = "k3s: { versions: { canary: v1.36.5+k3s1, stable: v1.36.4+k3s1 } }\naccess:";
    writeFileSync(file, readFileSync(file, "utf8").replace("access:", k3s));
    const hashes = { x86_64: "1".repeat(64), aarch64: "2".repeat(64) };
    const upgrades = JSON.stringify({ "v1.36.5+k3s1": { binary: hashes } });
    const lock = before.lockText.replace("  k3s:\n", `  k3s:\n    upgrades: ${upgrades}\n`);
    writeFileSync(before.files.lockFile, lock);
    const one = await flotilla(folder, ["show", "cafe-01", "--json"]);
    expect(JSON.parse(one.out).versions).toMatchObject({
      k3s: "v1.36.5+k3s1",
      k3sOfImage: "v1.36.4+k3s1",
    });
    const text = await flotilla(folder, ["show", "cafe-01"]);
    expect(text.out.replaceAll(/\s+/g, " ")).toContain(
      "K3s v1.36.5+k3s1 by its ring canary; the image installs v1.36.4+k3s1, and the device upgrades",
    );
    const other = await flotilla(folder, ["show", "cafe-02"]);
    expect(other.out).toMatch(/\n {2}K3s +v1\.36\.4\+k3s1\n/);
  });

  test("no secret is in it, in any form", async () => {
    const folder = await fleetFolder();
    const { wireguardPrivateKey, k3sToken, authorities } = secretsOf(folder, "cafe-01");
    const keys = [...authorities].filter(([name]) => name.endsWith(".key"));
    expect(keys.length).toBe(6);
    const files = [
      "/etc/rancher/k3s/config.yaml",
      "/etc/NetworkManager/system-connections/wg-hub.nmconnection",
      ...keys.map(([name]) => `/var/lib/rancher/k3s/server/tls/${name}`),
    ];
    const lines = keys.flatMap(([, text]) => text.split("\n").filter((line) => /^\w/.test(line)));
    const runs: Run[] = [];
    for (const args of [[], ["--json"], ...files.map((file) => ["--file", file])]) {
      runs.push(await flotilla(folder, ["show", "cafe-01", ...args]));
    }
    for (const { code, out, err } of runs) {
      expect(code).toBe(0);
      const whole = [wireguardPrivateKey, k3sToken, encodeURIComponent(k3sToken)];
      for (const secret of [...whole, ...lines]) {
        expect(out + err).not.toContain(secret);
      }
    }
    expect(runs[2]?.out).toMatch(/^token: "?<secret>"?$/m);
    expect(runs[3]?.out).toContain("private-key=<secret>\n");
    for (const { out } of runs.slice(4)) {
      expect(out).toMatch(
        /^-----BEGIN EC PRIVATE KEY-----\n(<secret>\n){3}-----END EC PRIVATE KEY-----\n$/,
      );
    }
  });

  test("--file prints files and units, and says what it can't", async () => {
    const folder = await fleetFolder();
    const file = async (path: string) => {
      const { code, out, err } = await flotilla(folder, ["show", "cafe-01", "--file", path]);
      return code === 0 ? out : err;
    };
    expect(await file("/etc/hostname")).toBe("cafe-01\n");
    expect(await file("k3s.service")).toContain("Description=Lightweight Kubernetes\n");
    expect(await file("/usr/local/bin/k3s")).toMatch(
      /^\/usr\/local\/bin\/k3s: the device fetches it at its first boot, from https:\S+\nflotilla: 1 mistake\n$/,
    );
    expect(await file("/etc/hostnme")).toBe(
      "/etc/hostnme: cafe-01 has no such file or unit. Did you mean /etc/hostname?\n" +
        "flotilla: 1 mistake\n",
    );
    expect(await file("what")).toContain("List them with: flotilla show cafe-01\n");
  });

  test("an area that is too small is reported, and long values fit in 100 columns", async () => {
    const folder = await fleetFolder();
    const shown = JSON.parse(
      (await flotilla(folder, ["show", "cafe-01", "--json"])).out,
    ) as ShownDevice;
    const text = formatShown({
      ...shown,
      kernelArguments: Array.from({ length: 30 }, (_, index) => `argument-${index}=value`),
      labels: { wide: "x".repeat(200) },
      files: shown.files.map((file) => ({ ...file, path: `${file.path}/${"long/".repeat(30)}` })),
      budget: { ...shown.budget, usedBytes: 262_144 + 2_048, leftBytes: -2_048 },
    });
    expect(text).toContain("(101 %), 2.00 KiB TOO LARGE");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(text).toContain("argument-29=value");
  });
});

describe("an Ignition that merges others", () => {
  const operators = {
    ignition: { version: "3.4.0" },
    kernelArguments: { shouldExist: ["quiet"] },
    passwd: {
      users: [
        { name: "core", sshAuthorizedKeys: ["a", "b"] },
        { name: "visitor", sshAuthorizedKeys: [] },
      ],
    },
    storage: {
      disks: [{ device: "/dev/sdb", wipeTable: true }],
      raid: [{ name: "data", level: "raid1" }],
      luks: [{ name: "data", device: "/dev/md/data" }],
      filesystems: [{ device: "/dev/mapper/data", format: "xfs", path: "/var/data" }],
      files: [
        { path: "/etc/visitor.conf", mode: 0o640, contents: { source: "data:,welcome%0A" } },
        { path: "/etc/motd", append: [{ source: "data:,a" }, { source: "data:;base64,Yg==" }] },
        { path: "/opt/picture", contents: { source: "data:;base64,/////w==" } },
      ],
      directories: [{ path: "/var/lib/visitor", mode: 0o750 }],
      links: [{ path: "/opt/a", target: "/opt/b" }],
    },
    systemd: {
      units: [
        { name: "k3s.service", dropins: [{ name: "10.conf", contents: "[Unit]\n" }] },
        { name: "rpcbind.service", enabled: false },
      ],
    },
  };
  const source = `data:;base64,${Buffer.from(JSON.stringify(operators)).toString("base64")}`;
  const ours = {
    ignition: { version: "3.4.0", config: { merge: [{ source }] } },
    passwd: { users: [{ name: "core", sshAuthorizedKeys: ["a"] }] },
    systemd: { units: [{ name: "k3s.service", enabled: true, contents: "[Service]\n" }] },
  };
  const owners = new Map([["k3s.service", "k3s"]]);
  const layers = layersOf(Buffer.from(JSON.stringify(ours)), owners, ["fleet.yaml:47"]);
  const origin = "fleet.yaml:47";

  test("is shown completely, each thing with its origin", () => {
    expect(contentsOfLayers(layers)).toEqual({
      kernelArguments: ["quiet"],
      users: [
        { name: "core", sshKeys: 2 },
        { name: "visitor", sshKeys: 0 },
      ],
      files: [
        { path: "/etc/motd", kind: "file", mode: null, sizeBytes: 2, from: null, origin },
        { path: "/etc/visitor.conf", kind: "file", mode: "0640", sizeBytes: 8, from: null, origin },
        { path: "/opt/a", kind: "link", mode: null, sizeBytes: null, from: "/opt/b", origin },
        { path: "/opt/picture", kind: "file", mode: null, sizeBytes: 4, from: null, origin },
        {
          path: "/var/lib/visitor",
          kind: "directory",
          mode: "0750",
          sizeBytes: null,
          from: null,
          origin,
        },
      ],
      units: [
        { name: "k3s.service", enabled: true, dropins: [], origin: "k3s" },
        { name: "k3s.service", enabled: null, dropins: ["10.conf"], origin },
        { name: "rpcbind.service", enabled: false, dropins: [], origin },
      ],
      storage: [
        "disk /dev/sdb, its partition table ERASED",
        "RAID data, raid1",
        "encryption of data on /dev/md/data",
        "file system xfs on /dev/mapper/data at /var/data",
      ],
    });
  });

  test("returns the texts of all, and reports what is not text", () => {
    const texts = textsOf(layers);
    expect(texts.get("/etc/visitor.conf")?.()).toBe("welcome\n");
    expect(texts.get("/etc/motd")?.()).toBe("ab");
    expect(texts.get("k3s.service")?.()).toBe("[Service]\n");
    expect(texts.get("k3s.service.d/10.conf")?.()).toBe("[Unit]\n");
    expect(texts.get("/opt/picture")).toThrow("/opt/picture: it is not text; it has 4 bytes");
  });
});

describe("secretMask", () => {
  const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => {
    return Buffer.from(bytes).toString("base64");
  });

  test("finds a secret inside a text that is base64, percent-encoded or hexadecimal", () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const mask = secretMask({ nested: [{ value }] });
        const text = `${before}${value}${after}`;
        const encodings = [
          text,
          encodeURIComponent(value),
          Buffer.from(text).toString("base64"),
          Buffer.from(text).toString("base64url"),
          Buffer.from(text).toString("hex"),
          Buffer.from(value, "base64").toString("hex"),
        ];
        for (const encoded of encodings) expect(mask(encoded)).toContain("<secret>");
        const decoded = Buffer.from(mask(Buffer.from(text).toString("base64")), "base64");
        expect(decoded.toString("latin1")).not.toContain(value);
      }),
      { numRuns: 300 },
    );
  });

  test("does not change anything else", () => {
    const mask = secretMask({ key: Buffer.alloc(32, 7).toString("base64"), empty: "" });
    fc.assert(fc.property(fc.string(), (text) => mask(text) === text));
  });
});
