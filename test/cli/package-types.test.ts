/** Every type in a signature of the package can be imported: other paths of the package are closed. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportsOf, namedTypes } from "./declared-api.ts";
import { temporaryFolder } from "./temporary.ts";

const root = join(import.meta.dirname, "..", "..");
const entries = [
  "cli/project/main",
  "infra/index",
  "gitops/index",
  "edge/index",
  "fleet/index",
] as const;

/** The declarations of the entries, as the package has them. */
function declarations(): string {
  const folder = temporaryFolder();
  const settings = {
    extends: join(root, "tsconfig.json"),
    include: [],
    files: entries.map((entry) => join(root, `${entry}.ts`)),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: root,
      outDir: folder,
      typeRoots: [join(root, "node_modules", "@types")],
    },
  };
  const configuration = join(folder, "tsconfig.json");
  writeFileSync(configuration, JSON.stringify(settings));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", configuration], { stdio: "inherit" });
  return folder;
}

/** Types that nobody has to name, with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  Entry: "a file in an ISO: part of Volume",
  JsonObject: "any JSON",
  PlainObject: "Manifest is its name",
  Takes: "a part of FittingDefinition, which only the compiler reads",
  LabelSelector: "of Kubernetes' API: written as a literal",
  NetworkPolicyPort: "of Kubernetes' API: written as a literal",
  PodSpec: "of Kubernetes' API: written as a literal",
  Toleration: "of Kubernetes' API: written as a literal",
  ClusterSecretStoreSpecProvider: "of the API of External Secrets: written as a literal",
};

test("every type in an exported signature is exported", { timeout: 120_000 }, () => {
  const folder = declarations();
  const files = entries.map((entry) => join(folder, `${entry}.d.ts`));
  const exported = new Set(
    files.flatMap((file) => exportsOf(file).map(([name, source]) => `${source} ${name}`)),
  );
  const named = files.flatMap(namedTypes);
  expect(named.length).toBeGreaterThan(100);
  const missing = named.filter(
    ({ name, file }) => !exported.has(`${file} ${name}`) && !(name in exceptions),
  );
  const texts = missing.map(
    ({ name, file, by }) => `${file.slice(folder.length + 1)} ${name} (in ${by})`,
  );
  expect([...new Set(texts)].toSorted()).toEqual([]);
  const used = new Set(named.map(({ name }) => name));
  expect(Object.keys(exceptions).filter((name) => !used.has(name))).toEqual([]);
});
