/** What the documents say is true: commands exist, fleet fragments hold, quoted errors are real. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { describe, expect, test } from "vitest";
import { declareFleet } from "../fleet/resolve/declaration.ts";
import { formatMistake, InputError } from "../fleet/grammar/mistakes.ts";
import { overlaySource } from "../fleet/grammar/overlay.ts";
import { parseSource } from "../fleet/grammar/source.ts";
import { grammar } from "../gitops/grammar.ts";

const root = join(import.meta.dirname, "..");
const documents = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((file) => existsSync(join(root, file)));
const read = (file: string) => readFileSync(join(root, file), "utf8");
const text = new Map(documents.map((file) => [file, read(file)]));
const example = read("fleet.yaml");

function blocks(language: string): [document: string, block: string][] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...text].flatMap(([file, content]) =>
    [...content.matchAll(fence)].map(([, block = ""]) => [file, block] as [string, string]),
  );
}

/** The example fleet with the fragment's entries in place of its own of the same name. */
function patched(fragment: string): string {
  const document = parseDocument(example);
  const merge = (path: string[], value: unknown): void => {
    // Another provider has other keys: it replaces the whole section.
    const provider = (value as { provider?: unknown } | null)?.provider;
    const isOther = provider !== undefined && provider !== document.getIn([...path, "provider"]);
    const isSection = path.length < 2 && typeof value === "object" && value !== null && !isOther;
    if (!isSection) return document.setIn(path, document.createNode(value));
    for (const [key, inner] of Object.entries(value)) merge([...path, key], inner);
  };
  merge([], parseDocument(fragment).toJS());
  return String(document);
}

describe("fleet fragments", () => {
  const fragments = blocks("yaml");
  test("there are some", () => expect(fragments.length).toBeGreaterThan(2));
  test.each(fragments)("%s: %s", (_file, block) => {
    const source = block.startsWith("# environments/")
      ? overlaySource(parseSource("fleet.yaml", example), parseSource("overlay.yaml", block))
      : parseSource("fleet.yaml", patched(block));
    const { workloads, extensions } = grammar;
    expect(() => declareFleet(source, workloads, undefined, extensions)).not.toThrow();
  });
});

test.each(blocks("yaml \\[fleet\\.yaml\\]"))("the whole fleet of %s is valid", (file, block) => {
  const { workloads, extensions } = grammar;
  const source = parseSource(file, block);
  expect(() => declareFleet(source, workloads, undefined, extensions)).not.toThrow();
});

/** What axe finds in a browser, too: here without one. */
describe("readers of the screen find their way", () => {
  const prose = (content: string) => content.replace(/^```[\s\S]*?^```$/gm, "");

  test("each column of a table has a header", () => {
    const tables = [...text].flatMap(([file, content]) =>
      [...prose(content).matchAll(/^(\|.*)\n\|[ :|-]+\|$/gm)].map(([, header = ""]) => ({
        file,
        header,
      })),
    );
    expect(tables.length).toBeGreaterThan(50);
    expect(tables.filter(({ header }) => /\|\s*\|/.test(header))).toEqual([]);
  });

  test.each(documents)(
    "%s: no level of headings is left out, and each picture has a text",
    (file) => {
      const content = prose(read(file));
      const levels = [...content.matchAll(/^(#+) /gm)].map(([, marks = ""]) => marks.length);
      const skips = levels.filter((level, at) => level > (levels[at - 1] ?? level) + 1);
      expect(skips).toEqual([]);
      expect(content).not.toMatch(/!\[\s*\]\(/);
    },
  );
});

describe("commands", () => {
  const lines = [
    ...blocks("sh").flatMap(([, block]) => block.trim().split("\n")),
    ...[...text.values()].flatMap((content) =>
      [...content.matchAll(/`((?:make|npx flotilla)(?: [^`\n]+)?)`/g)].map(([, line = ""]) => line),
    ),
  ];
  const texts = new Map<string, string>();
  /** The help of a command, or of all: each is read once. */
  const help = (...args: string[]) => {
    const key = args.join(" ");
    const main = join(root, "cli", "flotilla.mjs");
    const options = { encoding: "utf8" } as const;
    const found =
      texts.get(key) ?? execFileSync(process.execPath, [main, ...args, "--help"], options);
    texts.set(key, found);
    return found;
  };

  test.each([...new Set(lines.filter((line) => line.startsWith("make ")))])("%s", (line) => {
    const [, target = ""] = line.split(" ");
    expect(read("Makefile")).toMatch(new RegExp(`^${target}:`, "m"));
  });

  test("each make of a how-to or the tutorial is in the Makefile of a project, too", () => {
    const guides = [...text].filter(([file]) => /^docs\/(?:how-to\/|tutorial)/.test(file));
    const found = guides.flatMap(([file, content]) =>
      [...content.matchAll(/(?:`|^)make ([a-z0-9-]+)/gm)].map(([, target]) => ({ file, target })),
    );
    const makefile = read("cli/project/template/Makefile");
    const missing = found.filter(({ target }) => !new RegExp(`^${target}:`, "m").test(makefile));
    expect(found.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });

  test.each([...new Set(lines.filter((line) => line.startsWith("npx flotilla ")))])(
    "%s",
    (line) => {
      // The options before a command: of all commands.
      const words = line.replace(/ --fleet \S+/, "").split(" ");
      const [command = "", ...options] = words.slice(2);
      if (command === "help") return expect(help()).toContain("help [command]");
      const usage = help(command);
      expect(usage).toContain(`flotilla ${command}`);
      for (const option of options.filter((word) => word.startsWith("--"))) {
        expect(usage).toContain(option);
      }
    },
  );
});

test("the mistake that the README quotes is the one that a reader gets", () => {
  const quoted = /^fleet\.yaml:\d+:\d+: .*$/m.exec(read("README.md"))?.[0];
  const broken = example.replace("    site: boston-seaport\n", "    sit: boston-seaport\n");
  try {
    declareFleet(parseSource("fleet.yaml", broken));
    expect.unreachable();
  } catch (error) {
    expect((error as InputError).mistakes.map(formatMistake)).toContain(quoted);
  }
});

/** A document without its code blocks, whose comments look like headings. */
function withoutBlocks(content: string): string {
  return content.replaceAll(/^```.*?^```$/gms, "");
}

/** The anchor of a heading, as GitHub makes it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

describe("links", () => {
  const links = [...text].flatMap(([file, content]) =>
    [...content.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => [file, target] as const),
  );
  test("there are some", () => expect(links.length).toBeGreaterThan(10));
  test.each(links)("%s: %s", (file, target) => {
    const [path = "", fragment] = target.split("#");
    const linked = path === "" ? file : join(dirname(file), path);
    expect(existsSync(join(root, linked))).toBe(true);
    if (fragment === undefined) return;
    const headings = [...withoutBlocks(read(linked)).matchAll(/^#+ (.*)$/gm)].map(
      ([, heading = ""]) => heading,
    );
    expect(headings.map(anchor)).toContain(fragment);
  });
});

describe("files of this repository that are named", () => {
  // `edge/<workload>/` and the like are paths of the state repository: they end at the placeholder.
  const path = /^(?:cli|docs|edge|examples|fleet|gitops|infra|test|\.ci|\.github)\/[\w./@-]*/;
  const named = [...text].flatMap(([file, content]) =>
    // The changelog names files as they were.
    file === "CHANGELOG.md"
      ? []
      : [...withoutBlocks(content).matchAll(/`([^`\n]+)`/g)]
          .flatMap(([, code = ""]) => code.split(/\s+/))
          .flatMap((word) => path.exec(word) ?? [])
          .map((found) => `${file}: ${found}`),
  );
  test("there are some", () => expect(named.length).toBeGreaterThan(20));
  test("they exist", () => {
    const missing = named.filter((line) => !existsSync(join(root, line.split(": ")[1] ?? "")));
    expect([...new Set(missing)]).toEqual([]);
  });
});

/** The colours of a picture for a dark page, by those of the light one. */
const darkColours: Readonly<Record<string, string>> = {
  "#59636e": "#9198a1",
  "#ddf4ff": "#121d2f",
  "#0969da": "#4493f8",
  "#1f2328": "#f0f6fc",
  "#f6f8fa": "#151b23",
};

const pictures = readdirSync(join(root, "docs", "images")).filter((file) =>
  file.endsWith("-light.svg"),
);

test.each(pictures)("%s differs from the picture for dark pages in its colours only", (file) => {
  const light = read(`docs/images/${file}`);
  const dark = read(`docs/images/${file.replace("-light", "-dark")}`);
  const unknown = (colour: string) => `unknown colour ${colour}`;
  expect(
    light.replaceAll(/#[0-9a-f]{6}/g, (colour) => darkColours[colour] ?? unknown(colour)),
  ).toBe(dark);
  expect(light).toMatch(/<title id="title">.+<\/title>\n<desc id="desc">.+<\/desc>/);
});
