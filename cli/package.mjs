// Makes the package of this checkout. npm runs it around `npm pack` and `npm publish`: first with
// `make`, then with `clean`. What is packed is in lib/, and package.json is that of the package meanwhile.
// After a pack that was interrupted, `node cli/package.mjs clean` brings back the checkout's own.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, buildCommandLine, writePrograms } from "./bundle.mjs";

const root = dirname(import.meta.dirname);
const lib = join(root, "lib");
const manifest = join(root, "package.json");
/** The package.json of the checkout, while that of the package is in its place. */
const kept = join(lib, "package.checkout.json");

/** What the package exports, by name. */
const entryPoints = {
  flotilla: "cli/project/main.ts",
  infra: "infra/index.ts",
  gitops: "gitops/index.ts",
  edge: "edge/index.ts",
  fleet: "fleet/index.ts",
};

/**
 * lib/: what the package exports, with its types. Other packages stay outside, so that a project shares
 * their classes. lib/cli/: the command line, which has its packages inside and starts faster.
 */
async function make() {
  clean();
  await build(lib, { entryPoints, packages: "external" });
  const commandLine = join(lib, "cli");
  const metafile = await buildCommandLine(commandLine);
  await writePrograms(commandLine, lib);
  writeFileSync(join(lib, "THIRD-PARTY-NOTICES.txt"), notices(metafile));
  writeTypes();
  const checkout = readFileSync(manifest, "utf8");
  writeFileSync(kept, checkout);
  writeFileSync(manifest, `${JSON.stringify(packageManifest(JSON.parse(checkout)), null, 2)}\n`);
}

/** The checkout as it was before. */
function clean() {
  if (existsSync(kept)) renameSync(kept, manifest);
  rmSync(lib, { recursive: true, force: true });
}

/** The licences of the packages inside a bundle. */
function notices({ inputs }) {
  const folders = Object.keys(inputs).flatMap(
    (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [],
  );
  const texts = [...new Set(folders)].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, "package.json"), "utf8"),
    );
    const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e(\.|$)/i.test(each));
    const text = file === undefined ? "" : `\n${readFileSync(join(root, folder, file), "utf8")}`;
    return `${name} ${version}, licence ${license}\n${text}`;
  });
  return `lib/cli/ contains these packages.\n\n${texts.join("\n----\n\n")}`;
}

/** Declarations of the entries, and of what they name. */
function writeTypes() {
  const configuration = join(lib, "tsconfig.json");
  const settings = {
    extends: "../tsconfig.json",
    include: [],
    files: Object.values(entryPoints).map((entry) => join(root, entry)),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: root,
      outDir: join(lib, "types"),
    },
  };
  writeFileSync(configuration, JSON.stringify(settings));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", configuration], { stdio: "inherit" });
  rmSync(configuration);
}

/** In a checkout the entries are sources; in the package they are what was made of them. */
function packageManifest({ scripts: _scripts, devDependencies: _tools, ...checkout }) {
  const exported = Object.entries(entryPoints).map(([name, source]) => [
    name === "flotilla" ? "." : `./${name}`,
    { types: `./lib/types/${source.replace(/\.ts$/, ".d.ts")}`, default: `./lib/${name}.mjs` },
  ]);
  return { ...checkout, exports: Object.fromEntries(exported) };
}

if (process.argv[2] === "make") await make();
else clean();
