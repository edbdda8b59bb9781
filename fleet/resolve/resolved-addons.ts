/** Which add-ons the hub has, and with which options. */
import type { AddonDeclaration, AddonOptions } from "../model/addons.ts";

/**
 * @param written the options of those that the fleet file names, already checked
 * @returns the options of every declared add-on
 */
export function resolvedAddons(
  declarations: readonly AddonDeclaration[],
  written: Readonly<Record<string, unknown>>,
): AddonOptions {
  const options = new Map(
    declarations.map((declaration) => [
      declaration.name,
      (written[declaration.name] as object | undefined) ?? declaration.options.parse({}),
    ]),
  );
  const needsOf = new Map(declarations.map(({ name, needs = [] }) => [name, needs]));
  // What an add-on needs can need others. A circle ends at a name that was seen.
  const isEnabled = (name: string, seen: readonly string[] = []): boolean => {
    const own = options.get(name);
    if (own === undefined) throw new Error(`an add-on needs ${name}, which is not declared`);
    const needs = (needsOf.get(name) ?? []).filter((need) => !seen.includes(need));
    return (
      (!("enabled" in own) || own.enabled === true) &&
      needs.every((need) => isEnabled(need, [...seen, name]))
    );
  };
  return new Map(
    declarations.map(({ name }) => [name, isEnabled(name) ? (options.get(name) ?? null) : null]),
  );
}
