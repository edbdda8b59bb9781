/**
 * The real Ignition applies a device's configuration: the root file system then has exactly the files,
 * links, units and users of the configuration.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { translateText } from "../../edge/butane/translate.ts";
import { installFiles } from "../../edge/installer/embedded-install.ts";
import { installationOf } from "../../edge/installer/installation.ts";
import { composed, treeOf } from "../edge/devices.ts";
import { sampleFleet } from "../sample.ts";
import { applyIgnition, hasEngine } from "./engine.ts";
import type { Entry, RootFiles } from "./engine.ts";

/**
 * The test provides the files that a device downloads, with their own hashes. It omits the disks, because
 * the engine looks for the encrypted ones.
 */
const fetched = "#!/bin/sh\n";
const fetchedHash = `sha256-${createHash("sha256").update(fetched).digest("hex")}`;

function withoutMachine(ignition: string, hash = fetchedHash): string {
  return JSON.stringify(
    JSON.parse(ignition, (key, value) => {
      if (["disks", "luks", "filesystems"].includes(key)) return undefined;
      if (!String(value?.source).startsWith("https://")) return value;
      return { source: `data:,${encodeURIComponent(fetched)}`, verification: { hash } };
    }),
  );
}

/** The fields of Butane that a device's own configuration has. */
interface DeviceButane {
  /** The operator's snippets, as Ignition. */
  readonly ignition?: { readonly config: { readonly merge: readonly { inline: string }[] } };
  readonly passwd: {
    readonly users: readonly { readonly name: string; readonly ssh_authorized_keys: string[] }[];
  };
  readonly storage: {
    readonly directories: readonly { readonly path: string; readonly mode: number }[];
    readonly files: readonly {
      readonly path: string;
      readonly mode: number;
      readonly contents: { readonly inline?: string };
    }[];
    readonly links: readonly { readonly path: string; readonly target: string }[];
  };
  readonly systemd: {
    readonly units: readonly {
      readonly name: string;
      readonly enabled?: boolean;
      readonly contents?: string;
    }[];
  };
}

const file = (content: string, mode: number, owner = "0:0"): Entry => ({
  kind: "file",
  mode,
  owner,
  content,
});

/** Ignition's own notes, and the accounts, which are checked separately. */
const apart =
  /^\/(etc\/(\.ignition-result\.json|\.pwd\.lock|(passwd|shadow|group|gshadow)-?)|var\/home\/.*)$/;

/** The real path: `/usr/local` is a link. */
const real = (path: string) => path.replace(/^\/usr\/local\//, "/var/usrlocal/");

/** Files and links by path, as the device's Butane has them; no folders. */
function expectedFiles({ ignition, storage, systemd }: DeviceButane): RootFiles {
  const entries = new Map<string, Entry>();
  for (const { inline } of ignition?.config.merge ?? []) {
    for (const { path, contents } of JSON.parse(inline).storage.files) {
      entries.set(path, file(contents.source.replace("data:,", ""), 0o644));
    }
  }
  for (const { path, mode, contents } of storage.files) {
    entries.set(real(path), file(contents.inline ?? fetched, mode));
  }
  for (const { path, target } of storage.links) {
    entries.set(real(path), { kind: "link", mode: 0o777, owner: "0:0", content: target });
  }
  for (const { name, contents } of systemd.units) {
    if (contents !== undefined) entries.set(`/etc/systemd/system/${name}`, file(contents, 0o644));
  }
  const enabled = systemd.units.filter((unit) => unit.enabled).map(({ name }) => name);
  const presets = enabled.toSorted().map((name) => `enable ${name}\n`);
  entries.set("/etc/systemd/system-preset/20-ignition.preset", file(presets.join(""), 0o644));
  return new Map([...entries].toSorted());
}

function butaneOf(deviceButane: string): DeviceButane {
  return parse(deviceButane, { version: "1.1" }) as DeviceButane;
}

/** The numbers of a user and its group, as `/etc/passwd` has them. */
function ownerOf(files: RootFiles, user: string): string {
  const passwd = files.get("/etc/passwd")?.content ?? "";
  const [, , uid, gid] =
    passwd
      .split("\n")
      .find((line) => line.startsWith(`${user}:`))
      ?.split(":") ?? [];
  return `${uid}:${gid}`;
}

const packed = gzipSync("unpacked\n").toString("base64");
const unpackedHash = createHash("sha512").update("unpacked\n").digest("hex");

/** What the fleet's own parts don't use. */
const ownButane = `variant: fcos
version: 1.7.0
passwd:
  groups:
    - name: tills
      gid: 990
  users:
    - name: clerk
      uid: 1500
      gecos: Till clerk
      home_dir: /var/home/till
      shell: /sbin/nologin
      groups: [tills]
      password_hash: $y$j9T$abc
storage:
  directories:
    - path: /var/lib/till
      mode: 02750
      user: { name: clerk }
      group: { name: tills }
  files:
    - path: /var/lib/till/log
      mode: 0640
      user: { id: 1500 }
      group: { id: 990 }
      contents: { inline: "first: 100 %\\n" }
      append:
        - inline: "second\\n"
    - path: /etc/long
      contents: { inline: "${"long ".repeat(100)}" }
    - path: /etc/packed
      contents:
        source: data:;base64,${packed}
        compression: gzip
        verification: { hash: sha512-${unpackedHash} }
  links:
    - path: /etc/soft
      target: ../var/lib/till/log
    - path: /etc/hard
      target: /etc/packed
      hard: true
systemd:
  units:
    - name: zincati.service
      dropins:
        - name: 10-till.conf
          contents: |
            [Unit]
            After=till.service
    - name: docker.service
      mask: true
    - name: till.service
      enabled: true
`;

const rootsFolder: Entry = { kind: "folder", mode: 0o755, owner: "0:0", content: "" };
const ownFiles = {
  "/etc/hard": file("unpacked\n", 0o644),
  "/etc/long": file("long ".repeat(100), 0o644),
  "/etc/packed": file("unpacked\n", 0o644),
  "/etc/soft": { kind: "link", mode: 0o777, owner: "0:0", content: "../var/lib/till/log" },
  "/etc/systemd": rootsFolder,
  "/etc/systemd/system": rootsFolder,
  "/etc/systemd/system/docker.service": {
    kind: "link",
    mode: 0o777,
    owner: "0:0",
    content: "/dev/null",
  },
  "/etc/systemd/system/zincati.service.d": rootsFolder,
  "/etc/systemd/system/zincati.service.d/10-till.conf": file("[Unit]\nAfter=till.service\n", 0o644),
  "/etc/systemd/system-preset": rootsFolder,
  "/etc/systemd/system-preset/20-ignition.preset": file("enable till.service\n", 0o644),
  "/var/lib/till": { kind: "folder", mode: 0o2750, owner: "1500:990", content: "" },
  "/var/lib/till/log": file("first: 100 %\nsecond\n", 0o640, "1500:990"),
};

const title = "the real Ignition 2.27.0 (needs the engine, root and mount namespaces)";
describe.skipIf(!hasEngine)(title, () => {
  const devices = sampleFleet.devices.map((device) => ({
    name: device.name,
    tree: treeOf(device),
  }));

  test.each(devices)("$name has what the fleet says, and nothing else", ({ name, tree }) => {
    const { succeeded, log, files } = applyIgnition(withoutMachine(tree.get("device.ign") ?? ""));
    expect(succeeded, log).toBe(true);
    const butane = butaneOf(tree.get("device.bu") ?? "");
    const found = [...files].filter(([path, { kind }]) => kind !== "folder" && !apart.test(path));
    expect(new Map(found.toSorted())).toEqual(expectedFiles(butane));

    expect(files.get("/etc/hostname")).toEqual(file(`${name}\n`, 0o644));
    const owner = ownerOf(files, "core");
    const keys = sampleFleet.sshKeys.map((key) => `${key}\n`).join("");
    const folder = "/var/home/core/.ssh";
    expect(files.get(`${folder}/authorized_keys.d/ignition`)).toEqual(file(keys, 0o600, owner));
    expect(files.get(folder)).toEqual({ kind: "folder", mode: 0o700, owner, content: "" });
  });

  test.each(devices)(
    "$name: folders belong to root, and others may enter all except K3s'",
    ({ tree }) => {
      const { directories } = butaneOf(tree.get("device.bu") ?? "").storage;
      const closed = directories.map(({ path, mode }) => [path, mode] as const);
      expect(new Map(closed).get("/var/lib/rancher/k3s/server/tls")).toBe(0o700);
      const { files } = applyIgnition(withoutMachine(tree.get("device.ign") ?? ""));
      const made = [...files].filter(([path, { kind }]) => kind === "folder" && !apart.test(path));
      expect(made.map(([path]) => path)).toContain("/etc/rancher/k3s");
      for (const [path, { mode, owner }] of made) {
        expect([path, mode, owner]).toEqual([path, new Map(closed).get(path) ?? 0o755, "0:0"]);
      }
    },
  );

  test.each(devices)("$name is the same after a power cut in its first boot", ({ tree }) => {
    const ignition = withoutMachine(tree.get("device.ign") ?? "");
    const once = applyIgnition(ignition);
    const twice = applyIgnition(ignition, 2);
    expect(twice.succeeded, twice.log).toBe(true);
    // The engine lists its units again, which systemd accepts, and writes when it ran.
    const settled = ({ files }: typeof once) =>
      [...files]
        .filter(([path]) => !/20-ignition\.preset$|\.ignition-result\.json$/.test(path))
        .toSorted();
    expect(settled(twice)).toEqual(settled(once));
  });

  test("a binary that differs from the pinned one is refused, and not left behind", () => {
    const ignition = devices[0]?.tree.get("device.ign") ?? "";
    const { succeeded, log, files } = applyIgnition(
      withoutMachine(ignition, `sha256-${"0".repeat(64)}`),
    );
    expect(succeeded).toBe(false);
    expect(log).toMatch(/hash verification failed/);
    expect(files.has("/var/usrlocal/bin/k3s")).toBe(false);
  });

  test.each([
    ["installer.d", "/etc/coreos/dest.ign"],
    ["nested", "/etc/flotilla/device.ign"],
  ] as const)("the live system (%s) gets the device's configuration whole", (method, path) => {
    for (const device of sampleFleet.devices) {
      const installation = installationOf(composed(device));
      const live = [...installFiles(installation, method).values()].join("");
      const { succeeded, log, files } = applyIgnition(live);
      expect(succeeded, log).toBe(true);
      expect(files.get(path)).toEqual(file(installation.ignition, 0o600));
    }
  });

  test("an operator's own Butane is applied", () => {
    const { ignition, report } = translateText(ownButane);
    expect(report).toEqual([]);
    const { succeeded, log, files } = applyIgnition(ignition ?? "");
    expect(succeeded, log).toBe(true);
    const passwd = files.get("/etc/passwd")?.content ?? "";
    expect(passwd).toMatch(/^clerk:x:1500:\d+:Till clerk:\/var\/home\/till:\/sbin\/nologin$/m);
    expect(files.get("/etc/shadow")?.content).toMatch(/^clerk:\$y\$j9T\$abc:/m);
    expect(files.get("/etc/group")?.content).toMatch(/^tills:x:990:clerk$/m);
    const entries = [...files].filter(([path]) => !apart.test(path));
    expect(Object.fromEntries(entries)).toEqual(ownFiles);
  });
});
