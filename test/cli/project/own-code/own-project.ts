/** Projects with code of their own, for tests. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { flotilla } from "../../command-line.ts";
import { temporaryFolder } from "../../temporary.ts";

const repository = join(import.meta.dirname, "..", "..", "..", "..");

/** Packages that such code imports. */
const packages = ["@cdktf", "cdk8s", "cdk8s-plus-27", "cdktf", "constructs", "zod"];

export interface OwnProject {
  readonly folder: string;
  /** Runs the command line there. */
  readonly run: (...args: string[]) => ReturnType<typeof flotilla>;
  readonly read: (path: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly edit: (path: string, change: (text: string) => string) => void;
}

/** A first fleet with these files, and the packages of the repository. */
export async function ownProject(files: Readonly<Record<string, string>>): Promise<OwnProject> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of packages) {
    symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  const at = (path: string) => join(folder, path);
  const project: OwnProject = {
    folder,
    run: (...args) => flotilla(folder, args),
    read: (path) => readFileSync(at(path), "utf8"),
    write(path, text) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    },
    edit: (path, change) => writeFileSync(at(path), change(readFileSync(at(path), "utf8"))),
  };
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  return project;
}

/** The example with one of each kind, with these files in place of its own. */
export async function exampleProject(
  files: Readonly<Record<string, string>> = {},
): Promise<OwnProject> {
  const project = await ownProject({});
  cpSync(join(repository, "examples", "own-code"), project.folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  return project;
}
