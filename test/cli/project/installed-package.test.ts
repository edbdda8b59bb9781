/** How a new project installs the Flotilla that made it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotillaSpecifier, linkedPackages } from "../../../cli/project/installed-package.ts";
import { temporaryFolder } from "../temporary.ts";

/** An installation of Flotilla by npm, with the note of where it is from. */
function installation(resolved: string | undefined) {
  const folder = temporaryFolder();
  const root = join(folder, "tools", "node_modules", "flotilla");
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "name": "flotilla", "version": "1.2.3" }');
  const packages = { "node_modules/flotilla": { resolved } };
  const note = join(root, "..", ".package-lock.json");
  if (resolved !== undefined) writeFileSync(note, JSON.stringify({ packages }));
  const project = join(folder, "shops", "north");
  mkdirSync(project, { recursive: true });
  return { folder, root, project };
}

test("from a registry, by its version", () => {
  const { project, root } = installation("https://packages.example/flotilla-1.2.3.tgz");
  expect(flotillaSpecifier(project, root)).toBe("^1.2.3");
});

test("from a tarball, by its path; by that of the installation if the tarball is gone", () => {
  const { folder, project, root } = installation("file:../flotilla-1.2.3.tgz");
  expect(flotillaSpecifier(project, root)).toBe("file:../../tools/node_modules/flotilla");
  writeFileSync(join(folder, "flotilla-1.2.3.tgz"), "");
  expect(flotillaSpecifier(project, root)).toBe("file:../../flotilla-1.2.3.tgz");
});

/** As pnpm lays it out: the package's own folder, which links lead to, deep in node_modules. */
test.each([
  ["^1.2.3", "^1.2.3"],
  ["1.2.3", "^1.2.3"],
  ["file:../flotilla-1.2.3.tgz", "file:../../flotilla-1.2.3.tgz"],
  ["../flotilla-1.2.3.tgz", "file:../../flotilla-1.2.3.tgz"],
  ["file:../lost.tgz", "file:../../tools/node_modules/.pnpm/flotilla@1.2.3/node_modules/flotilla"],
])("by pnpm as %s: %s", (declared, expected) => {
  const folder = temporaryFolder();
  const root = join(folder, "tools/node_modules/.pnpm/flotilla@1.2.3/node_modules/flotilla");
  const project = join(folder, "shops/north");
  for (const each of [root, project]) mkdirSync(each, { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "name": "flotilla", "version": "1.2.3" }');
  writeFileSync(join(folder, "flotilla-1.2.3.tgz"), "");
  const manifest = { devDependencies: { flotilla: declared } };
  writeFileSync(join(folder, "tools/package.json"), JSON.stringify(manifest));
  expect(flotillaSpecifier(project, root)).toBe(expected);
});

test("installed for all projects, or a checkout: by its folder", () => {
  const { folder, project, root } = installation(undefined);
  expect(flotillaSpecifier(project, root)).toBe("file:../../tools/node_modules/flotilla");
  const checkout = join(folder, "clone");
  mkdirSync(checkout);
  expect(flotillaSpecifier(project, checkout)).toBe("file:../../clone");
});

test("a Flotilla that is linked shares its packages by links, so that there is one copy of each", () => {
  const { project, root } = installation(undefined);
  mkdirSync(join(root, "node_modules", "constructs"), { recursive: true });
  mkdirSync(join(root, "..", "zod"));
  expect(linkedPackages(project, "file:../../tools/node_modules/flotilla", root)).toEqual({
    constructs: "file:../../tools/node_modules/flotilla/node_modules/constructs",
    zod: "file:../../tools/node_modules/zod",
  });
  expect(linkedPackages(project, "file:../flotilla-1.2.3.tgz", root)).toEqual({});
  expect(linkedPackages(project, "^1.2.3", root)).toEqual({});
});
