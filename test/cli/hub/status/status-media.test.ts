/** Images of sites that are older than the fleet file, in `flotilla status`. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { siteImage } from "../../../../edge/output-paths.ts";
import { loadFleet } from "../../../../fleet/resolve/load.ts";
import { flotilla } from "../../command-line.ts";
import { temporaryFolder } from "../../temporary.ts";
import { fakeHub } from "../fake-kubectl.ts";
import { playHub } from "./status-sample.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");

test("an image of a site that is older than the fleet file is named, beside every format", async () => {
  const folder = temporaryFolder();
  // Without the lock, so that its pins may change.
  copyFileSync(join(root, "fleet.yaml"), join(folder, "fleet.yaml"));
  const hub = fakeHub("hub");
  playHub(hub, loadFleet(join(folder, "fleet.yaml")).fleet, Math.floor(Date.now() / 1000));
  const run = (...words: string[]) => flotilla(folder, ["status", ...words], hub.environment);
  const { path, record } = siteImage("boston-seaport", "x86_64");
  const at = (name: string) => join(folder, "dist/edge", name);
  mkdirSync(join(at(path), ".."), { recursive: true });
  writeFileSync(at(path), "");
  const facts = { generation: 1, match: {}, description: "" };
  const devices = { "store-0001": { ...facts, generation: 9 }, gone: facts };
  writeFileSync(at(record), JSON.stringify({ isWhole: false, devices }));
  const line = `dist/edge/${path} is older than the fleet file: store-0001 changed; it still has the keys of gone. Make it again: `;
  for (const format of [[], ["--json"]]) {
    const { code, out, err } = await run(...format);
    expect([code, out.includes("older than")]).toEqual([0, false]);
    expect(err).toContain(line);
  }
  writeFileSync(at(record), JSON.stringify({ isWhole: false, devices: { "store-0001": facts } }));
  expect((await run()).err).toBe("");
});
