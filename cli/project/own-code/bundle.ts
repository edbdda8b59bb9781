/**
 * Makes one JavaScript module from a user's TypeScript: esbuild bundles flotilla.config.ts with the files
 * that it imports. Packages stay outside, except those that build on Flotilla or cdk8s: they get the classes
 * of the running program, as own code does. The module is kept in node_modules/.cache and made again
 * when one of its files changes.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type {
  BuildFailure,
  ImportKind,
  Metafile,
  OnResolveArgs,
  Plugin,
  PluginBuild,
} from "esbuild";
import { z } from "zod";
import { writeFileAtomically } from "../../../fleet/files/atomic-file.ts";
import { isWritable } from "../../../fleet/files/folder.ts";
import { installationFolder, installationManifest } from "../../../fleet/files/installation.ts";
import { nearestAbove } from "../../../fleet/files/search-above.ts";
import { makeTemporaryFolder } from "../../../fleet/files/temporary-files.ts";
import { fileProblem } from "../../../fleet/files/text-file.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { shownPath } from "../../terminal/session.ts";
import { withoutTrace } from "../../runs/disk-trace.ts";
import { isClosed } from "./closed-code.ts";
import {
  bundledNames,
  entryModule,
  entryNames,
  requiredModule,
  sharedPackages,
} from "./entries.ts";
import { areUnchanged, fileStampsSchema, stampOf, type FileStamps } from "./file-stamps.ts";
import { isOnDemand, onDemandPlugin, packageModule, packageNamespace } from "./on-demand.ts";
import { outside, outsideModule, outsideNamespace } from "./outside-modules.ts";
import { sharesClasses } from "./shared-classes.ts";

export interface OwnBundle {
  /** The folder with the module, its source map, and marks of those who checked it. */
  readonly folder: string;
  /** Whether every run gives the same result. */
  readonly isClosed: boolean;
  /** The entries of Flotilla that modules of CommonJS in it require. */
  readonly required: readonly string[];
}

/** What was bundled, to know whether it is still the same. */
const recordSchema = z.object({
  /** The version of Flotilla that made it. */
  program: z.string(),
  inputs: fileStampsSchema,
  folder: z.string(),
  /** See closed-code.ts. */
  isClosed: z.boolean(),
  required: z.array(z.string()),
});
type Record = z.output<typeof recordSchema>;

const dayMilliseconds = 24 * 60 * 60 * 1000;

/**
 * @param config absolute path of flotilla.config.ts
 * @throws InputError with esbuild's words at their line
 */
export async function bundleOwnCode(config: string): Promise<OwnBundle> {
  const recordIn = (cache: string) => join(cache, `${hashOf(config)}.json`);
  const currentIn = (cache: string) => {
    const known = readRecord(recordIn(cache));
    return known !== undefined && isCurrent(known) ? known : undefined;
  };
  const cache = cacheFolder(
    dirname(config),
    (folder) => isWritable(folder) || currentIn(folder) !== undefined,
  );
  const known = currentIn(cache);
  if (known !== undefined) return known;
  const made = await withoutTrace(() => build(config, cache, recordIn(cache)));
  // For the trace: what this looks at is what the run depends on.
  isCurrent(made);
  return made;
}

function readRecord(file: string): Record | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function isCurrent({ program, inputs, folder }: Record): boolean {
  return program === programId() && existsSync(join(folder, "config.mjs")) && areUnchanged(inputs);
}

/** Another version of Flotilla exports other names. */
function programId(): string {
  const { version } = installationManifest();
  const { mtimeMs } = statSync(import.meta.filename);
  return `${version} ${import.meta.filename} ${mtimeMs}`;
}

/**
 * In the nearest node_modules, where the imports of packages are found. Where that cannot be written,
 * a folder for this run with a link to it.
 */
function cacheFolder(start: string, isUsable: (folder: string) => boolean): string {
  const modules = nearestAbove(start, "node_modules");
  const cache = join(modules ?? join(start, "node_modules"), ".cache", "flotilla", "own-code");
  try {
    if (modules === undefined) throw new Error("nothing is installed here");
    mkdirSync(cache, { recursive: true });
    if (!isUsable(cache)) throw new Error("another user made it");
    // Source maps are relative, and Node runs a module at its real path.
    return realpathSync(cache);
  } catch {
    const known = temporaryCaches.get(start);
    if (known !== undefined && existsSync(known)) return known;
    const folder = realpathSync(makeTemporaryFolder("owncode"));
    if (temporaryCaches.size === 0) process.once("exit", removeTemporaryCaches);
    temporaryCaches.set(start, folder);
    if (modules !== undefined) symlinkSync(modules, join(folder, "node_modules"));
    return folder;
  }
}

/** The caches of this run, by the folder of flotilla.config.ts. */
const temporaryCaches = new Map<string, string>();

function removeTemporaryCaches(): void {
  for (const folder of temporaryCaches.values()) rmSync(folder, { recursive: true, force: true });
}

async function build(config: string, cache: string, recordFile: string): Promise<Record> {
  const directory = dirname(config);
  const stamps = new Map<string, FileStamps[number]>();
  const manifests = new Set<string>();
  const { build: bundle } = await import("esbuild");
  const temporary = join(cache, `.${process.pid}.tmp`);
  try {
    const { metafile } = await bundle({
      absWorkingDir: directory,
      entryPoints: { config },
      plugins: [onDemandPlugin, ownCodePlugin(directory, stamps, manifests)],
      bundle: true,
      // What is imported on demand is loaded on demand.
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      outdir: temporary,
      outExtension: { ".js": ".mjs" },
      sourcemap: true,
      sourcesContent: false,
      metafile: true,
      logLevel: "silent",
    }).catch((error: unknown) => {
      throw mistakesOf(error, directory);
    });
    const folder = join(cache, contentsHash(temporary));
    replaceFolder(temporary, folder);
    const inputs = [
      ...inputsOf(metafile, directory, stamps),
      ...[...manifests].map((file) => stampOf(file)),
    ];
    const record: Record = {
      program: programId(),
      inputs,
      folder,
      isClosed: isClosed(metafile, directory),
      required: namesIn(metafile, requiredNamespace),
    };
    writeFileAtomically(recordFile, JSON.stringify(record));
    removeOld(cache, folder);
    return record;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function inputsOf(
  { inputs }: Metafile,
  directory: string,
  stamps: ReadonlyMap<string, FileStamps[number]>,
): FileStamps {
  return (
    Object.keys(inputs)
      // What Flotilla puts into a bundle has a name instead of a path.
      .filter((name) => !/^flotilla-[a-z-]+:/.test(name))
      .map((name) => resolve(directory, name))
      .map((path) => stamps.get(path) ?? stampOf(path))
  );
}

/** The virtual modules of a namespace that are in a bundle. */
function namesIn({ inputs }: Metafile, namespace: string): string[] {
  const prefix = `${namespace}:`;
  return Object.keys(inputs)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

const entryNamespace = "flotilla-entry";
const requiredNamespace = "flotilla-required";

/**
 * Own files are bundled, most packages are not, and what Flotilla has comes from the running program.
 *
 * @param stamps gets that of each file from before it is read
 * @param manifests gets the package.json of each package that was looked at
 */
function ownCodePlugin(
  directory: string,
  stamps: Map<string, FileStamps[number]>,
  manifests: Set<string>,
): Plugin {
  return {
    name: "flotilla",
    setup(builder) {
      builder.onResolve({ filter: /./ }, ({ path, kind, pluginData }) =>
        bundledNames.includes(path) && pluginData !== asked
          ? { path, namespace: namespaceOf(kind) }
          : undefined,
      );
      builder.onResolve({ filter: /^flotilla(\/|$)/ }, ({ path, kind }) =>
        entryNames.includes(path)
          ? { path, namespace: namespaceOf(kind) }
          : { errors: [{ text: `"${path}" is not an entry of Flotilla. ${entryHint}` }] },
      );
      builder.onLoad({ filter: /.*/, namespace: entryNamespace }, async ({ path }) => ({
        contents: await entryModule(path),
        loader: "js",
      }));
      builder.onLoad({ filter: /.*/, namespace: requiredNamespace }, ({ path }) => ({
        contents: requiredModule(path),
        loader: "js",
      }));
      builder.onLoad({ filter: /.*/, namespace: outsideNamespace }, outsideModule);
      builder.onResolve({ filter: /^[^./]/ }, (found) => resolvePackage(builder, found, manifests));
      builder.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path }) => {
        const problem = fileProblem(path);
        if (problem !== undefined) return { errors: [{ text: `${shownPath(path)}: ${problem}.` }] };
        stamps.set(path, stampOf(path));
        return withOwnPlace(path, directory);
      });
    },
  };
}

function namespaceOf(kind: ImportKind): string {
  return kind === "require-call" ? requiredNamespace : entryNamespace;
}

const entryHint = `Import from one of ${entryNames.join(", ")}.`;

/**
 * Whether own code gets the running program's copy of a package, so a project works before its packages
 * are installed. Also the providers that a clone of Flotilla has added.
 */
function isShared(name: string): boolean {
  return sharedPackages.includes(name) || name.startsWith("@cdktf/");
}

/** Marks Flotilla's own questions to esbuild. */
const asked = Symbol("asked");

async function resolvePackage(builder: PluginBuild, found: OnResolveArgs, manifests: Set<string>) {
  const { path, kind, importer, resolveDir, pluginData } = found;
  if (pluginData === asked || kind === "entry-point") return undefined;
  if (isBuiltin(path) || path.startsWith("data:")) return outside(found);
  const options = { kind, importer, resolveDir, pluginData: asked };
  const other = /^(node|https?):/.exec(path)?.[1];
  if (other !== undefined) {
    const text =
      other === "node"
        ? `this Node (${process.version}) has no module "${path}".`
        : "a URL cannot be imported. Install a package, or copy the file.";
    return { errors: [{ text }] };
  }
  const resolved = await builder.resolve(path, options);
  // An alias of tsconfig.json, or what Node does not read from a package.
  const isBundled = !isInPackage(resolved.path) || /\.(json|[cm]?tsx?)$/.test(resolved.path);
  if (resolved.errors.length === 0 && isBundled) return { path: resolved.path };
  const name = packageOf(path);
  const isOfFlotilla = isShared(name);
  if (resolved.errors.length === 0 && !isOfFlotilla && sharesClasses(name, resolveDir, manifests)) {
    return { path: resolved.path };
  }
  if (isOfFlotilla) {
    const shared = await builder.resolve(path, { ...options, resolveDir: installationFolder() });
    if (shared.errors.length === 0) return sharedModule(found, name, shared.path);
  }
  // A package whose exports esbuild reads differently from Node, too.
  const manifest = join("node_modules", name, "package.json");
  if (nearestAbove(resolveDir, manifest) !== undefined) return outside(found);
  return {
    errors: [{ text: `the package "${name}" is not installed. Run: npm install ${name}` }],
  };
}

function sharedModule(found: OnResolveArgs, name: string, file: string) {
  const { path, kind } = found;
  const known = kind === "import-statement" && isOnDemand(name) ? packageModule(file) : undefined;
  if (known !== undefined) return { path, namespace: packageNamespace, pluginData: known };
  if (kind === "require-call") return outside({ ...found, path: file });
  return { path: pathToFileURL(file).href, external: true };
}

function isInPackage(path: string): boolean {
  return path.split(/[\\/]/).includes("node_modules");
}

/** `cdk8s` of `cdk8s/lib/app.js`. */
function packageOf(specifier: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

/** `import.meta.url`, `__dirname` and their like name the source, not the bundle. */
async function withOwnPlace(path: string, directory: string) {
  const text = readFileSync(path, "utf8");
  if (isInPackage(path) && !text.includes("import.meta") && /\b__(dir|file)name\b/.test(text)) {
    const [file, folder] = [path, dirname(path)].map((place) => JSON.stringify(place));
    const contents = `var __filename = ${file}, __dirname = ${folder}; ${text}`;
    return { contents, loader: "default" as const, resolveDir: dirname(path) };
  }
  if (!text.includes("import.meta")) return undefined;
  const { transform } = await import("esbuild");
  const { code } = await transform(text, {
    loader: /\.[cm]?tsx?$/.test(path) ? "ts" : "js",
    sourcefile: path,
    sourcemap: "inline",
    sourcesContent: false,
    target: "node20",
    define: {
      "import.meta.url": JSON.stringify(pathToFileURL(path).href),
      "import.meta.filename": JSON.stringify(path),
      "import.meta.dirname": JSON.stringify(dirname(path)),
    },
  }).catch((error: unknown) => {
    throw mistakesOf(error, directory);
  });
  return { contents: code, loader: "js" as const, resolveDir: dirname(path) };
}

/** esbuild counts columns from 0. */
function mistakesOf(error: unknown, directory: string): unknown {
  const { errors } = error as Partial<BuildFailure>;
  if (errors === undefined) return error;
  const thrown = errors.find(({ detail }) => detail instanceof InputError);
  if (thrown !== undefined) return thrown.detail;
  return new InputError(
    errors.map(({ text, location }) => ({
      file: shownPath(resolve(directory, location?.file ?? directory)),
      ...(location && { line: location.line, column: location.column + 1 }),
      message: text.replaceAll(/"flotilla-(entry|package):/g, '"'),
    })),
  );
}

function contentsHash(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).toSorted()) {
    hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Another process may have been first. */
function replaceFolder(temporary: string, folder: string): void {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** Bundles of old sources; one that somebody may still be running stays for a day. */
function removeOld(cache: string, current: string): void {
  for (const name of readdirSync(cache)) {
    const place = join(cache, name);
    const { mtimeMs } = statSync(place, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (place === current || Date.now() - mtimeMs < dayMilliseconds) continue;
    try {
      rmSync(place, { recursive: true, force: true });
    } catch {
      // Another user made it.
    }
  }
}
