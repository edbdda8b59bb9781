/**
 * The package that `npm pack` makes: what is in it, what it declares, and that it works where it is
 * installed, without the repository.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedPath } from "../peers/peers.ts";
import { declaredApi } from "./declared-api.ts";
import { isWithoutRegistry, packInto, type Packed } from "./packed.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "flotilla package ")));
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

const checkout = join(folder, "checkout");
/** The names in the tarball. */
const unpacked = join(folder, "package");
/** A project that has it installed. */
const project = join(folder, "a project");

let packed: Packed;

beforeAll(() => {
  packed = packInto(folder);
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", folder]);
}, 120_000);

const entries = ["flotilla", "infra", "gitops", "edge", "fleet"] as const;

describe("the tarball", () => {
  test("contains built code, types and texts, but no source and no test", () => {
    const names = packed.files.map(({ path }) => path);
    const unwanted = names.filter(
      (name) =>
        (name.endsWith(".ts") && !/^lib\/types\/.*\.d\.ts$/.test(name)) ||
        (name.endsWith(".mjs") && !/^lib\/|^cli\/flotilla\.mjs$/.test(name)) ||
        /(^|\/)test\/|package-lock|checkout|\.key$/.test(name),
    );
    expect(unwanted).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "package.json",
        "cli/flotilla.mjs",
        "fleet/fleet.schema.json",
        "lib/cli/main.mjs",
        "lib/cli/programs/courier.mjs",
        "lib/programs/courier.mjs",
        ...entries.map((name) => `lib/${name}.mjs`),
      ]),
    );
    expect(packed.unpackedSize).toBeLessThan(13_000_000);
  });

  test("contains every text that is read from the installation", () => {
    const args = ["ls-files", "-z", "cli", "edge", "fleet", "gitops", "infra"];
    const texts = execFileSync("git", args, { cwd: root, encoding: "utf8" })
      .split("\0")
      .filter((name) => name !== "" && !/\.(ts|mjs|md)$/.test(name));
    // They are in the bundle, or belong to the example.
    const elsewhere = /^fleet\/kubernetes\/schemas\.json$|^gitops\/workloads\//;
    const names = new Set(packed.files.map(({ path }) => path));
    expect(texts.filter((name) => !names.has(name) && !elsewhere.test(name))).toEqual([]);
    expect(texts.length).toBeGreaterThan(30);
  });

  test("leaves the checkout as it was", () => {
    const manifest = (place: string) => readFileSync(join(place, "package.json"), "utf8");
    expect(manifest(checkout)).toBe(manifest(root));
    expect(readdirSync(checkout)).not.toContain("lib");
  });

  test("source maps contain no source", () => {
    const maps = readdirSync(join(unpacked, "lib")).filter((name) => name.endsWith(".map"));
    const withText = maps.filter((name) =>
      readFileSync(join(unpacked, "lib", name), "utf8").includes('"sourcesContent"'),
    );
    expect(withText).toEqual([]);
    expect(maps.length).toBeGreaterThan(10);
  });

  // A review shows every change to what users build on.
  test.each(entries)("%s declares what it declared before", async (name) => {
    const { exports } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    const entry = exports[name === "flotilla" ? "." : `./${name}`];
    const text = declaredApi(join(unpacked, entry.types));
    await expect(text).toMatchFileSnapshot(join("..", "golden", "api", `${name}.txt`));
  });
});

const install = () => {
  mkdirSync(project);
  const manifest = { name: "a-project", private: true, type: "module" };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const tools = ["typescript", "@types/node"].map((name) => `${name}@${devDependencies[name]}`);
  const options = ["--save-dev", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  const tarball = join(folder, packed.filename);
  return spawnSync("npm", ["install", ...options, tarball, ...tools], {
    cwd: project,
    encoding: "utf8",
  });
};

describe("an installed package (skipped without a package registry)", () => {
  let isInstalled = false;
  beforeAll(() => {
    const { status, stderr } = install();
    isInstalled = status === 0;
    if (!isInstalled && !isWithoutRegistry(stderr)) throw new Error(stderr);
  }, 240_000);

  const installed = (title: string, run: () => void, isPossible = true) =>
    test(title, (context) => {
      if (!isInstalled || !isPossible) return context.skip();
      return run();
    });

  const program = () => join(project, "node_modules", "flotilla", "cli", "flotilla.mjs");
  const flotilla = (where: string, cwd: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [where, ...args], {
      cwd,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };
  const source = join(root, "cli", "flotilla.mjs");

  installed("answers npx flotilla --version", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const run = spawnSync("npx", ["flotilla", "--version"], {
      cwd: project,
      encoding: "utf8",
    });
    expect([run.status, run.stdout]).toEqual([0, `${version}\n`]);
  });

  installed("makes what the checkout makes", () => {
    for (const command of ["init", "keygen", "validate"]) {
      const { status, stderr } = flotilla(program(), project, command);
      expect([command, status, stderr]).toEqual([command, 0, expect.any(String)]);
    }
    const twin = join(folder, "twin");
    mkdirSync(twin);
    for (const name of ["fleet.yaml", "fleet.key"]) {
      copyFileSync(join(project, name), join(twin, name));
    }
    expect(flotilla(program(), project, "synth")).toMatchObject({ status: 0 });
    expect(flotilla(source, twin, "synth")).toMatchObject({ status: 0 });
    const made = filesIn(join(project, "dist"));
    expect(made).toEqual(filesIn(join(twin, "dist")));
    expect(made.size).toBeGreaterThan(30);
    const locks = [project, twin].map((each) =>
      readFileSync(join(each, "fleet.lock.yaml"), "utf8"),
    );
    expect(locks[0]).toBe(locks[1]);
  });

  const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
  const makeImage = () => {
    const base = join(folder, "base.iso");
    writeFileSync(base, gunzipSync(readFileSync(skeleton ?? "")));
    const args = ["image", "cafe-01", "--base", base, "--allow-release"];
    const { status, stderr } = flotilla(program(), project, ...args);
    expect([status, stderr]).toEqual([0, expect.any(String)]);
  };
  installed("makes images (skipped without ISO skeletons)", makeImage, skeleton !== undefined);

  installed("opens nothing but its entries", () => {
    const names = [
      "flotilla/project",
      "flotilla/package.json",
      "flotilla/lib/cli/main.mjs",
      "flotilla/cli/flotilla.mjs",
      "flotilla/gitops/index.ts",
      ...entries.map((name) => (name === "flotilla" ? name : `flotilla/${name}`)),
    ];
    const script = `for (const name of ${JSON.stringify(names)}) {
      await import(name).then(() => console.log(name), ({ code }) => console.log(name, code));
    }`;
    const args = ["--input-type=module", "--eval", script];
    const text = execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" });
    const closed = names.slice(0, 5).map((name) => `${name} ERR_PACKAGE_PATH_NOT_EXPORTED`);
    expect(text.trim().split("\n")).toEqual([...closed, ...names.slice(5)]);
  });

  installed("has types for nodenext and for bundlers, checked too, and shares its classes", () => {
    writeFileSync(join(project, "use.ts"), usingText);
    const strict = {
      target: "es2023",
      lib: ["es2023"],
      types: ["node"],
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      outDir: "out",
    };
    for (const [module, moduleResolution] of [
      ["nodenext", "nodenext"],
      ["esnext", "bundler"],
    ]) {
      const compilerOptions = { ...strict, module, moduleResolution };
      const settings = { compilerOptions, files: ["use.ts"] };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify(settings));
      const tsc = spawnSync("npx", ["--no", "tsc"], { cwd: project, encoding: "utf8" });
      expect([module, tsc.stdout]).toEqual([module, ""]);
    }
    const args = [join("out", "use.js")];
    expect(execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" })).toBe(
      "Namespace NetworkPolicy\nkiosk true\n",
    );
  });

  installed("installed for all projects, it runs the one that a project has", () => {
    const other = join(folder, "other");
    const local = join(other, "node_modules", "flotilla");
    mkdirSync(local, { recursive: true });
    writeFileSync(join(other, "package.json"), "{}");
    const bin = { flotilla: "run.mjs" };
    writeFileSync(join(local, "package.json"), JSON.stringify({ name: "flotilla", bin }));
    writeFileSync(join(local, "run.mjs"), 'console.log("local", ...process.argv.slice(2));');
    const below = join(other, "shops");
    mkdirSync(below);
    expect(flotilla(program(), below, "validate").stdout).toBe("local validate\n");
    expect(flotilla(program(), project, "--version").stdout).not.toContain("local");
    // A checkout that is run by its path is used, not the local package.
    expect(flotilla(source, below, "--version").stdout).not.toContain("local");
  });
});

/** Every file below a folder with its text. */
function filesIn(top: string): ReadonlyMap<string, string> {
  const names = readdirSync(top, { recursive: true, encoding: "utf8" }).toSorted();
  // The index of a synthesis has the time stamps of files, which differ between folders.
  const results = names.filter((name) => !name.startsWith(".index"));
  const files = results.filter((name) => statSync(join(top, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(top, name), "latin1")]));
}

const usingText = `import { Construct } from "constructs";
import { z } from "zod";
import { runSynthesis } from "flotilla";
import { EdgeApp, EdgeDevice, Hostname, type ButaneFile } from "flotilla/edge";
import { mergeValues, type Fleet } from "flotilla/fleet";
import { Namespace, renderWorkload, type WorkloadProps } from "flotilla/gitops";
import { HubStack, type CloudHub } from "flotilla/infra";

class Hello extends Construct {
  static readonly values = z.strictObject({ message: z.string().default("hi") });

  constructor(scope: Construct, id: string, props: WorkloadProps & z.output<typeof Hello.values>) {
    super(scope, id);
    new Namespace(this, "namespace", { name: props.namespace, podSecurity: "restricted" });
  }
}

const objects = renderWorkload(Hello, { namespace: "hello", ring: "canary", version: "1" });
console.log(...objects.map(({ kind }) => kind));
const device = new EdgeDevice(new EdgeApp(), "kiosk", { architecture: "x86_64", disk: "/dev/sda" });
const name: Construct = new Hostname(device, "hostname");
console.log(device.name, EdgeDevice.of(name) === device);
export const all: readonly unknown[] = [runSynthesis, HubStack, mergeValues];
export type Types = [ButaneFile, CloudHub, Fleet];
`;
