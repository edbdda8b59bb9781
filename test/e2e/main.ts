/**
 * `make e2e`: the system in operation on real parts. Prints a table of what was shown and how long it
 * took, and exits with 1 if a proof fails. Logs of every process stay in a folder that it names.
 * Where a part is missing it says which and what to do, and exits with 2. CI, which may not have had
 * the time to build every part, allows that: `make e2e ARGUMENTS=--allow-missing`.
 *
 *   node --import tsx test/e2e/main.ts [--allow-missing] [--proof 'drift is reverted']… [folder]
 *
 * as root, after `test/peers/build.sh e2e`. Without a proof: all of them. With one: a hub and its devices
 * start before it.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { whatHubSays } from "./diagnosis.ts";
import { removeImages } from "./nodes/images.ts";
import { requireKnown, requireParts, worldParts } from "./parts.ts";
import { processes } from "./processes.ts";
import { proofs } from "./proofs.ts";
import { format } from "./report.ts";
import { timed } from "./rows.ts";
import { world } from "./world.ts";

const { values: options, positionals } = parseArgs({
  options: {
    "allow-missing": { type: "boolean", default: false },
    proof: { type: "string", multiple: true, default: [] },
  },
  allowPositionals: true,
});

requireKnown("proof", proofs, options.proof);
const chosen = proofs.filter(
  ({ name, isFirst = false }) =>
    isFirst || options.proof.length === 0 || options.proof.includes(name),
);

requireParts("the system in operation", "e2e", worldParts, options["allow-missing"]);

const folder = positionals[0] ?? mkdtempSync(join(tmpdir(), "flotilla-e2e-"));
console.log(`Logs: ${folder}`);

async function main(): Promise<number> {
  const all = processes(folder);
  const made = await world(all);
  try {
    const began = performance.now();
    for (const { name, run } of chosen) {
      console.log(`\n${name}`);
      const seconds = await timed(async () => {
        for (const row of await run(made)) console.log(format(row));
      });
      console.log(`  ${seconds.toFixed(0)} s in all`);
    }
    const minutes = (performance.now() - began) / 60_000;
    console.log(`\nAll proofs hold, in ${minutes.toFixed(1)} minutes.`);
    return 0;
  } catch (error) {
    console.error("\nFAILED", error);
    console.error(await whatHubSays(made));
    return 1;
  } finally {
    await all.end();
    made.network.remove();
    await removeImages(folder);
  }
}

process.exit(await main());
