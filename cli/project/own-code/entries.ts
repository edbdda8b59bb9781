/**
 * What a user's own code can import of Flotilla, and the packages that the command line has inside. It
 * gets the modules of the running program, so that there is one `EdgeDevice` and one `Chart`, wherever
 * Flotilla is installed.
 */

/** By the name in an import; a module is loaded when it is asked for. */
const entries: Readonly<Record<string, () => Promise<object>>> = {
  flotilla: () => import("./definition.ts"),
  "flotilla/edge": () => import("../../../edge/index.ts"),
  "flotilla/fleet": () => import("../../../fleet/index.ts"),
  "flotilla/gitops": () => import("../../../gitops/index.ts"),
  "flotilla/infra": () => import("../../../infra/index.ts"),
};

/** Packages inside the command line's bundle, by their name in an import. */
const bundledPackages: Readonly<Record<string, () => Promise<object>>> = {
  cdk8s: () => import("cdk8s"),
  "cdk8s-plus-27": () => import("cdk8s-plus-27"),
  zod: () => import("zod"),
};

export const entryNames: readonly string[] = Object.keys(entries);
export const bundledNames: readonly string[] = Object.keys(bundledPackages);

/**
 * Packages whose classes a project shares with Flotilla. Those that are not in the command line's bundle
 * are installed beside it, see `external` in cli/bundle.mjs.
 */
export const sharedPackages: readonly string[] = [
  ...bundledNames,
  "@cdktf/provider-google",
  "cdktf",
  "constructs",
].toSorted();

async function loadEntry(name: string): Promise<object> {
  const load = entries[name] ?? bundledPackages[name];
  if (load === undefined) throw new Error(`flotilla has no entry ${name}`);
  const module: { readonly default?: object } = await load();
  // A package of CommonJS inside a bundle.
  const isCommonJs = Object.keys(module).join() === "default";
  return isCommonJs ? (module.default ?? module) : module;
}

/** Where bundled code finds `loadEntry`, and those that it requires: CommonJS cannot wait. */
const key = "flotilla.loadEntry";
const requiredKey = "flotilla.requiredEntries";

/** @param required the names that the code requires instead of importing them */
export async function offerEntries(required: readonly string[]): Promise<void> {
  const loaded = required.map(async (name) => [name, await loadEntry(name)] as const);
  Object.assign(globalThis, {
    [Symbol.for(key)]: loadEntry,
    [Symbol.for(requiredKey)]: Object.fromEntries(await Promise.all(loaded)),
  });
}

export function isOwnCodeLoaded(): boolean {
  return Symbol.for(key) in globalThis;
}

/** The text of a module of CommonJS that stands for an entry. */
export function requiredModule(name: string): string {
  return `module.exports = globalThis[Symbol.for(${JSON.stringify(requiredKey)})][${JSON.stringify(name)}];\n`;
}

/** The text of a module that stands for an entry. */
export async function entryModule(name: string): Promise<string> {
  const all = Object.keys(await loadEntry(name));
  const names = all.filter((each) => /^(?!__|default$)[A-Za-z_$][\w$]*$/.test(each));
  const load = `globalThis[Symbol.for(${JSON.stringify(key)})]`;
  const lines = [
    `const module = await ${load}(${JSON.stringify(name)});`,
    `export const { ${names.join(", ")} } = module;`,
    ...(all.includes("default") ? ["export default module.default;"] : []),
  ];
  return `${lines.join("\n")}\n`;
}
