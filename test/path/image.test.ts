/**
 * From the fleet file to a stick, compared with the real tools: what `flotilla image` puts into an
 * ISO of any generation is what coreos-installer reads back, and what it reads back is valid.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { peerPath, sharedPath } from "../peers/peers.ts";
import { Workshop } from "./workshop.ts";

const fixtures = sharedPath("fixtures/iso");
const installer = peerPath("coreos-installer-0.27.0");
const validator = peerPath("ignition-validate-2.27.0");
/** `synthetic.iso` has no area at all: it is here to be refused. */
const withoutArea = "synthetic.iso.gz";
const generations = (fixtures === undefined ? [] : readdirSync(fixtures).toSorted()).filter(
  // Devices are not mainframes.
  (file) => file !== withoutArea && !file.includes("s390x"),
);

/** The device's config inside the live system's, at the place of the one method or the other. */
function carriedConfig(live: Buffer): { readonly path: string; readonly config: Buffer } {
  const { storage } = JSON.parse(live.toString()) as {
    storage?: { files?: { path: string; contents: { source: string; compression?: string } }[] };
  };
  const places = ["/etc/coreos/dest.ign", "/etc/flotilla/device.ign"];
  const file = storage?.files?.find(({ path }) => places.includes(path));
  if (file === undefined) throw new Error("the live system's config carries no device");
  const [, body = ""] = file.contents.source.split(";base64,");
  const bytes = Buffer.from(body, "base64");
  const config = file.contents.compression === "gzip" ? gunzipSync(bytes) : bytes;
  return { path: file.path, config };
}

describe.skipIf(!fixtures || !installer)(
  "images of every generation (skipped without the shared ISO skeletons or coreos-installer)",
  () => {
    const workshop = new Workshop();
    beforeAll(() => expect(workshop.run("synth")).toMatchObject({ status: 0 }));
    afterAll(() => workshop.remove());

    test("there are skeletons from 2020 to 2023", () => {
      expect(generations.length).toBeGreaterThanOrEqual(8);
    });

    test("an ISO without an area is refused, and nothing is written", () => {
      const base = workshop.path("synthetic.iso");
      writeFileSync(base, gunzipSync(readFileSync(join(fixtures ?? "", withoutArea))));
      const { status, stderr } = workshop.run(
        "image",
        "store-0001",
        "--allow-release",
        "--base",
        base,
      );
      expect(status).toBe(1);
      expect(stderr).toContain(`${base}: `);
      expect(existsSync(workshop.path("dist/edge/store-0001/store-0001.iso"))).toBe(false);
    });

    test.each(generations)("%s", (generation) => {
      const base = workshop.path(generation.replace(/\.gz$/, ""));
      writeFileSync(base, gunzipSync(readFileSync(join(fixtures ?? "", generation))));
      const outcome = workshop.run("image", "store-0001", "--allow-release", "--base", base);
      expect(outcome.stderr).not.toContain("mistake");
      expect(outcome.status).toBe(0);
      const image = workshop.path("dist/edge/store-0001/store-0001.iso");
      expect(statSync(image).mode & 0o777).toBe(0o600);
      expect(statSync(image).size).toBe(statSync(base).size);
      const shown = execFileSync(installer ?? "", ["iso", "ignition", "show", image]);
      const { path, config } = carriedConfig(shown);
      // Since December 2021 the live system reads installer.d; before that, our own unit installs.
      const isModern = generation.slice("embed-areas-".length) >= "2021-12";
      expect(path).toBe(isModern ? "/etc/coreos/dest.ign" : "/etc/flotilla/device.ign");
      const device = readFileSync(workshop.path("dist/edge/store-0001/device.ign"));
      expect(config.equals(device)).toBe(true);
    });
  },
);

describe.skipIf(!validator)(
  "every device of the example (skipped without ignition-validate)",
  () => {
    const workshop = new Workshop();
    afterAll(() => workshop.remove());

    test("has Ignition that the real validator accepts", () => {
      expect(workshop.run("synth", "--only", "edge")).toMatchObject({ status: 0 });
      const files = [...workshop.files("dist/edge").keys()].filter((file) => file.endsWith(".ign"));
      expect(files).toHaveLength(39);
      for (const file of files) {
        const path = workshop.path("dist/edge", file);
        // The validator takes Butane too; ours must be JSON.
        expect(() => JSON.parse(readFileSync(path, "utf8")) as unknown).not.toThrow();
        expect(execFileSync(validator ?? "", [path], { encoding: "utf8" })).toBe("");
      }
    });

    test("and the validator refuses what is broken, so that its yes means something", () => {
      const file = workshop.path("broken.ign");
      writeFileSync(
        file,
        '{"ignition":{"version":"3.4.0"},"storage":{"files":[{"path":"relative"}]}}',
      );
      const refusal = spawnSync(validator ?? "", [file], { encoding: "utf8" });
      expect(refusal).toMatchObject({ status: 1 });
      expect(refusal.stdout + refusal.stderr).toContain("path not absolute");
    });
  },
);
