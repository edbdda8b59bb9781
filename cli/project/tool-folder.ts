/** Where `cdktf synth` and `cdk8s synth` find what was made for an environment. */
import { mkdirSync, readFileSync } from "node:fs";
import { join, posix, relative, resolve, sep } from "node:path";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import type { Project } from "./project.ts";
import type { Part } from "./synthesis.ts";

/**
 * The folder for a part, and what to do after it was written. cdktf.json and cdk8s.yaml name one output
 * folder, `dist/infra` and `dist/gitops`. An environment has folders of its own, because what others
 * left there would be deployed with it. So cdktf gets a manifest that leads to them, and cdk8s an empty
 * folder. Any other folder (`--output`) is taken as it is.
 */
export function toolFolder(
  { files, outputFolder }: Pick<Project, "files" | "outputFolder">,
  part: Part,
  given: string | undefined,
): { readonly folder: string; readonly finish: () => void } {
  const folder = join(outputFolder, part);
  const usual = join(files.directory, "dist", part);
  if (given === undefined) return { folder, finish: () => {} };
  if (files.environment === undefined || resolve(given) !== resolve(usual)) {
    return { folder: given, finish: () => {} };
  }
  const finish = () => {
    atPath(given, () => mkdirSync(given, { recursive: true }));
    if (part === "infra") writeManifest(given, folder);
  };
  return { folder, finish };
}

interface Manifest {
  readonly stacks: Readonly<Record<string, ManifestStack>>;
}

interface ManifestStack {
  readonly stackMetadataPath: string;
  readonly synthesizedStackPath: string;
  readonly workingDirectory: string;
}

/** A manifest of cdktf in `given` with the stacks of the one in `folder`. */
function writeManifest(given: string, folder: string): void {
  const manifest = JSON.parse(readFileSync(join(folder, manifestName), "utf8")) as Manifest;
  const prefix = relative(given, folder).split(sep).join("/");
  const stacks = Object.entries(manifest.stacks).map(([name, stack]) => {
    const { stackMetadataPath, synthesizedStackPath, workingDirectory } = stack;
    const paths = { stackMetadataPath, synthesizedStackPath, workingDirectory };
    const moved = Object.entries(paths).map(([key, path]) => [key, posix.join(prefix, path)]);
    return [name, { ...stack, ...Object.fromEntries(moved) }] as const;
  });
  const text = JSON.stringify({ ...manifest, stacks: Object.fromEntries(stacks) }, undefined, 2);
  const path = join(given, manifestName);
  atPath(path, () => writeFileAtomically(path, `${text}\n`));
}

const manifestName = "manifest.json";
