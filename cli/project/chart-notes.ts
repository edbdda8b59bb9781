/** Says where the lock decides against the charts in a user's own classes. */
import { formatMistake } from "../../fleet/grammar/mistakes.ts";
import { compareVersions } from "../pins/versions.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import type { LoadedProject } from "./project.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

/** The fleets for which it was said: `up` synthesizes and plans. */
const noted = new WeakSet<object>();

/**
 * Prints a warning for each own add-on whose class has a newer version of its chart than the lock, or another
 * repository. A class that is older than the lock is usual: `flotilla pin` changes the lock alone.
 */
export async function noteChartPins(
  { fleet, ownCode }: Pick<LoadedProject, "fleet" | "ownCode">,
  session: Session,
): Promise<void> {
  const { registry, source } = ownCode;
  if (source === undefined || noted.has(fleet)) return;
  noted.add(fleet);
  const { ownAddonsOf } = await import("../../gitops/registry.ts");
  for (const { name, chart } of ownAddonsOf(registry)) {
    const pin = fleet.pins.charts[chart.name];
    const message = pin && pinMessage(chart, pin);
    if (message === undefined) continue;
    const path = `addons.${name}.chart`;
    session.progress(`warning: ${formatMistake({ file: shownPath(source.file), path, message })}`);
  }
}

interface Version {
  readonly repository: string;
  readonly version: string;
}

function pinMessage(
  { name, repository, version }: Version & { readonly name: string },
  pin: Version,
): string | undefined {
  if (pin.repository !== repository) {
    return `the lock has the repository ${pin.repository}, and the class has ${repository}. The lock decides. To use that of the class, delete ${name} from pins.charts of the lock.`;
  }
  if (compareVersions(version, pin.version) <= 0) return undefined;
  return `the lock has version ${pin.version}, and the class has ${version}. The lock decides. To use that of the class: ${flotillaCommand("pin")} --only charts/${name} --to ${version}`;
}
