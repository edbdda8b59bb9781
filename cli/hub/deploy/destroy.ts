/**
 * Deletes a hub in the order that leaves nothing behind: first Argo CD, which would make deleted
 * objects again; then the load balancers and disks that Kubernetes made; then the cluster and the
 * network. The state repository is kept: it costs nothing, and a new hub starts from it.
 */
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { shellWord } from "../../../fleet/model/shell-word.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { openHub, type Kubectl } from "../kubectl/kubectl.ts";
import type { CloudCommands, MadeCluster } from "../clouds/cloud.ts";
import { cloudCommands } from "../clouds/index.ts";
import { wrongHub, readIdentity } from "../bootstrap/hub-owner.ts";
import type { Project } from "../../project/project.ts";
import { count, formatTable, shownPath, type Session } from "../../terminal/session.ts";
import { synthesize } from "../../project/synthesis.ts";
import { askFor, refuseWithoutTerminal, type ConsentOptions } from "../../terminal/consent.ts";
import { attemptMilliseconds, leftovers, removeLeftovers, retainedDisks } from "./leftovers.ts";
import type { Leftover } from "./leftovers.ts";
import { stacksFolder } from "./stacks.ts";
import { openStack, protectedResources, type Stack } from "./terraform.ts";
import {
  argoNamespace,
  deviceLabel,
  gatewayNamespace,
  kubeconfigVariable,
  stackNames,
} from "../../../fleet/model/contract.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

export interface DestroyReport {
  readonly fleet: string;
  /** Removed by Kubernetes before the cluster was deleted. */
  readonly removed: readonly Leftover[];
  /** Disks that remain, because their reclaim policy in the cluster is Retain. */
  readonly keptDisks: readonly string[];
  readonly stacks: readonly string[];
}

export interface DestroyOptions extends ConsentOptions {
  /** Between two checks whether Kubernetes is done. @default 10,000 */
  readonly waitMilliseconds?: number;
}

/** @throws OperationError if the hub is protected, a program fails, or the user does not agree */
export async function destroy(
  project: Project,
  options: DestroyOptions,
  session: Session,
): Promise<DestroyReport> {
  const { fleet } = project;
  const cloud = cloudCommands(fleet);
  const { madeCluster } = cloud;
  if (madeCluster === undefined) throw foreignCluster(project, cloud, session);
  refuseProtected(madeCluster);
  refuseWithoutTerminal(options, session);
  await synthesize(project, ["infra", "gitops"], session);
  const folder = stacksFolder(project);
  const hub = await openStack(folder, stackNames.hub, session);
  const kubectl = await hubOf(fleet, cloud, session);
  const found = kubectl === undefined ? [] : await leftovers(kubectl);
  const keptDisks = kubectl === undefined ? [] : await retainedDisks(kubectl);
  await confirm(fleet.name, madeCluster, hub, found, options, session);

  const argoCd = await openStack(folder, stackNames.argoCd, session);
  if (kubectl === undefined) {
    session.progress("The cluster is already deleted, with everything in it.");
    await argoCd.forget(await argoCd.resources());
  } else {
    await takeDown(argoCd);
    if (found.length > 0) {
      session.progress(`Removing ${count(found.length, "load balancer or disk")} …`);
      const milliseconds = options.waitMilliseconds ?? attemptMilliseconds;
      await removeLeftovers(kubectl, found, async () => void (await sleep(milliseconds)));
    }
  }
  await liftProtection(hub, protectedResources(folder, stackNames.hub), session);
  await takeDown(hub);
  return {
    fleet: fleet.name,
    removed: found,
    keptDisks,
    stacks: [stackNames.argoCd, stackNames.hub],
  };
}

/** The error for a cluster that Flotilla did not make. */
function foreignCluster(
  project: Project,
  { context }: CloudCommands,
  { environment }: Session,
): OperationError {
  const stack = shownPath(join(stacksFolder(project), stackNames.argoCd));
  const kubectl = `kubectl --context ${context}`;
  // Terraform's provider does not read $KUBECONFIG.
  const path = environment["KUBECONFIG"] ? `TF_VAR_${kubeconfigVariable}="$KUBECONFIG" ` : "";
  const applications = `${kubectl} get applications --namespace ${argoNamespace} --selector '!${deviceLabel}'`;
  return new OperationError(
    `Flotilla did not make the cluster ${context} (cloud.provider: existing), and does not delete it. ` +
      "To remove Argo CD:",
    {
      details: [
        `  ${path}terraform -chdir=${shellWord(stack)} destroy`,
        "Then the namespaces of the hub, with all data of its add-ons. The first command lists them:",
        `  ${applications} --output jsonpath='{.items[*].spec.destination.namespace}'`,
        `  ${kubectl} delete namespace ${gatewayNamespace} ${argoNamespace} …`,
        "Devices keep running without a hub. Cluster-wide objects of the add-ons stay: definitions of kinds, " +
          "roles, webhooks.",
      ],
    },
  );
}

function refuseProtected({ isProtected }: MadeCluster): void {
  if (!isProtected) return;
  throw new OperationError(
    "this hub is protected. If you want to delete it, write deletionProtection: false under cloud " +
      "in the fleet file, and run this again",
  );
}

/** kubectl for the hub; undefined if the cluster is deleted. */
async function hubOf(
  fleet: Fleet,
  { context, logIn }: CloudCommands,
  session: Session,
): Promise<Kubectl | undefined> {
  if (!(await logIn(session))) return undefined;
  const hub = await openHub({ context }, session);
  const refusal = wrongHub(await readIdentity(hub), hub, { fleet: fleet.name });
  if (refusal !== undefined) throw refusal;
  return hub.kubectl;
}

async function confirm(
  fleet: string,
  { place }: MadeCluster,
  hub: Stack,
  found: readonly Leftover[],
  options: ConsentOptions,
  session: Session,
): Promise<void> {
  const resources = await hub.resources();
  session.progress(
    `The hub of ${fleet} in ${place}: ` +
      `${count(resources.length, "resource")} of Terraform will be deleted.`,
  );
  if (found.length > 0) {
    session.progress("With their namespaces and all data on the disks:");
    const rows = found.map(({ kind, namespace, name, what }) => [kind, namespace, name, what]);
    session.progress(formatTable(rows).trimEnd());
  }
  await askFor(fleet, "This can't be undone.", options, session);
}

/** Google refuses to delete a cluster that is protected in Terraform's state. */
async function liftProtection(
  hub: Stack,
  protectedOnes: readonly string[],
  session: Session,
): Promise<void> {
  const there = new Set(await hub.resources());
  const targets = protectedOnes.filter((address) => there.has(address));
  if (targets.length === 0) return;
  session.progress("Removing the protection of the cluster …");
  if (await hub.plan({ targets })) await hub.apply();
}

async function takeDown(stack: Stack): Promise<void> {
  if (await stack.plan({ destroy: true })) await stack.apply();
}

/** The report as text. */
export function formatDestroy(report: DestroyReport, project: Project): string {
  const { keptDisks, removed } = report;
  const { madeCluster } = cloudCommands(project.fleet);
  const kept = keptDisks.map((disk) => `  ${madeCluster?.deleteDisk(disk)} # check it first`);
  const statePlace = madeCluster?.statePlace ?? shownPath(dirname(project.files.lockFile));
  return [
    `The hub of ${report.fleet} is deleted` +
      `${removed.length > 0 ? `, with ${count(removed.length, "load balancer or disk")}` : ""}.`,
    ...(kept.length > 0
      ? ["These disks remain, because their reclaim policy in the cluster is Retain:", ...kept]
      : []),
    ...(madeCluster ? [`Check that nothing costs money: ${madeCluster.showCosts}`] : []),
    `Devices need no change: ${flotillaCommand("deploy")} makes the hub again, from Git and the root key.`,
    `The state of Terraform is still in ${statePlace}.`,
    "",
  ].join("\n");
}
