// The command line as one bundle, with the packages that it needs. A checkout makes it on first use and
// again whenever a source changes: what you edit is what runs, and a start takes half the time that
// loading every source and package does. `npm pack` makes it once (cli/package.mjs).
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const root = dirname(import.meta.dirname);
const cache = join(root, "node_modules", ".cache", "flotilla");
const sourceFolders = ["cli", "edge", "fleet", "gitops", "infra"];

/**
 * Packages that stay outside the bundle: cdktf and its providers, which only Terraform needs, and
 * constructs, on which they build. esbuild finds its program beside itself.
 */
const external = ["esbuild", "constructs", "cdktf", "@cdktf/*"];

const dayMilliseconds = 24 * 60 * 60 * 1000;

/** The path of a module that exports `main`, up to date with the sources. */
export async function program() {
  const folder = join(cache, sourceKey());
  const entry = join(folder, "main.mjs");
  if (!existsSync(entry)) {
    try {
      mkdirSync(cache, { recursive: true });
    } catch {
      return withoutCache();
    }
    await makeBundle(folder);
  }
  return entry;
}

/** Changes with the name, size or time of any source, and with the installed packages. */
function sourceKey() {
  const files = sourceFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") || file.endsWith(".mjs"))
      .map((file) => join(folder, file)),
  );
  const hash = createHash("sha256");
  for (const file of [...files.toSorted(), "package-lock.json"]) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

async function makeBundle(folder) {
  const temporary = `${folder}.${process.pid}.tmp`;
  try {
    await buildCommandLine(temporary);
    rename(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  removeOld(folder);
}

/** Writes the command line and the hub's programs; returns what esbuild reports about its inputs. */
export async function buildCommandLine(folder) {
  const metafile = await build(folder, {
    entryPoints: { main: "cli/start.ts", programs: "gitops/programs/bundle.ts" },
    external,
  });
  await writePrograms(folder, folder);
  return metafile;
}

export async function build(folder, options) {
  const esbuild = await import("esbuild");
  const { metafile } = await esbuild.build({
    ...options,
    // The folder that the user is in, and a tsconfig.json there, have no say in this.
    absWorkingDir: root,
    tsconfigRaw: {},
    bundle: true,
    // A command loads what it needs: `validate` never sees cdktf.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    // What packages of CommonJS expect around them.
    banner: {
      js:
        'import { createRequire as bundleRequire } from "node:module";' +
        "const require = bundleRequire(import.meta.url);" +
        "const __filename = import.meta.filename; const __dirname = import.meta.dirname;",
    },
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    logLevel: "silent",
    metafile: true,
  });
  return metafile;
}

/** The programs that run on the hub, so that no run of the bundle makes them again. */
export async function writePrograms(bundle, folder) {
  const module = await import(pathToFileURL(join(bundle, "programs.mjs")));
  const place = join(folder, module.bundlesFolder);
  mkdirSync(place);
  for (const [name, text] of module.bundlePrograms()) {
    writeFileSync(join(place, `${name}.mjs`), text);
  }
}

/** Another process may have been first. */
function rename(temporary, folder) {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** Bundles of sources that no longer exist; one that somebody may still be running stays for a day. */
function removeOld(current) {
  for (const name of readdirSync(cache)) {
    const place = join(cache, name);
    const age = Date.now() - (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (place !== current && age > dayMilliseconds) rmSync(place, { recursive: true, force: true });
  }
}

/** An installation that this user may not write to: slower, the same otherwise. */
async function withoutCache() {
  const { register } = await import("tsx/esm/api");
  // No tsconfig.json of the folder that the user is in has a say in this.
  register({ tsconfig: false });
  return join(root, "cli", "start.ts");
}
