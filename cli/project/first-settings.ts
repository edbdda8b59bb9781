/** The settings of a new project: from options, from the user at the terminal, or the defaults. */
import { OperationError } from "../../fleet/files/operation-error.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../fleet/grammar/source.ts";
import { declareFleet } from "../../fleet/resolve/declaration.ts";
import { grammar } from "../../gitops/grammar.ts";
import type { Session } from "../terminal/session.ts";
import { defaultSettings, fleetText, type ProjectSettings } from "./project-template.ts";

export type GivenSettings = Partial<ProjectSettings>;

type Key = keyof ProjectSettings;

const defaultName = "corner-cafe";

/** In this order they are asked for; and where each of them is in the fleet file. */
const questions: Readonly<Record<Key, { readonly question: string; readonly path: string }>> = {
  name: { question: "Name of the fleet, which cannot change later", path: "fleet" },
  domain: { question: "Domain of the hub, a DNS zone", path: "domain" },
  project: { question: "Google Cloud project", path: "cloud.project" },
  repository: { question: "State repository, a Git URL", path: "repository.url" },
};
const keys = Object.keys(questions) as Key[];

const noRepository = "one on this machine";

/**
 * @param ask asks the user; absent without a terminal, and if nobody is to be asked
 * @throws InputError with every option that is not valid
 * @throws OperationError if the user ends the input
 */
export async function firstSettings(
  given: GivenSettings,
  { ask, progress }: Pick<Session, "ask" | "progress">,
): Promise<ProjectSettings> {
  const name = given.name ?? defaultName;
  let settings: ProjectSettings = { ...withoutRepository(name), ...given };
  const mistakes = keys
    .filter((key) => given[key] !== undefined)
    .flatMap((key) => {
      const message = problemOf(settings, key);
      return message === undefined ? [] : [{ file: `--${key}`, message }];
    });
  if (mistakes.length > 0) throw new InputError(mistakes);
  if (ask === undefined) return settings;
  for (const key of keys.filter((each) => given[each] === undefined)) {
    settings = await askedFor(key, settings, { ask, progress });
    if (key === "name")
      settings = { ...withoutRepository(settings.name), ...given, name: settings.name };
  }
  return settings;
}

/** Asks until the answer is valid. */
async function askedFor(
  key: Key,
  settings: ProjectSettings,
  { ask, progress }: { ask: NonNullable<Session["ask"]>; progress: Session["progress"] },
): Promise<ProjectSettings> {
  const { question } = questions[key];
  for (;;) {
    const answer = await ask(`${question} (${settings[key] ?? noRepository}): `);
    if (answer === "\n") throw new OperationError("stopped: nothing was written");
    if (answer.trim() === "") return settings;
    const answered = { ...settings, [key]: answer.trim() };
    const problem = problemOf(answered, key);
    if (problem === undefined) return answered;
    progress(problem);
  }
}

function withoutRepository(name: string): ProjectSettings {
  const { repository: _, ...settings } = defaultSettings(name);
  return settings;
}

/** What the grammar of the fleet file says about one setting. */
function problemOf(settings: ProjectSettings, key: Key): string | undefined {
  try {
    const source = parseSource("fleet.yaml", fleetText(settings, false));
    declareFleet(source, grammar.workloads, undefined, grammar.extensions);
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.find(({ path }) => path === questions[key].path)?.message;
  }
}
