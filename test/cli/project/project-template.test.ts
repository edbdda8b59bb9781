/** The files of a new project. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { expect, test } from "vitest";
import { fleetText, gitignoreText, projectFiles } from "../../../cli/project/project-template.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const settings = { name: "bakery", domain: "edge.bakery.example", project: "bakery-hub" };
const files = new Map(projectFiles(settings, "^1.2.3"));

const manifestOf = (text: string) => JSON.parse(text) as Record<string, Record<string, string>>;

test("its packages are those that this Flotilla is tested with", () => {
  const { devDependencies = {}, engines } = manifestOf(files.get("package.json") ?? "");
  const own = manifestOf(readFileSync(join(root, "package.json"), "utf8"));
  const { flotilla, ...others } = devDependencies;
  expect(flotilla).toBe("^1.2.3");
  const tested = { ...own["dependencies"], ...own["devDependencies"] };
  expect(others).toEqual(
    Object.fromEntries(Object.keys(others).map((name) => [name, tested[name]])),
  );
  expect(engines).toEqual(own["engines"]);
});

test("each template is used, and no word is left in it", () => {
  const texts = [...files.values(), fleetText(settings, true), gitignoreText()];
  expect(texts.filter((text) => /(?<!\$)\{\{/.test(text))).toEqual([]);
  const folder = join(root, "cli", "project", "template");
  const names = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isFile());
  // .gitignore, and the two parts of fleet.yaml.
  const count = [...files.keys()].filter((path) => !path.startsWith(".")).length + 3;
  expect(names).toHaveLength(count);
});

test("it is formatted as prettier formats it", async () => {
  for (const [path, text] of files) {
    if (!/\.(json|md|ts|yaml)$/.test(path)) continue;
    expect(text, path).toBe(await format(text, { filepath: path, printWidth: 100 }));
  }
});

test("a fleet file with your own repository publishes there", () => {
  const text = fleetText({ ...settings, repository: "git@github.com:bakery/state.git" }, false);
  expect(text).toContain("\nrepository:\n  url: git@github.com:bakery/state.git\n\n");
  expect(text).not.toMatch(/push|hello|on this\n/);
  expect(fleetText(settings, true)).toContain("  push: dist/state.git\n");
  expect(fleetText({ ...settings, name: "true" }, false)).toContain('fleet: "true" #');
});
