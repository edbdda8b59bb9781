/**
 * `make e2e-boot`: devices that boot, in QEMU without hardware help, against the hub of `make e2e`. Prints a
 * table of what was shown and how long it took, and exits with 1 if a case fails. The output of every
 * console stays in a folder that it names. If a part is missing, it says which one and what to do, and exits
 * with 2; CI allows that: `make e2e-boot ARGUMENTS=--allow-missing`.
 *
 *   node --import tsx test/e2e/boot/main.ts [--allow-missing] [--case two-boots]… [folder]
 *
 * as root, after `test/peers/build.sh e2e boot`. Without a case: all of them.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { whatHubSays } from "../diagnosis.ts";
import { removeImages } from "../nodes/images.ts";
import { bootParts, requireKnown, requireParts, worldParts } from "../parts.ts";
import { processes } from "../processes.ts";
import { format } from "../report.ts";
import { world } from "../world.ts";
import { cases } from "./cases.ts";
import { fixture } from "./fixture.ts";
import { standIns } from "./stand-ins.ts";

const { values: options, positionals } = parseArgs({
  options: {
    "allow-missing": { type: "boolean", default: false },
    case: { type: "string", multiple: true, default: [] },
  },
  allowPositionals: true,
});

requireKnown("case", cases, options.case);
const chosen = cases.filter(({ name }) => options.case.length === 0 || options.case.includes(name));
const withHub = chosen.some(({ hub }) => hub);
const needed = withHub ? [bootParts, worldParts] : [bootParts];
const parts = {
  peers: [...new Set(needed.flatMap(({ peers }) => peers))],
  programs: [...new Set(needed.flatMap(({ programs }) => programs))],
};
requireParts("a device that boots", "e2e boot", parts, options["allow-missing"]);

const folder = positionals[0] ?? mkdtempSync(join(tmpdir(), "flotilla-boot-"));
console.log(`Logs: ${folder}`);

async function main(): Promise<number> {
  const all = processes(folder);
  const made = await world(all);
  try {
    const shared = await fixture(made);
    if (withHub) await made.rebuildHub();
    for (const { name, what, run } of chosen) {
      console.log(`\n${name}: ${what}`);
      for (const row of await run(shared)) console.log(format(row));
    }
    console.log("\nin the machine");
    for (const row of standIns) console.log(format(row));
    console.log("\nAll cases hold.");
    return 0;
  } catch (error) {
    console.error("\nFAILED", error);
    if (withHub) console.error(await whatHubSays(made));
    return 1;
  } finally {
    await all.end();
    made.network.remove();
    await removeImages(folder);
  }
}

process.exit(await main());
