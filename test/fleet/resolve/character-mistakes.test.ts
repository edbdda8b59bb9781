/** A hostile text at each key of the grammar: a new key is tried without a line here. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { dereferenced } from "../../json-schema.ts";
import { extendedSchema } from "../../../fleet/grammar/fleet-schema.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { addons } from "../../../gitops/addons/index.ts";

const extensions = { addons };

interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** The paths of all texts; the name of a record's entry is `name`. */
function textPaths(
  named: JsonSchema,
  path: readonly (string | number)[] = [],
): (string | number)[][] {
  const schema = dereferenced(named, whole);
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema;
  const record = typeof additionalProperties === "object" ? additionalProperties : undefined;
  return [
    ...(schema.type === "string" && schema.enum === undefined && schema.const === undefined
      ? [[...path]]
      : []),
    ...Object.entries(properties).flatMap(([key, inner]) => textPaths(inner, [...path, key])),
    ...(record === undefined ? [] : textPaths(record, [...path, "name"])),
    ...(items === undefined ? [] : textPaths(items, [...path, 0])),
    ...[...anyOf, ...oneOf].flatMap((inner) => textPaths(inner, path)),
  ];
}

const whole = z.toJSONSchema(extendedSchema(extensions), { io: "input" }) as unknown as JsonSchema;
const all = textPaths(whole).map((path) => path.join("."));
const places = [...new Set(all)];

/** A fleet without mistakes. */
const valid = () => ({
  fleet: "corner",
  domain: "edge.example.com",
  repository: { url: "https://git.example.com/fleet.git" },
  cloud: { provider: "google", project: "corner-edge-hub" },
  rings: ["stable"],
  profiles: { name: { architecture: "x86_64", disk: "/dev/sda" } },
  sites: { name: { profile: "name" } },
  devices: { name: { site: "name" } },
  workloads: { name: { manifests: "app", versions: { stable: "1" } } },
});

/** The other variant of `cloud`, for the keys that only it has. */
const existing = () => ({
  provider: "existing",
  context: "factory",
  network: { nodes: "10.20.0.0/16", pods: "10.244.0.0/16", services: "10.96.0.0/12" },
  gateway: { address: "203.0.113.10" },
  ingress: { address: "203.0.113.11" },
});
const existingKeys = /^cloud\.(context|gateway|ingress|secretStore|storageClass)\b/;

/** JSON is YAML, except for a character that only JSON allows. */
const escaped = (json: string) => json.replaceAll("\u007f", String.raw`\u007f`);

/** Whether there is a mistake at a place where a text stands. */
function refused(place: string, text: string): boolean {
  const document: Record<string, unknown> = valid();
  if (existingKeys.test(place)) document["cloud"] = existing();
  const path = place.split(".");
  let parent: Record<string, unknown> = document;
  for (const [index, key] of path.slice(0, -1).entries()) {
    // A disk is a text there, and here what the disk is like.
    if (typeof parent[key] !== "object") parent[key] = path[index + 1] === "0" ? [] : {};
    parent = parent[key] as Record<string, unknown>;
  }
  parent[path.at(-1) ?? ""] = text;
  const source = parseSource("fleet.yaml", escaped(JSON.stringify(document)));
  try {
    declareFleet(source, [], undefined, extensions);
    return false;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const shown = place.replaceAll(/\.(\d+)/g, "[$1]");
    return error.mistakes.some(({ path: at }) => at === shown || at === place);
  }
}
/** Texts that are checked where they are used: files by their readers, Butane by its own grammar. */
const files = /\.file$|^workloads\.name\.manifests$|^repository\.signing\.keys\.0$/;
const description = /^(sites|devices)\.name\.(overrides\.name\.)?description$/;
const mailUser = /^platform\.addons\.prometheus\.alerts\.smtp\.user$/;
const remote = /^repository\.(url|push)$/;
const kernel = /^profiles\.name\.kernelArguments\.0$/;
const secretKey = /^workloads\.name\.secrets\.0\.keys\.0$/;
const annotation = /^cloud\.(gateway|ingress)\.annotations\.name$/;
const diskPattern = /\.disk\.(model|serial|path)$/;
const machine = /\.match\.(serial|assetTag)$/;
/** Their own mistakes are at another place, or follow from what is beside them. */
const inContext =
  /\.interfaces\.name\.(vlan\.parent|(bond|bridge)\.ports\.0|bond\.options\.primary)$/;
/** Anything that can be printed. */
const printable = /\.(ssid|rewrite\.name|registries\.hosts\.name\.login\.username)$/;
/** Paths that their readers check. */
const authorities = /\.certificateAuthori(ties\.0|ty)$/;
const people = [inContext, printable, description, mailUser, files, annotation];

/** A hostile text, and the only places that may take it. */
const hostile: readonly (readonly [text: string, places: readonly RegExp[]])[] = [
  ["a\0b", []],
  ["a\u001bb", []],
  ["a\u007fb", []],
  ["a\u0085b", []],
  ["a\u2028b", []],
  ["a\u202eb", []],
  ["a\rb", []],
  ["a\nb", [description]],
  ["-x", [...people, authorities, secretKey]],
  ["--upload-pack=x", [...people, authorities, machine]],
  ["../x", [...people, remote, kernel]],
  ["x/../../y", [...people, machine, remote, kernel]],
  ["a b", [...people, authorities, machine, diskPattern]],
  ["a;b", [...people, authorities, machine, remote, kernel, diskPattern]],
  ["$(a)", [...people, authorities, remote, kernel]],
  ['a"b', [...people, authorities, machine, remote, kernel]],
];

describe("a hostile text at each key of the grammar", () => {
  test("the grammar has texts", () => {
    expect(places.length).toBeGreaterThan(80);
    expect(places).toContain("profiles.name.disk");
  });

  test.each(hostile)("%j", { timeout: 60_000 }, (text, exempt) => {
    const accepted = places.filter((place) => !refused(place, text));
    expect(accepted.filter((place) => !exempt.some((pattern) => pattern.test(place)))).toEqual([]);
    // An exemption that is not needed goes.
    const unneeded = exempt.filter((pattern) => !accepted.some((place) => pattern.test(place)));
    expect(unneeded).toEqual([]);
  });

  // `refused` fails where anything but a mistake comes of it.
  test.each(["fd00:42::/56", "2001:db8::7", "[2001:db8::7]:443", "10.0.0.0/8", "203.0.113.7"])(
    "%s is right or a mistake at every key",
    { timeout: 60_000 },
    (text) => {
      for (const place of places) refused(place, text);
    },
  );

  test.each([
    ["repository.branch", "main", "release/2.0", "a-b_c.d"],
    ["profiles.name.disk", "/dev/sda", "/dev/disk/by-id/nvme-eui.0025_1-part:0", "/dev/mapper/..a"],
    ["profiles.name.kernelArguments.0", "console=ttyS0,115200n8", 'x="y"', "+x"],
    ["repository.url", "git@github.com:a/b.git", "https://h/-x.git", "ssh://git@h:22/a-b"],
    ["sites.name.description", "Two\nlines\tand “quotes”, a café"],
  ])("%s takes what is right", (place, ...texts) => {
    for (const text of texts) expect(refused(place, text), text).toBe(false);
  });

  test.each([
    [
      "repository.branch",
      "x.lock",
      "a.lock/b",
      "a/.b",
      "a..b",
      "a/",
      "HEAD",
      "refs/heads/main",
      "@",
      "a@{1}",
      "é",
    ],
    ["repository.branch", "0123456789".repeat(4), "a".repeat(300), "a//b", "a.", ".a", "a~1", "a^"],
    ["profiles.name.disk", "/dev/../../etc/shadow", "/dev/./sda", "/dev//sda", "/dev/", "/dev"],
    ["profiles.name.disk", "/dev/disk/..", "/dev/disk/by-id/", "/device/sda", "dev/sda", "/etc/x"],
    ["profiles.name.kernelArguments.0", "--", "a\u00a0b", "é", "", "a\tb", "x".repeat(2000)],
    ["repository.url", "ssh://-oProxyCommand=x/y", "git@-x:y", "https://u@-h/x", "-c"],
  ])("%s refuses what is wrong", (place, ...texts) => {
    for (const text of texts) expect(refused(place, text), text).toBe(true);
  });
});

const hasGit = spawnSync("git", ["--version"]).status === 0;

describe.skipIf(!hasGit)("a branch that is accepted", () => {
  const isBranch = (name: string) =>
    spawnSync("git", ["check-ref-format", `refs/heads/${name}`]).status === 0 &&
    spawnSync("git", ["check-ref-format", "--branch", name]).status === 0;
  const piece = fc.constantFrom(
    "a",
    "Z",
    "9",
    ".",
    "/",
    "-",
    "_",
    "@",
    "{",
    "lock",
    ".lock",
    "~",
    "HEAD",
    " ",
  );
  const name = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(""));

  test("is one for git, and few others are refused", { timeout: 120_000 }, () => {
    const kinds = { both: 0, git: 0 };
    fc.assert(
      fc.property(name, (branch) => {
        const accepted = !refused("repository.branch", branch);
        if (accepted) expect(isBranch(branch), branch).toBe(true);
        if (accepted) kinds.both += 1;
        else if (
          /^[A-Za-z0-9._/-]+$/.test(branch) &&
          !/^[./_-]|HEAD/.test(branch) &&
          isBranch(branch)
        )
          kinds.git += 1;
      }),
      { numRuns: 300 },
    );
    expect(kinds.both).toBeGreaterThan(20);
    expect(kinds.git).toBe(0);
  });
});
