/**
 * The programs that run on the hub, each as the one text that its ConfigMap holds: esbuild bundles a
 * folder's `main.ts` with what it imports. The same sources give the same bytes in every folder. The
 * text is not minified, so an operator can read it in the ConfigMap.
 *
 * Beside the bundle of the command line lie the finished texts (cli/bundle.mjs puts them there). From
 * the sources they are made when the first one is asked for: all of them, in some 40 ms.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import type { BuildResult, Metafile } from "esbuild";
import { installationFolder } from "../../fleet/files/installation.ts";

/** Folders beside this file. */
export const programs = [
  "collector",
  "courier",
  "log-keeper",
  "reconnect",
  "reconnect-fallback",
] as const;

export type Program = (typeof programs)[number];

/** Beside the bundle of the command line: the folder with the finished texts. */
export const bundlesFolder = "programs";

let bundles: ReadonlyMap<string, string> | undefined;

/** A program's text: a module for Node without imports from packages. */
export function programText(name: Program): string {
  const finished = join(import.meta.dirname, bundlesFolder, `${name}.mjs`);
  if (existsSync(finished)) return readFileSync(finished, "utf8");
  bundles ??= bundlePrograms();
  const text = bundles.get(name);
  if (text === undefined) throw new Error(`there is no program ${name}`);
  return text;
}

/** Every program's text by its name. */
export function bundlePrograms(): ReadonlyMap<string, string> {
  const root = installationFolder();
  // Loaded on demand: a run of the bundled command line needs no esbuild.
  const { buildSync } = createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
  const result = buildSync({
    absWorkingDir: root,
    entryPoints: programs.map((name) => ({
      in: `gitops/programs/${name}/main.ts`,
      out: name,
    })),
    // Names the outputs; nothing is written there.
    outdir: bundlesFolder,
    write: false,
    metafile: true,
    bundle: true,
    format: "esm",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    // The pinned image has 24; the tests run the programs by the Node that runs them.
    target: "node20",
    charset: "utf8",
    legalComments: "inline",
    // No tsconfig.json has a say in this, nor where a link of node_modules leads.
    tsconfigRaw: {},
    preserveSymlinks: true,
    logLevel: "silent",
  });
  return new Map(result.outputFiles.map((file) => named(root, file.path, file.text, result)));
}

function named(
  root: string,
  path: string,
  text: string,
  { metafile }: BuildResult<{ metafile: true }>,
): readonly [name: string, text: string] {
  const file = basename(path);
  const name = basename(file, ".mjs");
  const head = [
    `// Written by flotilla from gitops/programs/${name}/.`,
    ...packagesOf(metafile, `${bundlesFolder}/${file}`).map((folder) => notice(root, folder)),
  ];
  return [name, `${head.join("\n")}\n${text}`];
}

/** The folders of the packages that are bundled into an output. */
function packagesOf({ outputs }: Metafile, output: string): readonly string[] {
  const inputs = Object.keys(outputs[output]?.inputs ?? {});
  const folders = inputs.flatMap((input) => {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    return folder ?? [];
  });
  return [...new Set(folders)].toSorted();
}

function notice(root: string, folder: string): string {
  const text = readFileSync(join(root, folder, "package.json"), "utf8");
  const { name, version, license } = JSON.parse(text) as Readonly<Record<string, string>>;
  return `// Contains ${name} ${version}, license ${license}.`;
}
