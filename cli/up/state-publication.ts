/** Publishes the state of a project, after a look at what it would do to devices. */
import { relative, resolve, sep } from "node:path";
import { OperationError } from "../../fleet/files/operation-error.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Plan } from "../plan/plan.ts";
import { planProject } from "../plan/project-plan.ts";
import { counted, rangesOf } from "../plan/wording.ts";
import type { Project } from "../project/project.ts";
import { publish, type Publication } from "../publish/publish.ts";
import { isUrl } from "../../fleet/model/git-url.ts";
import { askFor, type ConsentOptions } from "../terminal/consent.ts";
import { maskCredentials } from "../terminal/mask.ts";
import type { Session } from "../terminal/session.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export interface PublishingOptions extends ConsentOptions {
  /** Publish although devices would get other addresses or another root key. */
  readonly force?: boolean;
}

/** Whether the state goes into a repository in `dist`, which no hub reads. */
export function isEmbedded({ fleet, directory }: Project): boolean {
  const { push } = fleet.repository;
  if (isUrl(push)) return false;
  const path = relative(resolve(directory, "dist"), resolve(directory, push));
  return path !== "" && path !== ".." && !path.startsWith(`..${sep}`);
}

/**
 * Pushes the state to the repository of the fleet file. Asks first if devices would be cut off or need
 * a new image.
 *
 * @throws OperationError without consent, or if the lock is not that of the published devices
 */
export async function publishState(
  project: Project,
  options: PublishingOptions,
  session: Session,
): Promise<Publication> {
  const { repository } = project.fleet;
  if (isEmbedded(project) && !isPlaceholder(repository.url)) {
    const url = maskCredentials(repository.url);
    session.progress(
      `Publishing to ${repository.push} on this machine only: Argo CD reads ${url} and does not ` +
        "see it. To publish there, delete repository.push in the fleet file",
    );
  }
  return publish({
    remote: repository.push,
    branch: repository.branch,
    directory: project.directory,
    tree: await project.state(),
    signingKeys: repository.signing?.keys,
    onProgress: session.progress,
    review: async (found) => {
      const onProblem = (problem: string) => {
        if (!options.force) throw new OperationError(`nothing was published: ${problem}`);
      };
      const plan = await planProject(project, [], session, onProblem, found);
      const effects = effectsOf(plan);
      if (effects.length === 0 || options.yes) return;
      for (const line of effects) session.progress(line);
      session.progress(`The whole plan: ${flotillaCommand("plan")}`);
      if (session.ask === undefined) {
        throw new OperationError(
          `nothing was published: ${effects.join("; ")}. To publish it anyway, add --yes`,
        );
      }
      await askFor("yes", "Publish this?", options, session);
    },
  });
}

/** What a publish does to devices that somebody has to know before, as lines of text. */
function effectsOf({ devices }: Plan): readonly string[] {
  const having = (isSuch: (device: Plan["devices"][number]) => boolean) =>
    devices.filter(isSuch).map(({ device }) => device);
  const groups = [
    ["removed and no longer managed", having(({ change }) => change === "removed")],
    ["cut off until reinstalled", having(({ image }) => image === "reinstall")],
    ["in need of a new image", having(({ image }) => image === "changed")],
  ] as const;
  return groups
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${counted(names.length, "device")} ${what}: ${someOf(names)}`);
}

/** Further ranges are not listed. */
const rangesMax = 20;

function someOf(names: readonly string[]): string {
  const ranges = rangesOf(names);
  const more = ranges.length > rangesMax ? ", …" : "";
  return `${ranges.slice(0, rangesMax).join(", ")}${more}`;
}

/** Whether a URL is on a domain that is reserved for examples (RFC 2606), so there is nothing there. */
function isPlaceholder(url: Fleet["repository"]["url"]): boolean {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?([^/:]+)|^(?:[^@/]*@)?([^/:]+):/i.exec(url);
  const name = host?.[1] ?? host?.[2] ?? "";
  return /(^|\.)(example|invalid|test|localhost|example\.(com|net|org))$/i.test(name);
}
