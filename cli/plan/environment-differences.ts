/** How two environments of a project differ: in what they declare, and in what their locks pin. */
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { readSource } from "../../fleet/resolve/load.ts";
import { fileOfEnvironment } from "../project/environment.ts";
import { loadWithoutKey } from "../project/project.ts";
import type { Screen } from "../terminal/screen.ts";
import { fieldChanges } from "./field-changes.ts";
import type { FieldChange } from "./plan.ts";
import { formatLines } from "./plan-text.ts";
import { changeWords, counted } from "./wording.ts";

export interface EnvironmentDifferences {
  readonly from: string;
  readonly to: string;
  /** In the fleet files. */
  readonly declared: readonly FieldChange[];
  /** In the locks. */
  readonly pinned: readonly FieldChange[];
}

/**
 * Everything that is made follows from these two, the code that both share, and keys.
 *
 * @param fleetFile of the project, or of one of its environments
 * @throws InputError with every mistake in either of them
 */
export async function environmentDifferences(
  fleetFile: string,
  from: string,
  to: string,
): Promise<EnvironmentDifferences> {
  const base = fleetFilesOf(fleetFile).environment?.base ?? fleetFile;
  const load = async (name: string) => {
    const file = fileOfEnvironment(base, { name, by: "--between" });
    const { fleet, files } = await loadWithoutKey(file);
    return { value: readSource(files).value, pins: fleet.pins };
  };
  const [before, after] = [await load(from), await load(to)];
  return {
    from,
    to,
    declared: fieldChanges(before.value, after.value),
    pinned: fieldChanges(before.pins, after.pins),
  };
}

export function formatDifferences(
  { from, to, declared, pinned }: EnvironmentDifferences,
  screen: Screen,
): string {
  const heading = (text: string) => ({ indent: 0, text, tone: "heading" as const });
  const section = (title: string, fields: readonly FieldChange[]) => [
    heading(fields.length === 0 ? `${title}: the same` : title),
    ...fields.map((field) => ({ indent: 2, text: `${field.path}  ${changeWords(field)}` })),
  ];
  const sections = [
    [heading(`From ${from} to ${to}`)],
    section("Fleet file", declared),
    section("Pins of the lock", pinned),
    [heading(`${counted(declared.length + pinned.length, "difference")}.`)],
  ];
  return sections.map((lines) => formatLines(lines, screen)).join("\n");
}
