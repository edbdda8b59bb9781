/**
 * Checks the types of workloads and add-ons by the TypeScript compiler of the checkout that this bundle
 * was made from. The bundle is remade when a source changes, so a mark beside it says that its sources
 * are right, and a run with unchanged sources starts no compiler.
 */
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { installationFolder } from "../../fleet/files/installation.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { startProgram } from "../terminal/child-process.ts";
import { maskSecrets } from "../terminal/known-secrets.ts";
import { shownPath, type Session } from "../terminal/session.ts";

/** What a user adds a file and a line to. What these import is checked with them. */
const registries = ["gitops/workloads/index.ts", "gitops/addons/index.ts"];

/**
 * Does nothing where the sources are not the user's own: in a package of another project, in an
 * installation that this user cannot write to, and in a run from the sources.
 *
 * @throws InputError with the compiler's own words at each place
 */
export async function checkTypes(session: Session): Promise<void> {
  const bundle = import.meta.dirname;
  const mark = join(bundle, "types-are-right");
  const root = installationFolder();
  const isInstalled = root.split(sep).includes("node_modules");
  if (isInstalled || !existsSync(join(bundle, "main.mjs")) || existsSync(mark)) return;
  if (!isWritable(bundle)) return;
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    session.progress(
      `note: the types of workloads are not checked: TypeScript is not installed in ${shownPath(root)}`,
    );
    return;
  }
  const folder = join(dirname(bundle), "types");
  const mistakes = await compile(compiler, root, writeConfiguration(root, folder), session);
  if (mistakes.length > 0) throw new InputError(mistakes);
  writeFileAtomically(mark, "");
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What the compiler found is kept, so that the next check looks at what changed only. */
function writeConfiguration(root: string, folder: string): string {
  const file = join(folder, "tsconfig.json");
  const configuration = {
    extends: join(root, "tsconfig.json"),
    include: [],
    files: registries.map((registry) => join(root, registry)),
    compilerOptions: {
      incremental: true,
      tsBuildInfoFile: join(folder, "found"),
      typeRoots: [join(root, "node_modules", "@types")],
      // No mistakes of types.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
  };
  mkdirSync(folder, { recursive: true });
  writeFileAtomically(file, JSON.stringify(configuration));
  return file;
}

async function compile(
  compiler: string,
  root: string,
  configuration: string,
  { environment }: Session,
): Promise<readonly Mistake[]> {
  const args = [compiler, "-p", configuration, "--pretty", "false"];
  const child = startProgram(process.execPath, args, { name: "tsc", environment, directory: root });
  child.stdin.end();
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => void (output += text));
  }
  const code = await new Promise<number | null>((done, fail) => {
    child.on("error", fail).on("close", done);
  });
  const mistakes = mistakesOf(output, root);
  if (code === 0 || mistakes.length > 0) return mistakes;
  const words = maskSecrets(output).trim().split("\n").slice(-3).join(" ");
  throw new OperationError(`the TypeScript compiler failed (exit code ${code}): ${words}`);
}

/** `file(line,column): error TS2322: message`, and lines with spaces before them that go on. */
function mistakesOf(output: string, root: string): readonly Mistake[] {
  const texts = output.split(/\r?\n(?=\S)/);
  return texts.flatMap((text): readonly Mistake[] => {
    const place = /^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/s.exec(text);
    if (place === null) return [];
    const [, file = "", line, column, words = ""] = place;
    const message = words.trim().replaceAll(/\s*\n\s*/g, " ");
    return [
      { file: shownPath(resolve(root, file)), line: Number(line), column: Number(column), message },
    ];
  });
}
