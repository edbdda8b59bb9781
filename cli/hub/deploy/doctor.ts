/**
 * Checks what a deployment needs of this machine and of the project, and shows what was found and the
 * fix. Nothing is changed, and credentials that a program prints are not kept.
 */
import { formatTable, type Session } from "../../terminal/session.ts";
import { toned, type Tone } from "../../terminal/tones.ts";
import type { Check, CheckedProject } from "../checks/check.ts";
import { cloudCommands } from "../clouds/index.ts";
import { machineChecks } from "../checks/tools.ts";
import { repositoryCheck } from "./check-repository.ts";

export interface DoctorReport {
  readonly fleet: string;
  /** Whether a deployment can begin. */
  readonly ready: boolean;
  readonly checks: readonly Check[];
}

/** Runs all checks, in the order in which to fix them. */
export async function runChecks(project: CheckedProject, session: Session): Promise<DoctorReport> {
  const { fleet } = project;
  const cloud = cloudCommands(fleet);
  const machine = await machineChecks(cloud, session);
  const [ofCloud, ofRepository] = await Promise.all([
    cloud.checks(machine, session),
    repositoryCheck(project, session),
  ]);
  const checks = [...machine, ...ofCloud.flat(), ...ofRepository];
  return { fleet: fleet.name, ready: !checks.some(isBlocking), checks };
}

/** Whether a deployment would fail because of it. */
export function isBlocking({ state, needed }: Check): boolean {
  return needed && state === "missing";
}

/** How a check is shown: a deployment works without what is an advice only. */
const wordOf = (check: Check) =>
  check.state === "missing" && !check.needed ? "advice" : check.state;

const tones: Readonly<Record<ReturnType<typeof wordOf>, Tone>> = {
  ok: "good",
  missing: "bad",
  advice: "warning",
  unknown: "warning",
};

/** A line for each, with the fix below. */
export function formatChecks(checks: readonly Check[], colours: boolean): string {
  const rows = formatTable(checks.map((check) => [wordOf(check), check.name, check.found]))
    .trimEnd()
    .split("\n")
    .map((row, index) => {
      const word = wordOf(checks[index] as Check);
      return `${toned(word, tones[word], colours)}${row.slice(word.length)}`;
    });
  return checks
    .map(({ state, fix }, index) =>
      state === "ok" || fix === null ? `${rows[index]}\n` : `${rows[index]}\n          → ${fix}\n`,
    )
    .join("");
}
