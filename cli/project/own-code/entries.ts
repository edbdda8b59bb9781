/**
 * What a user's own code can import of Flotilla. It gets the modules of the running program, so that
 * there is one `EdgeDevice` and one `Addon`, wherever Flotilla is installed.
 */

/** By the name in an import; a module is loaded when it is asked for. */
const entries: Readonly<Record<string, () => Promise<object>>> = {
  flotilla: () => import("./definition.ts"),
  "flotilla/edge": () => import("../../../edge/index.ts"),
  "flotilla/fleet": () => import("../../../fleet/index.ts"),
  "flotilla/gitops": () => import("../../../gitops/index.ts"),
  "flotilla/infra": () => import("../../../infra/index.ts"),
};

export const entryNames: readonly string[] = Object.keys(entries);

async function loadEntry(name: string): Promise<object> {
  const load = entries[name];
  if (load === undefined) throw new Error(`flotilla has no entry ${name}`);
  return load();
}

/** Where bundled code finds `loadEntry`. */
const key = "flotilla.loadEntry";

export function offerEntries(): void {
  Object.assign(globalThis, { [Symbol.for(key)]: loadEntry });
}

/** The text of a module that stands for an entry. */
export async function entryModule(name: string): Promise<string> {
  const names = Object.keys(await loadEntry(name)).filter((each) => each !== "default");
  const load = `globalThis[Symbol.for(${JSON.stringify(key)})]`;
  return `export const { ${names.join(", ")} } = await ${load}(${JSON.stringify(name)});\n`;
}
