import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bootParts, worldParts } from "./parts.ts";

const script = join(import.meta.dirname, "../peers/build.sh");

/** What each recipe makes, by its name in the script's messages. */
const files = new Map(
  readFileSync(script, "utf8")
    .split("\n")
    .filter((line) => /^\w+\|/.test(line))
    .map((line) => line.split("|"))
    .map(([name = "", file = ""]) => [name.replaceAll("_", "-"), withoutCall(file)]),
);

/** The script computes the path of a provider of Terraform. */
function withoutCall(file: string): string {
  const mirror = "terraform-mirror/registry.terraform.io/hashicorp";
  return file.replace(/^\$\(provider_file (\S+) (\S+)\)$/, `${mirror}/$1/$2`);
}

/** What the script would build of these groups. It has no time to, so it names each one as left out. */
function wanted(...groups: string[]): string[] {
  const cache = mkdtempSync(join(tmpdir(), "flotilla-no-peers-"));
  try {
    const { stderr } = spawnSync("bash", [script, "--until", "1", ...groups], {
      encoding: "utf8",
      env: { ...process.env, FLOTILLA_PEERS: cache },
    });
    return [...stderr.matchAll(/^peers: NOT BUILT: ([^:]+): /gm)].map(([, name = ""]) => name);
  } finally {
    rmSync(cache, { recursive: true });
  }
}

/** Parts that no recipe of the group makes. helm comes with kubectl. */
function left(peers: readonly string[], group: string): string[] {
  const made = wanted(group).map((name) => files.get(name) ?? "");
  made.push("helm-4.1.4");
  return peers.filter((peer) => !made.some((file) => file !== "" && peer.startsWith(file)));
}

test("test/peers/build.sh e2e gets every peer of make e2e", () => {
  expect(left(worldParts.peers, "e2e")).toEqual([]);
});

test("test/peers/build.sh boot gets every peer of a machine that boots", () => {
  expect(left(bootParts.peers, "boot")).toEqual([]);
});

test("each peer that a test names is one that the script makes", () => {
  const folder = join(import.meta.dirname, "..");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(folder, path), "utf8"));
  const named = sources.flatMap((text) =>
    [...text.matchAll(/\bpeer(?:Path)?\(\s*"([^"]+-\d[^"]*)"/g)].map(([, name = ""]) => name),
  );
  expect(named.length).toBeGreaterThan(20);
  const made = [...files.values(), "helm-4.1.4"].filter((file) => file !== "");
  const unknown = named.filter(
    (name) => !made.some((file) => name === file || name.startsWith(`${file}/`)),
  );
  expect(unknown).toEqual([]);
});

test("all groups together are every recipe, each once", () => {
  expect(files.size).toBeGreaterThan(40);
  expect(wanted("test", "e2e", "boot").toSorted()).toEqual([...files.keys()].toSorted());
});
