/** Modules that stay outside a bundle of own code: those of Node and of most packages. */
import { join } from "node:path";
import type { OnLoadArgs, OnResolveArgs } from "esbuild";

export const outsideNamespace = "flotilla-outside";

/**
 * A bundle is an ES module, which has no `require`. What a module of CommonJS requires is required from
 * that module's own folder.
 */
export function outside({ path, kind, resolveDir }: OnResolveArgs) {
  if (kind !== "require-call") return { path, external: true };
  return {
    path: `${path} of ${resolveDir}`,
    namespace: outsideNamespace,
    pluginData: { specifier: path, from: join(resolveDir, "index.js") },
  };
}

/** The text of a module of CommonJS that stands for one outside. */
export function outsideModule({ pluginData }: OnLoadArgs) {
  const { specifier, from } = pluginData as { readonly specifier: string; readonly from: string };
  const create = `process.getBuiltinModule("node:module").createRequire(${JSON.stringify(from)})`;
  const contents = `module.exports = ${create}(${JSON.stringify(specifier)});\n`;
  return { contents, loader: "js" as const };
}
