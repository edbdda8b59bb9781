import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RootKey, formatRootKey } from "../../../fleet/keys/root-key.ts";
import { loadFleet, loadRootKey, saveLock } from "../../../fleet/resolve/load.ts";

const example = join(import.meta.dirname, "..", "..", "..", "fleet.yaml");
const workloads = ["point-of-sale", "telemetry"];
const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "flotilla-load-"));
  file = join(directory, "fleet.yaml");
  cpSync(example, file);
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("the example fleet", () => {
  test("is believable", () => {
    const { fleet } = loadFleet(file, { workloads });
    expect(fleet.devices).toHaveLength(39);
    expect(new Set(fleet.devices.map(({ profile }) => profile.name)).size).toBe(3);
    expect(new Set(fleet.devices.map(({ ring }) => ring))).toEqual(new Set(fleet.rings));
    expect(fleet.devices.find(({ name }) => name === "store-0019")).toMatchObject({
      generation: 2,
      ring: "stable",
      labels: { role: "till", region: "gulf-coast" },
      connectivity: "gateway",
      serverName: "store-0019.g2.harbor-pine.internal",
    });
    expect(fleet.devices.find(({ name }) => name === "packer-1")).toMatchObject({
      connectivity: "direct",
      address: "203.0.113.20",
      disk: "/dev/nvme0n1",
    });
  });

  test("is the same without the lock's help and with it", () => {
    const first = loadFleet(file, { workloads });
    expect(first.lockChanged).toBe(true);
    saveLock(first);
    const second = loadFleet(file, { workloads });
    expect(second.lockChanged).toBe(false);
    expect(second.fleet).toEqual(first.fleet);
    const { mtimeNs } = statSync(second.files.lockFile, { bigint: true });
    saveLock(second);
    expect(statSync(second.files.lockFile, { bigint: true }).mtimeNs).toBe(mtimeNs);
  });
});

test("a removed device's address is kept, unless the lock is pruned", () => {
  saveLock(loadFleet(file, { workloads }));
  writeFileSync(file, readFileSync(file, "utf8").replace("kiosk-{01..08}", "kiosk-{01..07}"));
  const kept = loadFleet(file, { workloads });
  expect(kept.lockText).toContain("  retired:\n    kiosk-08: 100.64.0.33\n");
  expect(loadFleet(file, { workloads, pruneLock: true }).lockText).toContain("  retired: {}\n");
});

test("a file that is not there says how to make one", () => {
  const missing = join(directory, "shops.yaml");
  expect(() => loadFleet(missing, { workloads })).toThrow(
    `${missing}: file not found. Create one with: flotilla init. Or name another file: --fleet FILE`,
  );
});

describe("the root key", () => {
  const keyFile = () => join(directory, "fleet.key");

  test("comes from its file, or first from the environment", () => {
    writeFileSync(keyFile(), formatRootKey(bytes), { mode: 0o600 });
    const fromFile = loadRootKey({ rootKeyFile: join(directory, "fleet.key") }, {});
    expect(fromFile.derive(["x"])).toEqual(new RootKey(bytes).derive(["x"]));
    const other = formatRootKey(bytes.map((byte) => byte ^ 255));
    expect(
      loadRootKey({ rootKeyFile: join(directory, "fleet.key") }, { FLOTILLA_KEY: other }).derive([
        "x",
      ]),
    ).not.toEqual(fromFile.derive(["x"]));
  });

  test("where there is none, says how to make one", () => {
    expect(() => loadRootKey({ rootKeyFile: join(directory, "fleet.key") }, {})).toThrow(
      `${keyFile()}: the root key is missing. Create one with: flotilla keygen. Or copy the fleet's key to this file or to $FLOTILLA_KEY.`,
    );
  });

  test.each([0o640, 0o604, 0o660])("that others may read is refused (mode %o)", (mode) => {
    writeFileSync(keyFile(), formatRootKey(bytes));
    chmodSync(keyFile(), mode);
    expect(() => loadRootKey({ rootKeyFile: join(directory, "fleet.key") }, {})).toThrow(
      `${keyFile()}: other users can read this key (mode 0${mode.toString(8)}). Run: chmod 600 ${keyFile()}`,
    );
  });

  test("that is damaged is refused without a word of it", () => {
    writeFileSync(keyFile(), formatRootKey(bytes).slice(0, -4), { mode: 0o600 });
    const attempt = () => loadRootKey({ rootKeyFile: join(directory, "fleet.key") }, {});
    expect(attempt).toThrow(
      `${keyFile()}: this is not a root key: expected the one line that flotilla keygen wrote. Restore it from your copy.`,
    );
    expect(attempt).not.toThrow("AAEC");
    expect(() =>
      loadRootKey({ rootKeyFile: join(directory, "fleet.key") }, { FLOTILLA_KEY: "x" }),
    ).toThrow("$FLOTILLA_KEY: this is not");
  });

  test("is not in an empty variable, which CI sets where it does not have the secret", () => {
    const rootKeyFile = keyFile();
    expect(() => loadRootKey({ rootKeyFile }, { FLOTILLA_KEY: "" })).toThrow(
      "the root key is missing",
    );
    writeFileSync(rootKeyFile, formatRootKey(bytes), { mode: 0o600 });
    const read = loadRootKey({ rootKeyFile }, { FLOTILLA_KEY: "" });
    expect(read.derive(["x"])).toEqual(new RootKey(bytes).derive(["x"]));
  });

  test("is asked for by its fingerprint where devices were made with it", () => {
    expect(() => loadRootKey({ rootKeyFile: keyFile() }, {}, "89085def7586bd7b")).toThrow(
      "the root key is missing. This fleet's devices were made with the root key 89085def7586bd7b: copy it to this file or to $FLOTILLA_KEY.",
    );
  });

  test("of another fleet is refused before anything is made with it", () => {
    saveLock(loadFleet(file, { workloads, key: new RootKey(bytes) }));
    const other = new RootKey(bytes.map((byte) => byte ^ 1));
    expect(() => loadFleet(file, { workloads, key: other })).toThrow(
      /fleet\.lock\.yaml: keyId: this fleet's devices were made with the root key [0-9a-f]{16}, and your root key is [0-9a-f]{16}\. Restore the right key/,
    );
    expect(loadFleet(file, { workloads }).lockChanged).toBe(false);
  });
});
