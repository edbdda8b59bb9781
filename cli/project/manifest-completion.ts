/** Adds to a package.json what a project of Flotilla needs; what is there stays. */
import { isMapping } from "../../fleet/model/values.ts";

export interface CompletedManifest {
  readonly text: string;
  /** The keys that were added, like `scripts.test`. */
  readonly added: readonly string[];
  /** Whether it says that the project's files are CommonJS: then its mains do not run. */
  readonly isCommonJs: boolean;
}

/**
 * @param template the package.json of a new project
 * @returns undefined if the text is not a package.json
 */
export function completeManifest(text: string, template: string): CompletedManifest | undefined {
  const manifest = parsed(text);
  if (manifest === undefined) return undefined;
  const { type, scripts, devDependencies } = JSON.parse(template);
  const added: string[] = [];
  const add = (target: Mapping, key: string, value: unknown, path: string) => {
    if (Object.hasOwn(target, key)) return;
    target[key] = value;
    added.push(path);
  };
  add(manifest, "type", type, "type");
  const sections = { scripts, devDependencies };
  for (const [section, values] of Object.entries(sections)) {
    const target = mapping(manifest[section]);
    for (const [key, value] of Object.entries(values as Mapping)) {
      const isDependency = Object.hasOwn(mapping(manifest["dependencies"]), key);
      const isPlaceholder = /^echo .*no test specified/.test(String(target[key]));
      if (section === "scripts" && isPlaceholder) delete target[key];
      if (section === "scripts" || !isDependency) add(target, key, value, `${section}.${key}`);
    }
    if (Object.keys(target).length > 0) manifest[section] = target;
  }
  return {
    text: `${JSON.stringify(manifest, undefined, 2)}\n`,
    added,
    isCommonJs: manifest["type"] === "commonjs",
  };
}

type Mapping = Record<string, unknown>;

function parsed(text: string): Mapping | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null ? (value as Mapping) : {};
}
