import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** `file: module` for every import of cdktf or of one of its providers below some folders. */
function cdktfImports(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => join(folder, path)),
    )
    .flatMap((path) =>
      [
        ...readFileSync(join(root, path), "utf8").matchAll(
          /(?:from|import)\s*\(?\s*["'](@?cdktf(?:\/[^"'\s]*)?)["']/g,
        ),
      ].map(([, module]) => `${path}: ${module}`),
    );
}

test("only infra/ knows cdktf: a move to its fork touches one folder", () => {
  expect(cdktfImports(["cli", "edge", "fleet", "gitops"])).toEqual([]);
  expect(cdktfImports(["infra"])).toContain("infra/stacks/hub.ts: cdktf");
});

test("provider classes are imported by full path: the root import costs seconds", () => {
  const providers = cdktfImports(["infra"]).filter((line) => line.includes("@cdktf/"));
  expect(providers.length).toBeGreaterThan(0);
  expect(providers.filter((line) => !/\/lib\/[a-z-]+\/index\.js$/.test(line))).toEqual([]);
});

test("only what composes the stacks knows a Fleet: constructs take flat props", () => {
  const knowing = readdirSync(join(root, "infra"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .filter((path) =>
      /import type \{[^}]*\bFleet\b[^}]*\}/.test(readFileSync(join(root, "infra", path), "utf8")),
    );
  const rest = knowing.filter((path) => !path.startsWith("stacks/"));
  expect(rest.toSorted()).toEqual(["app.ts", "clouds.ts"]);
});
