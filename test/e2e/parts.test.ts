import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bootParts, worldParts } from "./parts.ts";

const recipes = readFileSync(join(import.meta.dirname, "../peers/build.sh"), "utf8")
  .split("\n")
  .filter((line) => /^\w+\|/.test(line))
  .map((line) => {
    const [name = "", file = "", , , groups = "test"] = line.split("|");
    return { name, file, groups: groups.split(" ") };
  });

/** What no recipe of the group makes. helm comes with kubectl. */
function left(peers: readonly string[], group: string): string[] {
  const made = recipes.filter(({ groups }) => groups.includes(group)).map(({ file }) => file);
  made.push("helm-4.1.4");
  return peers.filter((peer) => !made.some((file) => file !== "" && peer.startsWith(file)));
}

test("test/peers/build.sh e2e gets every peer of make e2e", () => {
  expect(recipes.length).toBeGreaterThan(40);
  expect(left(worldParts.peers, "e2e")).toEqual([]);
});

test("test/peers/build.sh boot gets every peer of a machine that boots", () => {
  expect(left(bootParts.peers, "boot")).toEqual([]);
});
