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
  const isEnabled = (name: string): boolean => {
    const own = options.get(name);
    if (own === undefined) throw new Error(`an add-on needs ${name}, which is not declared`);
    return !("enabled" in own) || own.enabled === true;
  };
  return new Map(
    declarations.map(({ name, needs = [] }) => [
      name,
      [name, ...needs].every(isEnabled) ? (options.get(name) ?? null) : null,
    ]),
  );
}
