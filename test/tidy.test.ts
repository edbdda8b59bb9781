/**
 * The repository holds itself to its own rules: what is where, what imports what, what may touch
 * the outside world.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { circles, graphOf } from "./circles.ts";

const root = join(import.meta.dirname, "..");

const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
  {
    cwd: root,
    encoding: "utf8",
  },
)
  .split("\0")
  .filter((file) => file !== "" && existsSync(join(root, file)))
  .toSorted();

const read = (file: string) => readFileSync(join(root, file), "utf8");
const sources = files.filter((file) => /\.(ts|mjs)$/.test(file) && !file.startsWith("test/"));

const words = (text: string) => text.trim().split(/\s+/);

/** The entries of the package, by their names inside it: `./infra`. */
const { exports: entries } = JSON.parse(read("package.json")) as {
  readonly exports: Readonly<Record<string, string>>;
};

/** The files of the repository that a file imports, static or on demand. */
function imports(file: string): string[] {
  return specifiers(file)
    .filter((specifier) => specifier.startsWith("."))
    .flatMap((specifier) => targetOf(file, specifier) ?? []);
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return relative(root, resolve(root, dirname(file), specifier));
  const entry = entries[specifier.replace(/^flotilla(?=\/|$)/, ".")];
  return entry && relative(root, join(root, entry));
}

function specifiers(file: string): string[] {
  const pattern = /(?:from|import)\s*\(?\s*"([^"]+)"/g;
  return [...read(file).matchAll(pattern)].map(([, specifier = ""]) => specifier);
}

test("the top folder has only what the customer and the design name", () => {
  const allowed = words(`
    cdktf.json cdk8s.yaml infra gitops edge dist test package.json tsconfig.json
    package-lock.json vitest.config.ts Makefile LICENSE README.md ARCHITECTURE.md CHANGELOG.md
    SECURITY.md CONTRIBUTING.md flotilla.config.ts
    fleet.yaml fleet.lock.yaml fleet cli examples docs
  `);
  const top = new Set(files.map((file) => file.split("/")[0] ?? ""));
  const unexpected = [...top].filter((name) => !name.startsWith(".") && !allowed.includes(name));
  expect(unexpected).toEqual([]);
});

describe("imports go one way", () => {
  const allowed: Readonly<Record<string, readonly string[]>> = {
    fleet: ["fleet"],
    edge: ["edge", "fleet"],
    gitops: ["gitops", "fleet"],
    infra: ["infra", "fleet"],
  };
  test.each(Object.entries(allowed))("%s imports only %j", (folder, targets) => {
    const wrong = sources
      .filter((file) => file.startsWith(`${folder}/`))
      .flatMap((file) => imports(file).map((target) => [file, target] as const))
      .filter(([, target]) => !targets.includes(target.split("/")[0] ?? ""));
    expect(wrong).toEqual([]);
  });

  test("other code imports only the texts, setting types and limited readers of the hub's programs", () => {
    const isProgram = (file: string) => file.startsWith("gitops/programs/");
    const wrong = sources
      .filter((file) => !isProgram(file))
      .flatMap((file) => imports(file).map((target) => [file, target] as const))
      .filter(([, target]) => isProgram(target))
      .filter(
        ([, target]) =>
          !/\/programs\/(bundle|[a-z-]+\/settings|shared\/(body|json))\.ts$/.test(target),
      );
    expect(wrong).toEqual([]);
  });

  test("only flotilla butane and flotilla iso read JSON and YAML as the tools they replace do", () => {
    const isExact = (file: string) =>
      /^edge\/butane\/(yaml|yaml-[a-z]+|go-json|go)\.ts$/.test(file) ||
      /^cli\/compat\/coreos-installer\/(json|json-shape)\.ts$/.test(file);
    const wrong = sources
      .flatMap((file) => imports(file).map((target) => [file, target] as const))
      .filter(([file, target]) => isExact(target) && dirname(file) !== dirname(target));
    expect(wrong).toEqual([]);
    expect(sources.filter(isExact).length).toBeGreaterThanOrEqual(8);
  });

  test("cdktf stays inside infra/, so that a move to its fork touches one folder", () => {
    const wrong = sources.filter(
      (file) =>
        !file.startsWith("infra/") &&
        !file.startsWith("examples/") &&
        specifiers(file).some((specifier) => /^(@cdktf\/|cdktf)/.test(specifier)),
    );
    expect(wrong).toEqual([]);
  });
});

test("no code asks which cloud the hub is in: each list of clouds has a line for it", () => {
  const question = /\bprovider\s*[!=]==?\s*["'`]|\bcase "(google|existing)"/;
  expect(question.test(`if (cloud.provider === "google")`)).toBe(true);
  expect(sources.filter((file) => question.test(read(file)))).toEqual([]);
});

describe("imports have no cycles, including type imports", () => {
  const edges = sources.flatMap((file) => imports(file).map((target) => [file, target] as const));

  test("between files", () => {
    expect(circles(graphOf(edges))).toEqual([]);
  });

  // A file at the top of a room (gitops/app.ts) composes what the folders below it hold, and may be
  // what they build on: it counts by itself. Every other folder is one node, apart from its own
  // subfolders.
  test("between folders", () => {
    const nodeOf = (file: string) => (file.split("/").length > 2 ? dirname(file) : file);
    const folders = graphOf(edges.map(([from, to]) => [nodeOf(from), nodeOf(to)]));
    expect(circles(folders)).toEqual([]);
  });

  test("a circle is found", () => {
    const graph = graphOf([
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
      ["c", "d"],
      ["d", "d"],
    ]);
    expect(circles(graph)).toEqual([["a", "b", "c"]]);
  });
});

test("the rooms of cli/ build on each other in this order", () => {
  const rooms = words("terminal project publish plan media compat hub commands");
  const roomOf = (file: string) => /^cli\/(\w+)\//.exec(file)?.[1] ?? "";
  const wrong = sources
    .filter((file) => rooms.includes(roomOf(file)))
    .flatMap((file) => imports(file).map((target) => [file, target] as const))
    .filter(([file, target]) => rooms.indexOf(roomOf(target)) > rooms.indexOf(roomOf(file)));
  expect(wrong).toEqual([]);
});

describe("tests are in the same folders as what they test", () => {
  const rooms = words("cli edge fleet gitops infra");
  // Tests of a whole folder: by their method, or by the real tool that they run.
  const methods = words("agreement attack conformance differential fuzz openssl vectors x509");
  const wholeFolders = words(`
    cli/makefile fleet/grammar/bad gitops/apply gitops/gitleaks gitops/kubeconform gitops/policy
    gitops/gateway/tunnel infra/imports infra/terraform
  `);
  const tests = files.flatMap((file) => {
    const [, path = ""] = /^test\/(.+)\.test\.ts$/.exec(file) ?? [];
    return rooms.includes(path.split("/")[0] ?? "") && path.includes("/") ? [path] : [];
  });

  /** What is in a folder of the product, by name, without endings; and the folder's own name. */
  function namesIn(folder: string): string[] {
    const inside = files.filter((file) => file.startsWith(`${folder}/`));
    const names = inside.map((file) => file.slice(folder.length + 1).split("/")[0] ?? "");
    return [...names.map((name) => name.replace(/\.\w+$/, "")), basename(folder)];
  }

  test("test/a/b.test.ts or test/a/b-something.test.ts is for a/b", () => {
    const isMirror = (path: string) => {
      const name = basename(path);
      const names = [...methods, ...namesIn(dirname(path))];
      return names.some((each) => name === each || name.startsWith(`${each}-`));
    };
    const astray = tests.filter((path) => !isMirror(path) && !wholeFolders.includes(path));
    expect(astray.map((path) => `test/${path}.test.ts`)).toEqual([]);
  });

  test("what replaces a module has its modules for itself (vitest.config.ts)", () => {
    const replaces = tests.filter((path) =>
      /\bvi\.(?:do)?[mM]ock\(/.test(read(`test/${path}.test.ts`)),
    );
    expect(replaces.filter((path) => !path.endsWith("-isolated"))).toEqual([]);
  });

  test("every test is a `test`", () => {
    const pattern = /import \{[^}]*\bit\b[^}]*\} from "vitest"/;
    const wrong = files.filter((file) => file.startsWith("test/") && pattern.test(read(file)));
    expect(wrong).toEqual([]);
  });

  test("no exception is out of date", () => {
    expect(wholeFolders.filter((path) => !tests.includes(path))).toEqual([]);
    const names = tests.map((path) => basename(path));
    expect(methods.filter((method) => !names.includes(method))).toEqual([]);
  });
});

describe("the core is a function of its arguments", () => {
  const core = sources.filter(
    (file) =>
      /^(fleet|edge|gitops|infra)\//.test(file) &&
      !/^fleet\/(files\/|resolve\/load\.ts)/.test(file) &&
      // The programs that run on the hub, and the loader of their texts.
      !file.startsWith("gitops/programs/"),
  );

  test("no disk, network or process", () => {
    const outside = /^node:(fs|fs\/promises|net|http|https|dgram|child_process|os|worker_threads)$/;
    const wrong = core.filter((file) => specifiers(file).some((name) => outside.test(name)));
    expect(wrong).toEqual([]);
  });

  test("no clock, no randomness, no environment", () => {
    const pattern = /Date\.now|new Date\(\)|Math\.random|randomBytes|randomUUID|process\.env/;
    // cdktf and cdk8s name the output folder in a variable.
    const isMain = (file: string) => /^(infra|gitops)\/main\.ts$/.test(file);
    const wrong = core.filter((file) => pattern.test(read(file)) && !isMain(file));
    expect(wrong).toEqual([]);
  });
});

test("no file names a machine's path or a package registry's host", () => {
  const pattern =
    /\/(work|root|home\/[a-z]+)\/(main|shared|\.cache|\.mirror)|registry\.npmjs|proxy\.golang/;
  const wrong = files.filter(
    (file) => file !== "test/tidy.test.ts" && !/\.(gz|iso)$/.test(file) && pattern.test(read(file)),
  );
  expect(wrong).toEqual([]);
});

test("other programs are started in one place", () => {
  const starters = /node:(?:child_process|worker_threads|cluster)|\bprocess\.binding\b/;
  const types = /^import type .*$/gm;
  const found = sources.filter((file) => starters.test(read(file).replaceAll(types, "")));
  // The package is made before there is a program. The trace notices who starts a program, and starts none.
  expect(found).toEqual([
    "cli/package.mjs",
    "cli/runs/disk-trace.ts",
    "cli/terminal/child-process.ts",
  ]);
});

test("nothing is exported that nobody imports", () => {
  // Types go with what uses them, and classes are constructs that a user may build with.
  const pattern = /^export (?:async )?(?:const|let|function\*?) (\w+)/gm;
  const names = /(?:import|export)(?: type)? (\{[^}]*\}|\* as \w+) from "([^"]+)"/g;
  const imported = new Set<string>();
  const whole = new Map<string, string[]>();
  for (const file of files.filter((each) => /\.(ts|mjs)$/.test(each))) {
    for (const [, list = "", specifier = ""] of read(file).matchAll(names)) {
      const target = targetOf(file, specifier) ?? "";
      if (list.startsWith("*")) whole.set(target, [...(whole.get(target) ?? []), file]);
      for (const [name] of list.matchAll(/\w+/g)) imported.add(`${target} ${name}`);
    }
    for (const [, specifier = ""] of read(file).matchAll(/import\(\s*"([^"]+)"/g)) {
      const target = targetOf(file, specifier) ?? "";
      whole.set(target, [...(whole.get(target) ?? []), file]);
    }
  }
  // The scripts around the sources load modules of the bundle, whose paths they make.
  const scripts = files.filter((file) => file.endsWith(".mjs"));
  const isUsed = (file: string, name: string) =>
    imported.has(`${file} ${name}`) ||
    [...scripts, ...(whole.get(file) ?? [])].some((user) =>
      new RegExp(`\\b${name}\\b`).test(read(user)),
    );
  // What an entry of the package exports is for users.
  const forUsers = Object.values(entries).map((entry) => relative(root, join(root, entry)));
  const written = sources.filter(
    (file) => !file.startsWith("gitops/imports/") && !forUsers.includes(file),
  );
  const unused = written.flatMap((file) =>
    [...read(file).matchAll(pattern)]
      .filter(([, name = ""]) => !isUsed(file, name))
      .map(([, name]) => `${file} ${name}`),
  );
  expect(unused).toEqual([]);
});

test("files that comments name exist", () => {
  const comment = /^\s*(?:\/?\*\*?|\/\/)(.*)$/gm;
  const name = /(?<![\w/.@-])(?:[\w.@-]+\/)*[\w-]+\.(?:ts|mjs|lua|nft|awk)\b/g;
  const isThere = (named: string) => files.some((file) => `/${file}`.endsWith(`/${named}`));
  const code = files.filter((file) => /\.(ts|mjs)$/.test(file));
  const dangling = code.flatMap((file) =>
    [...read(file).matchAll(comment)]
      .flatMap(([, text = ""]) => text.match(name) ?? [])
      .filter((named) => !isThere(named.replace(/^(\.\.?\/)+/, "")))
      .map((named) => `${file}: ${named}`),
  );
  expect(dangling).toEqual([]);
});

test("paths of the state repository are written in one file alone", () => {
  // In text or in a regular expression; comments may name them.
  const pattern =
    /hub\\?\/(argocd|platform|gateway|identity|fleet)|\broot\\?\.yaml|\bedge\\?\/(\$\{|\(|\[)/;
  const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const holders = sources.filter((file) => pattern.test(withoutComments(read(file))));
  expect(holders).toEqual(["fleet/model/state-layout.ts"]);
});

test("every folder of the product says what it is, in ARCHITECTURE.md", () => {
  const folders = new Set(
    sources
      .filter((file) => file.split("/").length > 2)
      .map(
        (file) =>
          (file.startsWith("examples/") ? /^examples\/[^/]+/.exec(file)?.[0] : undefined) ??
          dirname(file),
      ),
  );
  const text = read("ARCHITECTURE.md");
  const missing = [...folders, ...dataFolders()].filter((folder) => !text.includes(`${folder}/`));
  expect(missing).toEqual([]);
});

/** The topmost folders of the product without code in or below them, unless they belong to a file beside them. */
function dataFolders(): string[] {
  const hasCode = (folder: string) => sources.some((file) => file.startsWith(`${folder}/`));
  const tops = files
    .filter((file) => /^(?:fleet|infra|gitops|edge|cli)\//.test(file))
    .flatMap((file) => {
      const names = dirname(file).split("/");
      const folders = names.map((_, index) => names.slice(0, index + 1).join("/"));
      return folders.find((folder) => !hasCode(folder)) ?? [];
    });
  return [...new Set(tops)].filter((folder) => !files.includes(`${folder}.ts`));
}

test("every folder of test/ has the name of a folder of the product, or is in ARCHITECTURE.md", () => {
  const names = files.flatMap((file) => /^test\/([^/]+)\//.exec(file)?.[1] ?? []);
  const row = /^\| `test\/`.*$/m.exec(read("ARCHITECTURE.md"))?.[0] ?? "";
  const missing = [...new Set(names)].filter(
    (name) => !files.some((file) => file.startsWith(`${name}/`)) && !row.includes(`\`${name}/\``),
  );
  expect(missing).toEqual([]);
});
