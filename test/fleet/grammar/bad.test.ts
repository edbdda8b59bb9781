/** Every bad fleet file in `bad/` has the exact text of Flotilla's message beside it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";

const folder = join(import.meta.dirname, "bad");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length));

/** What the command line would print, with the file's name alone instead of its path. */
function complaint(file: string): string {
  try {
    loadFleet(join(folder, file), { workloads: ["point-of-sale", "telemetry"] });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => `${formatMistake({ ...mistake, file })}\n`).join("");
  }
  return "";
}

describe("bad fleet files", () => {
  test.each(names)("%s", async (name) => {
    const text = complaint(`${name}.yaml`);
    expect(text).not.toBe("");
    await expect(text).toMatchFileSnapshot(join(folder, `${name}.txt`));
  });
});
