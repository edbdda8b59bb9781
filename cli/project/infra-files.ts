/** The synthesis of the cloud: from a fleet to the files of `dist/infra`. */
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { makeTemporaryFolder } from "../../fleet/files/temporary-files.ts";
import { ConstructError } from "../../fleet/model/construct-error.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { sortedTree, type Tree } from "../../fleet/model/tree.ts";
import { HubApp } from "../../infra/app.ts";
import { withoutTrace } from "../runs/disk-trace.ts";
import type { FleetDefinition } from "./own-code/definition.ts";

/**
 * Runs HubApp in a temporary folder and reads the files back, so that writeTree can write only those
 * files of dist/infra that differ.
 */
export function synthesizeInfra(fleet: Fleet): Tree {
  const synthesis = new Synthesis();
  try {
    return synthesis.finish(synthesis.start(fleet));
  } finally {
    synthesis.end();
  }
}

/**
 * The same with a user's own resources. Of what it reads, a trace notes only what their code reads.
 *
 * @param extend adds them
 * @throws ConstructError if that fails
 */
export async function synthesizeOwnInfra(
  fleet: Fleet,
  extend: NonNullable<FleetDefinition["infra"]>,
): Promise<Tree> {
  const synthesis = await withoutTrace(async () => new Synthesis());
  try {
    const app = await withoutTrace(async () => synthesis.start(fleet));
    const hub = await withoutTrace(async () => app.hub);
    await extend(hub);
    return await withoutTrace(async () => synthesis.finish(app));
  } catch (cause) {
    throw new ConstructError({ where: ["infra"] }, cause);
  } finally {
    await withoutTrace(async () => synthesis.end());
  }
}

/**
 * One run of HubApp. Until it ends, cdktf's environment variables are hidden: context, format and
 * stack come from the fleet alone, and `npx cdktf synth` sets them, too.
 */
class Synthesis {
  readonly #outdir = makeTemporaryFolder("infra");
  readonly #hidden = Object.entries(process.env).filter(([name]) =>
    /^(CDKTF_|SYNTH_HCL_OUTPUT$)/.test(name),
  );

  constructor() {
    for (const [name] of this.#hidden) delete process.env[name];
  }

  start(fleet: Fleet): HubApp {
    return new HubApp({ fleet, outdir: this.#outdir });
  }

  finish(app: HubApp): Tree {
    app.synth();
    return sortedTree(readFiles(this.#outdir));
  }

  end(): void {
    Object.assign(process.env, Object.fromEntries(this.#hidden));
    rmSync(this.#outdir, { recursive: true });
  }
}

function readFiles(folder: string): [path: string, text: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(folder, file).split(sep).join("/");
      const text = readFileSync(file, "utf8");
      return [path, madeByCdktf.test(path) ? formatted(text) : text];
    });
}

const madeByCdktf = /^(manifest|stacks\/[^/]+\/cdk\.tf)\.json$/;

/** As every other JSON file of Flotilla: with a line end, and nothing inside an empty list. */
function formatted(json: string): string {
  return `${JSON.stringify(JSON.parse(json), null, 2)}\n`;
}
