import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { synthesizeDevice } from "../../edge/app.ts";
import { deviceSecrets } from "../../fleet/keys/secrets.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet, samplePublicKeys, sampleSecrets } from "../sample.ts";
import { RootKey } from "../../fleet/keys/root-key.ts";

const devices = sampleFleet.devices.map((device) => ({
  name: device.name,
  tree: synthesizeDevice(sampleFleet, device, samplePublicKeys.gateways, sampleSecrets),
}));
const files = devices.flatMap(({ name, tree }) =>
  [...tree].map(([path, text]) => ({ name, path, text })),
);
const butane = peerPath("butane-0.29.0");
const validate = peerPath("ignition-validate-2.27.0");

/** Every Ignition area of a live ISO has this size. */
const embedAreaBytes = 262_144;

/** Contents in place of their gzip, also inside an inlined Ignition: makers of gzip differ. */
function unpacked(ignition: string): unknown {
  return JSON.parse(ignition, (_, value) => {
    if (value?.compression !== "gzip") return value;
    const text = gunzipSync(Buffer.from(value.source.split(",")[1], "base64")).toString("utf8");
    return { ...value, source: text };
  });
}

describe("the synthesis of a device", () => {
  it.each(files)("$name/$path", async ({ name, path, text }) => {
    await expect(text).toMatchFileSnapshot(`../golden/edge/${name}/${path}`);
  });

  it.each(devices)("$name fits the embed area many times over", ({ tree }) => {
    const packedBytes = gzipSync(tree.get("install.ign") ?? "").length;
    expect(packedBytes).toBeLessThan(embedAreaBytes / 50);
  });

  it.each(sampleFleet.devices)("$name still does with its real certificates", (device) => {
    const key = new RootKey(new Uint8Array(32).fill(5));
    const secrets = deviceSecrets(sampleFleet, device, key);
    const tree = synthesizeDevice(sampleFleet, device, samplePublicKeys.gateways, secrets);
    const packedBytes = gzipSync(tree.get("install.ign") ?? "").length;
    expect(packedBytes).toBeLessThan(embedAreaBytes / 25);
  });

  it.each(devices)("$name carries its own Ignition in its installation medium", ({ tree }) => {
    const medium = unpacked(tree.get("install.ign") ?? "") as {
      readonly storage: { readonly files: readonly { readonly contents: { source: string } }[] };
    };
    expect(medium.storage.files.map(({ contents }) => contents.source)).toEqual([
      tree.get("device.ign"),
    ]);
  });
});

describe.skipIf(butane === undefined)("butane 0.29.0 (needs the real tool)", () => {
  it.each(files.filter(({ path }) => path.endsWith(".bu")))(
    "translates $name/$path to the same Ignition, strictly",
    ({ name, path, text }) => {
      const theirs = execFileSync(butane ?? "", ["--strict"], { input: text, encoding: "utf8" });
      const ours = files.find(
        (file) => file.name === name && file.path === path.replace(".bu", ".ign"),
      );
      const [left, right] = [theirs, ours?.text ?? ""];
      expect(JSON.stringify(unpacked(right))).toBe(JSON.stringify(unpacked(left)));
      expect(right.endsWith("}\n")).toBe(left.endsWith("}\n"));
    },
  );
});

describe.skipIf(validate === undefined)("ignition-validate 2.27.0 (needs the real tool)", () => {
  it.each(files.filter(({ path }) => path.endsWith(".ign")))("accepts $name/$path", ({ text }) => {
    const folder = mkdtempSync(join(tmpdir(), "validate-"));
    const file = join(folder, "config.ign");
    writeFileSync(file, text);
    // It says nothing of a sound configuration, and exits with 1 on an unsound one.
    expect(execFileSync(validate ?? "", [file], { encoding: "utf8" })).toBe("");
    rmSync(folder, { recursive: true });
  });
});
