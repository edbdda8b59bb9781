/**
 * Checks the types of a user's code by the TypeScript compiler of their project: flotilla.config.ts,
 * or the registries of a clone of Flotilla that they changed. What was checked is noted beside the
 * bundle, so a run with unchanged files starts no compiler.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { isWritable } from "../../fleet/files/folder.ts";
import { installationFolder, installationManifest } from "../../fleet/files/installation.ts";
import { nearestAbove } from "../../fleet/files/search-above.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { makeTemporaryFolder } from "../../fleet/files/temporary-files.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { startProgram } from "../terminal/child-process.ts";
import { maskSecrets } from "../terminal/known-secrets.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { areUnchanged, fileStampsSchema, stampOf } from "./own-code/file-stamps.ts";
import type { OwnCode } from "./own-code/load.ts";

interface Sources {
  readonly files: readonly [string, ...string[]];
  /** Where its marks and the compiler's settings go, unless another user made it (`sudo flotilla flash`). */
  readonly bundle: string;
}

/** What a user of a clone adds a file and a line to. */
const registries = ["gitops/workloads/index.ts", "gitops/addons/index.ts"];

function sourcesOf({ source }: OwnCode): Sources | undefined {
  if (source !== undefined) return { files: [source.file], bundle: source.bundle };
  const bundle = import.meta.dirname;
  const root = installationFolder();
  const [first = "", ...others] = registries.map((registry) => join(root, registry));
  const isClone = existsSync(join(bundle, "main.mjs")) && existsSync(first);
  return isClone && isWritable(bundle) ? { files: [first, ...others], bundle } : undefined;
}

/**
 * Checks nothing if the user has no code of their own.
 *
 * @throws InputError with the compiler's own words at each place
 */
export async function checkTypes(ownCode: OwnCode, session: Session): Promise<void> {
  const sources = sourcesOf(ownCode);
  if (sources === undefined) return;
  const { files: roots, bundle } = sources;
  const mark = join(bundle, "types-are-right.json");
  if (isChecked(mark)) return;
  const directory = dirname(roots[0]);
  const compiler = nearestAbove(directory, join("node_modules", "typescript", "bin", "tsc"));
  if (compiler === undefined) {
    // A new project has nothing installed yet.
    if (nearestAbove(directory, "node_modules") === undefined) return;
    session.progress(
      `note: the types of ${basename(roots[0])} are not checked: TypeScript is not installed here. Run: npm install --save-dev typescript`,
    );
    return;
  }
  const settings = nearestAbove(directory, "tsconfig.json");
  const isOwn = isWritable(bundle);
  const folder = isOwn ? bundle : makeTemporaryFolder("types");
  const configuration = writeConfiguration(folder, roots, settings);
  const started = Date.now();
  const { mistakes, files } = await compile(compiler, directory, configuration, session).finally(
    () => isOwn || rmSync(folder, { recursive: true, force: true }),
  );
  if (mistakes.length > 0) throw new InputError(mistakes);
  const own = [...files, ...(settings === undefined ? [] : [settings])];
  const stamps = own.map(stampOf);
  // A file that was saved meanwhile may be another one than the compiler has read.
  if (!isOwn || stamps.some(([, , time]) => time >= started)) return;
  writeFileAtomically(mark, JSON.stringify(stamps));
  // For the trace, see disk-trace.ts: what this looks at is what the run depends on.
  isChecked(mark);
}

/** @param mark the file with the stamps of what a check without mistakes has read */
function isChecked(mark: string): boolean {
  if (!existsSync(mark)) return false;
  const { data } = fileStampsSchema.safeParse(JSON.parse(readFileSync(mark, "utf8")));
  return data !== undefined && areUnchanged(data);
}

/** The project's own settings, for these files and what they import. */
function writeConfiguration(
  folder: string,
  files: Sources["files"],
  settings: string | undefined,
): string {
  const path = join(folder, "tsconfig.json");
  // In a workspace, a package's own node_modules may have no types.
  const types = nearestAbove(dirname(files[0]), join("node_modules", "@types"));
  const configuration = {
    ...(settings !== undefined && { extends: settings }),
    include: [],
    files,
    compilerOptions: {
      ...(settings === undefined && defaults),
      noEmit: true,
      composite: false,
      incremental: false,
      ...(nearestAbove(dirname(files[0]), join("node_modules", "flotilla"))
        ? {}
        : { paths: ownTypes() }),
      ...(types !== undefined && { typeRoots: [types] }),
      // No mistakes of types.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
  };
  writeFileAtomically(path, JSON.stringify(configuration));
  return path;
}

/** The types of the entries, for a project that has not installed Flotilla. */
function ownTypes(): Readonly<Record<string, readonly [string]>> {
  const root = installationFolder();
  return Object.fromEntries(
    Object.entries(installationManifest().exports).map(([name, entry]) => [
      name.replace(".", "flotilla"),
      [join(root, typeof entry === "string" ? entry : entry.types)],
    ]),
  );
}

/** The options for a project without tsconfig.json. */
const defaults = {
  target: "es2023",
  module: "nodenext",
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
};

async function compile(
  compiler: string,
  directory: string,
  configuration: string,
  { environment }: Session,
): Promise<{ readonly mistakes: readonly Mistake[]; readonly files: readonly string[] }> {
  const args = [compiler, "-p", configuration, "--pretty", "false", "--listFiles"];
  const child = startProgram(process.execPath, args, { name: "tsc", environment, directory });
  child.stdin.end();
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => void (output += text));
  }
  const code = await new Promise<number | null>((done, fail) => {
    child.on("error", fail).on("close", done);
  });
  const mistakes = mistakesOf(output, directory);
  // Files of packages change with the installation only.
  const files = output
    .split(/\r?\n/)
    .filter(
      (line) => /^(\/|[A-Za-z]:).*\.[cm]?tsx?$/.test(line) && !/[\\/]node_modules[\\/]/.test(line),
    );
  if (code === 0 || mistakes.length > 0) return { mistakes, files };
  const words = maskSecrets(output).trim().split("\n").slice(-3).join(" ");
  throw new OperationError(`the TypeScript compiler failed (exit code ${code}): ${words}`);
}

/** `file(line,column): error TS2322: message`, and continued by lines that start with spaces. */
function mistakesOf(output: string, directory: string): readonly Mistake[] {
  const texts = output.split(/\r?\n(?=\S)/);
  return texts.flatMap((text): readonly Mistake[] => {
    const place = /^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/s.exec(text);
    if (place === null) return [];
    const [, file = "", line, column, words = ""] = place;
    const message = words.trim().replaceAll(/\s*\n\s*/g, " ");
    return [
      {
        file: shownPath(resolve(directory, file)),
        line: Number(line),
        column: Number(column),
        message,
      },
    ];
  });
}
