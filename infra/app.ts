/**
 * The synthesis of the cloud: a fleet in, the files of `dist/infra` out, in memory.
 *
 * cdktf's own `App` is left out: it makes folders when it is constructed, and it reads its version,
 * output format and context from the environment. What it does beyond that (prepare, validate,
 * render each stack, list the stacks in a manifest) is done here by the same calls on the stack.
 */
import { createRequire } from "node:module";
import type { TerraformStack } from "cdktf";
import { RootConstruct } from "constructs";
import type { Fleet } from "../fleet/model/fleet.ts";
import { sortedTree } from "../fleet/model/tree.ts";
import type { Tree } from "../fleet/model/tree.ts";
import { ArgoCdStack, argoCdFiles } from "./stacks/argocd.ts";
import { GitHubStack } from "./stacks/github.ts";
import { HubStack } from "./stacks/hub.ts";
import { stackNames } from "../fleet/model/contract.ts";

const cdktfVersion = (createRequire(import.meta.url)("cdktf/package.json") as { version: string })
  .version;

/**
 * The files that `cdktf synth` puts into its output folder: `manifest.json`, which tells cdktf's
 * command line of the stacks, and `stacks/<stack>/cdk.tf.json` for Terraform; and the chart that the
 * stack `argocd` installs from its own folder.
 */
export function synthesizeInfra(fleet: Fleet): Tree {
  const app = new RootConstruct();
  // Where a stack looks for the version that it writes into its metadata.
  app.node.setContext("cdktfVersion", cdktfVersion);
  const hub = new HubStack(app, stackNames.hub, { fleet });
  const argoCd = new ArgoCdStack(app, stackNames.argoCd, { fleet });
  argoCd.addDependency(hub);
  const wantsGitHub = fleet.repository.github !== undefined;
  const stacks = [
    ...(wantsGitHub ? [new GitHubStack(app, stackNames.repository, { fleet })] : []),
    hub,
    argoCd,
  ];

  // All stacks are prepared before the first is rendered: a reference adds to the other stack.
  for (const stack of stacks) stack.prepareStack();
  for (const stack of stacks) stack.runAllValidations();
  return sortedTree([
    ["manifest.json", encode(manifest(stacks))],
    ...stacks.map(
      (stack) => [`${folder(stack)}/cdk.tf.json`, encode(stack.toTerraform())] as const,
    ),
    ...argoCdFiles.map(([path, text]) => [`${folder(argoCd)}/${path}`, text] as const),
  ]);
}

/** cdktf's manifest, format 0.21: paths are relative to the output folder. */
function manifest(stacks: readonly TerraformStack[]): unknown {
  const entries = stacks.map((stack) => [
    stack.node.id,
    {
      name: stack.node.id,
      constructPath: stack.node.path,
      workingDirectory: folder(stack),
      synthesizedStackPath: `${folder(stack)}/cdk.tf.json`,
      stackMetadataPath: `${folder(stack)}/metadata.json`,
      annotations: [],
      dependencies: stack.dependencies.map((dependency) => dependency.node.path),
    },
  ]);
  return { version: cdktfVersion, stacks: Object.fromEntries(entries) };
}

function folder(stack: TerraformStack): string {
  return `stacks/${stack.node.id}`;
}

/** JSON with the keys of every object in order, whatever the order of construction was. */
function encode(value: unknown): string {
  return `${JSON.stringify(value, sortKeys, 2)}\n`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}
