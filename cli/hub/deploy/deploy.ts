/**
 * Deploys a hub: the checks, the synthesis, the stacks in their order, the secrets. Every step can be
 * repeated, so a run that was stopped is simply started again.
 */
import {
  argoNamespace,
  hubName,
  nameServersOutput,
  stackNames,
} from "../../../fleet/model/contract.ts";
import { publishState } from "../../up/state-publication.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { cloudCommands } from "../clouds/index.ts";
import { bootstrap, type BootstrapReport } from "../bootstrap/bootstrap.ts";
import type { CredentialOptions } from "../bootstrap/repository-credential.ts";
import type { Project } from "../../project/project.ts";
import type { Publication } from "../../publish/publish.ts";
import { count, type Session } from "../../terminal/session.ts";
import { synthesize } from "../../project/synthesis.ts";
import { deployStack, type StackReport } from "./stack-deployment.ts";
import { refuseWithoutTerminal, type ConsentOptions } from "../../terminal/consent.ts";
import { formatChecks, isBlocking, runChecks } from "./doctor.ts";
import { hasStack, makesRepository, stacksFolder } from "./stacks.ts";
import type { Stack } from "./terraform.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

export interface DeployOptions extends ConsentOptions, CredentialOptions {}

export interface DeployReport {
  readonly fleet: string;
  readonly domain: string;
  /** The DNS records that nothing makes by itself. */
  readonly records: readonly string[];
  readonly context: string;
  readonly stacks: readonly StackReport[];
  readonly publication: Publication;
  readonly bootstrap: BootstrapReport;
  /** The outputs of the stack `hub`. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * @throws OperationError if something needed is missing, a program fails, or the user does not agree;
 *   the next run continues
 */
export async function deploy(
  project: Project,
  options: DeployOptions,
  session: Session,
): Promise<DeployReport> {
  const { fleet } = project;
  refuseWithoutTerminal(options, session);
  await refuseUnprepared(project, session);
  await synthesize(project, ["infra", "gitops"], session);
  const stacks: StackReport[] = [];
  const folder = stacksFolder(project);
  const one = async (name: string): Promise<Stack> => {
    const { stack, report } = await deployStack(folder, name, options, session);
    stacks.push(report);
    return stack;
  };
  if (makesRepository(fleet)) await one(stackNames.repository);
  const publication = await publishState(project, options, session);
  const hub = hasStack(folder, stackNames.hub) ? await one(stackNames.hub) : undefined;
  await one(stackNames.argoCd);

  const { context, logIn, records } = cloudCommands(fleet);
  if (!(await logIn(session)))
    throw new OperationError(`the cluster ${hubName(fleet.name)} does not exist`);
  const placed = await bootstrap(project, { ...options, context }, session);
  const outputs = (await hub?.outputs()) ?? {};
  const { name, domain } = fleet;
  return { fleet: name, domain, records, context, stacks, publication, bootstrap: placed, outputs };
}

/** Refuses a deployment that is known to fail half way. */
async function refuseUnprepared(project: Project, session: Session): Promise<void> {
  session.progress("Checking this machine and the project …");
  const blocking = (await runChecks(project, session)).checks.filter(isBlocking);
  if (blocking.length === 0) return;
  session.progress(formatChecks(blocking, false).trimEnd());
  throw new OperationError(
    `${count(blocking.length, "thing")} missing, and nothing was changed. ${flotillaCommand("doctor")} shows ` +
      "all checks",
  );
}

/** The report as text. */
export function formatDeploy(report: DeployReport): string {
  const { fleet, stacks, publication, context, outputs } = report;
  const { remote, branch, commit } = publication;
  const lines = [
    ...stacks.map(({ stack, changed, seconds }) =>
      changed ? `${stack}: deployed in ${seconds} s` : `${stack}: no changes`,
    ),
    commit
      ? `${remote} (${branch}): ${commit.id.slice(0, 12)}: ${commit.subject}`
      : `${remote} (${branch}): nothing new to publish`,
  ];
  const kubectl = `kubectl --context ${context} -n ${argoNamespace}`;
  return [
    ...lines,
    "",
    `The hub of ${fleet} runs. Argo CD: https://localhost:8080, while this runs:`,
    `  ${kubectl} port-forward service/argocd-server 8080:443`,
    "Log in as admin, with the password that this command prints:",
    `  ${kubectl} get secret argocd-initial-admin-secret -o jsonpath='{.data.password}' | base64 -d`,
    ...domainSteps(report.domain, outputs),
    ...recordSteps(report),
    `Watch the devices: ${flotillaCommand("status")} --watch`,
    "",
  ].join("\n");
}

function recordSteps({ records }: DeployReport): readonly string[] {
  if (records.length === 0) return [];
  return ["Create these DNS records if they do not exist:", ...records.map((line) => `  ${line}`)];
}

/** Only the owner of the parent domain can do it. */
function domainSteps(domain: string, outputs: DeployReport["outputs"]): readonly string[] {
  const servers = outputs[nameServersOutput];
  if (!Array.isArray(servers)) return [];
  return [
    `Add these NS records to the parent domain of ${domain}:`,
    ...servers.map((server) => `  ${domain}. NS ${String(server)}`),
  ];
}
