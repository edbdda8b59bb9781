import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import { EdgeApp } from "../../edge/app.ts";
import { EdgeDevice } from "../../edge/device.ts";
import { installFiles } from "../../edge/installer/embedded-install.ts";
import { installationOf } from "../../edge/installer/installation.ts";
import { embedAreaBytes, embedBudget } from "../../edge/iso/budget.ts";
import { Hostname } from "../../edge/parts/hostname.ts";
import { claimFiles } from "../../fleet/files/output-folder.ts";
import { deviceSecrets } from "../../fleet/keys/secrets.ts";
import { RootKey } from "../../fleet/keys/root-key.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet } from "../sample.ts";
import { decodedIgnition } from "./decoded-ignition.ts";
import { composed, sampleDevice, treeOf } from "./devices.ts";

const devices = sampleFleet.devices.map((device) => ({
  name: device.name,
  tree: treeOf(device),
}));
const files = devices.flatMap(({ name, tree }) =>
  [...tree].map(([path, text]) => ({ name, path, text })),
);

/** What an ISO from before December 2021 installs. */
const oldRelease = "34.20210904.3.0";
const oldFleet = {
  ...sampleFleet,
  pins: { ...sampleFleet.pins, coreos: { ...sampleFleet.pins.coreos, release: oldRelease } },
};
const oldTree = treeOf(sampleDevice("store-01"), { fleet: oldFleet });
const nestedFiles = ["install.bu", "install.ign"].map((path) => ({
  name: "store-01",
  path,
  text: oldTree.get(path) ?? "",
}));
/** What the embed area holds. */
const live = installFiles(installationOf(composed(sampleDevice("store-01"))), "installer.d");
const liveFile = { name: "store-01", path: "live.ign", text: [...live.values()].join("") };
const all = [...files, ...nestedFiles, liveFile];
const butane = peerPath("butane-0.29.0");
const validate = peerPath("ignition-validate-2.27.0");

/** Contents in place of their gzip, also inside an inlined Ignition: makers of gzip differ. */
function unpacked(ignition: string): unknown {
  return JSON.parse(ignition, (_, value) => {
    if (value?.compression !== "gzip") return value;
    const text = gunzipSync(Buffer.from(value.source.split(",")[1], "base64")).toString("utf8");
    return { ...value, source: text };
  });
}

describe("an app", () => {
  function appOf(outdir: string): EdgeApp {
    const app = new EdgeApp({ outdir });
    for (const name of ["till-2", "till-1"]) {
      const device = new EdgeDevice(app, name, { architecture: "aarch64", disk: "/dev/sda" });
      new Hostname(device, "hostname");
    }
    return app;
  }
  const names = ["till-2", "till-1"].flatMap((name) =>
    ["device.bu", "device.ign", "installer.yaml"].map((file) => `${name}/${file}`),
  );

  test("gives the files of each of its devices, for their owner alone, and writes nothing", () => {
    const found = [...appOf("nowhere").files()];
    expect(found.map(({ path }) => path)).toEqual(names);
    expect(new Set(found.map(({ mode }) => mode))).toEqual(new Set([0o600]));
    expect(found[0]?.text).toBe(`# till-2, written by flotilla
variant: fcos
version: 1.5.0
storage:
  files:
    - path: /etc/hostname
      mode: 0644
      overwrite: true
      contents:
        inline: |
          till-2
`);
    expect(existsSync("nowhere")).toBe(false);
  });

  test("writes them where outdir says, once", () => {
    const outdir = mkdtempSync(join(tmpdir(), "edge-app-"));
    expect(appOf(outdir).synth()).toMatchObject({ written: names, unchangedCount: 0 });
    expect(appOf(outdir).synth()).toMatchObject({ written: [], unchangedCount: names.length });
    for (const name of names) expect(statSync(join(outdir, name)).mode & 0o777).toBe(0o600);
    // What `flotilla image` puts beside them.
    claimFiles(outdir, ["till-1/till-1.iso", "till-0/till-0.iso"]);
    for (const name of ["till-1", "till-0"]) {
      mkdirSync(join(outdir, name), { recursive: true });
      writeFileSync(join(outdir, name, `${name}.iso`), "");
    }
    expect(appOf(outdir).synth().removed).toEqual(["till-0/till-0.iso"]);
    rmSync(outdir, { recursive: true });
  });

  test("has dist/edge as its folder, and refuses a device with mistakes", () => {
    const app = new EdgeApp();
    const device = new EdgeDevice(app, "till-1", { architecture: "x86_64", disk: "/dev/sda" });
    new Hostname(device, "one");
    new Hostname(device, "two");
    expect(app.outdir).toBe("dist/edge");
    expect(() => [...app.files()]).toThrow(
      "till-1/one and till-1/two both add the path /etc/hostname.",
    );
  });
});

describe("an app writes nothing", () => {
  const made = (scope: Construct, id: string, name?: string) =>
    new EdgeDevice(scope, id, {
      architecture: "x86_64",
      disk: "/dev/sda",
      ...(name !== undefined && { name }),
    });
  const outdir = join(tmpdir(), `edge-app-${process.pid}`);

  test("if two of its devices have one name: the second one is refused", () => {
    const app = new EdgeApp({ outdir });
    made(new Construct(app, "north"), "till");
    const south = new Construct(app, "south");
    const message =
      'south/till: name: the device north/till is named "till" too. Give one of them another name.';
    expect(() => made(south, "till")).toThrow(message);
    expect(() => made(app, "other", "till")).toThrow("other: name: the device north/till is named");
    // It is in the tree anyway.
    expect(() => [...app.files()]).toThrow(message);
    expect(() => app.synth()).toThrow(message);
    expect(existsSync(outdir)).toBe(false);
  });

  test("but devices of other apps, and those that were removed, leave their names", () => {
    const app = new EdgeApp({ outdir });
    const north = new Construct(app, "north");
    made(north, "till");
    made(new EdgeApp(), "till");
    app.node.tryRemoveChild("north");
    made(app, "till");
    expect(app.devices).toHaveLength(1);
    expect([...app.files()]).toHaveLength(3);
  });

  test("if a device has mistakes, wherever it is, and reports those of all devices", () => {
    const app = new EdgeApp({ outdir });
    made(app, "a");
    const b = made(app, "b", "B");
    b.addUnit(b, { name: "x.service", contents: "[Unit" });
    const c = made(app, "c");
    c.addUnit(c, { name: "y.service", contents: "[Unit" });
    expect(() => app.synth()).toThrow(
      /^B is not valid:\nb: "B" is not a DNS label\.\nc is not valid Butane:\nc: the unit y\.service: contents: /,
    );
    b.node.scope?.node.tryRemoveChild("b");
    expect(() => app.synth()).toThrow(/^c is not valid Butane:/);
    expect(existsSync(outdir)).toBe(false);
  });

  test.each([
    [null, "EdgeApp: found nothing in place of the props. Write an object with outdir."],
    ["dist", "EdgeApp: found text in place of the props. Write an object with outdir."],
    [{ outdir: 5 }, 'EdgeApp: outdir: found 5. Write text, in quotes: "5".'],
    [{ outdir: "" }, "EdgeApp: outdir: this is empty. Write a folder, or omit it."],
    [{ outDir: "a" }, 'EdgeApp: outDir: unknown prop "outDir". Did you mean outdir?'],
  ])("if its props are %j", (props, message) => {
    expect(() => new EdgeApp(props as never)).toThrow(message);
  });
});

describe("the synthesis of a device", () => {
  test.each(all)("$name/$path", async ({ name, path, text }) => {
    const [golden, shown] = path.endsWith(".ign")
      ? [`${path}.json`, decodedIgnition(text)]
      : [path, text];
    await expect(shown).toMatchFileSnapshot(`../golden/edge/${name}/${golden}`);
  });

  test("every byte", async () => {
    const sums = all.map(({ name, path, text }) => {
      return `${createHash("sha256").update(text).digest("hex")}  ${name}/${path}\n`;
    });
    await expect(sums.join("")).toMatchFileSnapshot("../golden/edge/sha256.txt");
  });

  test.each(sampleFleet.devices)("$name fits the embed area many times over", (device) => {
    const key = new RootKey(new Uint8Array(32).fill(5));
    const secrets = deviceSecrets(sampleFleet, device, key);
    const embedded = installFiles(installationOf(composed(device, { secrets })), "installer.d");
    expect(embedBudget(embedAreaBytes, embedded).usedBytes).toBeLessThan(embedAreaBytes / 12);
  });

  test("an ISO from before December 2021 needs the nested configuration, and no other one", () => {
    expect([...oldTree.keys()]).toEqual(["device.bu", "device.ign", "install.bu", "install.ign"]);
    const nested = unpacked(oldTree.get("install.ign") ?? "") as {
      readonly storage: { readonly files: readonly { readonly contents: { source: string } }[] };
    };
    expect(nested.storage.files.map(({ contents }) => contents.source)).toEqual([
      oldTree.get("device.ign"),
    ]);
  });
});

describe.skipIf(butane === undefined)("butane 0.29.0 (needs the real tool)", () => {
  test.each(all.filter(({ path }) => path.endsWith(".bu")))(
    "translates $name/$path to the same Ignition, strictly",
    ({ name, path, text }) => {
      const theirs = execFileSync(butane ?? "", ["--strict"], { input: text, encoding: "utf8" });
      const ours = all.find(
        (file) => file.name === name && file.path === path.replace(".bu", ".ign"),
      );
      const [left, right] = [theirs, ours?.text ?? ""];
      expect(JSON.stringify(unpacked(right))).toBe(JSON.stringify(unpacked(left)));
      expect(right.endsWith("}\n")).toBe(left.endsWith("}\n"));
    },
  );
});

describe.skipIf(validate === undefined)("ignition-validate 2.27.0 (needs the real tool)", () => {
  test.each(all.filter(({ path }) => path.endsWith(".ign")))("accepts $name/$path", ({ text }) => {
    const folder = mkdtempSync(join(tmpdir(), "validate-"));
    const file = join(folder, "config.ign");
    writeFileSync(file, text);
    // It says nothing of a sound configuration, and exits with 1 on an unsound one.
    expect(execFileSync(validate ?? "", [file], { encoding: "utf8" })).toBe("");
    rmSync(folder, { recursive: true });
  });
});
