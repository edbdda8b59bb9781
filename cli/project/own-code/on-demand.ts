/**
 * cdktf and its providers in a user's own code: they take most of a second to load, and only the
 * synthesis of the hub uses them. So a bundle loads each one when its code first uses a name of it.
 */
import { createRequire } from "node:module";
import type { Plugin } from "esbuild";

/** Where bundled code finds `loadPackage`. */
const key = "flotilla.loadPackage";
export const packageNamespace = "flotilla-package";
const valuesNamespace = "flotilla-package-values";

const loadPackage: (file: string) => object = createRequire(import.meta.url);

export function offerPackages(): void {
  Object.assign(globalThis, { [Symbol.for(key)]: loadPackage });
}

export function isOnDemand(packageName: string): boolean {
  return packageName === "cdktf" || packageName.startsWith("@cdktf/");
}

/** What a bundle needs to know of a module of such a package. */
export interface PackageModule {
  readonly file: string;
  readonly names: readonly string[];
}

/** Undefined for a module that only its user can load: then the error is at its import. */
export function packageModule(file: string): PackageModule | undefined {
  try {
    return { file, names: Object.keys(loadPackage(file)).filter((name) => name !== "default") };
  } catch {
    return undefined;
  }
}

/**
 * Two modules for each: one declares the names, so that esbuild reports others at their line, and one
 * of CommonJS has a getter for each, because esbuild reads an import from CommonJS at every use.
 */
export const onDemandPlugin: Plugin = {
  name: "flotilla-on-demand",
  setup(builder) {
    builder.onResolve({ filter: /./, namespace: packageNamespace }, ({ path, pluginData }) => ({
      path,
      namespace: valuesNamespace,
      pluginData,
    }));
    builder.onLoad({ filter: /./, namespace: packageNamespace }, ({ path, pluginData }) => {
      const { names } = pluginData as PackageModule;
      const exported = ["default", ...names].join(", ");
      const contents = `export { ${exported} } from ${JSON.stringify(path)};\n`;
      return { contents, loader: "js", pluginData };
    });
    builder.onLoad({ filter: /./, namespace: valuesNamespace }, ({ pluginData }) => ({
      contents: valuesText(pluginData as PackageModule),
      loader: "js",
    }));
  },
};

function valuesText({ file, names }: PackageModule): string {
  const load = `globalThis[Symbol.for(${JSON.stringify(key)})](${JSON.stringify(file)})`;
  return `Object.defineProperty(exports, "__esModule", { value: true });
const define = (name, get) => Object.defineProperty(exports, name, { enumerable: true, get });
define("default", () => ${load});
for (const name of ${JSON.stringify(names)}) define(name, () => ${load}[name]);
`;
}
