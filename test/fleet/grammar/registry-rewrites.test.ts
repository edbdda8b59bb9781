/**
 * Rewrite rules: what is refused and why, and that K3s reads what is accepted. What K3s does with a rule is compared with
 * the examples of docs.k3s.io ("Private Registry Configuration", Rewrites) and rancher/rke2#3227, with containerd's own
 * reader of hosts.toml and Go's own regular expressions.
 */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rewritePattern, rewriteProblem } from "../../../fleet/grammar/registry-rewrites.ts";
import { hostsFiles, hostsToml } from "../../edge/k3s-registries.ts";
import { peerPath } from "../../peers/peers.ts";

const peer = peerPath("containerd-hosts-2.4.2");

interface Answer {
  readonly urls: readonly string[];
  readonly names: Readonly<Record<string, readonly string[] | null>>;
  readonly error: string;
}

interface Mirror {
  readonly endpoint: string;
  readonly rewrite?: Readonly<Record<string, string>>;
  readonly name: string;
}

/** What containerd asks for the names, which images of Docker Hub have. */
function asked(mirrors: readonly Mirror[]): readonly Answer[] {
  const requests = mirrors.map(({ endpoint, rewrite = {}, name }) => {
    const files = hostsFiles({ mirrors: { "docker.io": { endpoint: [endpoint], rewrite } } });
    const [file] = files.values();
    return { registry: "docker.io", toml: file === undefined ? "" : hostsToml(file), name };
  });
  const { stdout } = spawnSync(peer ?? "", { input: JSON.stringify(requests), encoding: "utf8" });
  return JSON.parse(stdout) as readonly Answer[];
}

const isAccepted = (pattern: string) => rewritePattern.safeParse(pattern).success;

test.each([
  [String.raw`^docker\.io/(.*)`, "^docker[.]io/(.*)"],
  [String.raw`^([\w.-]+)/(.*)`, "^([0-9A-Za-z_.-]+)/(.*)"],
  [String.raw`\Av\d+/(.*)\z`, "^v[0-9]+/(.*)$"],
  [String.raw`^a\/b\-c`, "^a/b-c"],
  [String.raw`^a\Sb`, "the expression without it"],
  [String.raw`^a\\.b`, "the expression without it"],
  ["a\\", "the expression without it"],
  ['a"b', "the expression without it"],
  ["a\tb", "the expression without it"],
])("%j is refused, and the message has another expression: %s", (pattern, other) => {
  const [issue] = rewritePattern.safeParse(pattern).error?.issues ?? [];
  expect(issue?.message).toMatch(/has .*, which makes K3s' file for containerd invalid\. Write /);
  expect(issue?.message.split(" Write ").at(-1)).toBe(`${other}.`);
});

test.each(["x{1001}", "(x{500}){3}", "[]", "[^]a]", "(", "a**"])(
  "RE2 does not know %s: refused",
  (pattern) => {
    expect(isAccepted(pattern)).toBe(false);
  },
);

test.each<readonly [string, string, string, string | undefined]>([
  ["docker.io", "^library/(.*)", "hub/$1", undefined],
  ["docker.io", "(?i)^library/(?:a|b)[[:alpha:]]", "hub", undefined],
  ["*", "^docker[.]io/(.*)", "$1", undefined],
  ["docker.io", "^(?P<rest>.*)$", "hub/${rest}/$rest/$$1", undefined],
  [
    "docker.io",
    "^docker.io/(.*)",
    "$1",
    "the expression sees the name without the registry docker.io. Delete docker.io/ from it.",
  ],
  [
    "quay.io",
    "quay[.]io/(.*)",
    "$1",
    "the expression sees the name without the registry quay.io. Delete quay.io/ from it.",
  ],
  [
    "docker.io",
    "^(.*):latest$",
    "$1",
    "the expression sees the name without the tag. Delete what follows the name.",
  ],
  [
    "docker.io",
    "^library/.*",
    "hub/$1",
    '"$1" is empty, because the expression has no group. Write a group in parentheses, like ^library/(.*).',
  ],
  [
    "docker.io",
    "^(?:library)/(.*)",
    "hub/${2}",
    '"${2}" is empty, because the expression has 1 group. Write a group in parentheses, like ^library/(.*).',
  ],
  [
    "docker.io",
    "^(?P<rest>.*)",
    "hub/$all",
    '"$all" is empty, because the expression has 1 group: rest. Write a group in parentheses, like ^library/(.*).',
  ],
])("a rule for %s: %s to %s", (registry, pattern, replacement, message) => {
  expect(isAccepted(pattern)).toBe(true);
  expect(rewriteProblem(registry, pattern, replacement)).toBe(message);
});

describe.skipIf(peer === undefined)("containerd and Go (need test/peers/build.sh)", () => {
  const endpoint = "https://registry.example.com:5000";

  test.each<readonly [string, Readonly<Record<string, string>>, string, readonly string[]]>([
    // The example of docs.k3s.io.
    [
      "the whole name",
      { "^rancher/(.*)": "mirrorproject/rancher-images/$1" },
      "rancher/mirrored-pause",
      ["mirrorproject/rancher-images/mirrored-pause"],
    ],
    ["a name that does not match stays", { "^rancher/(.*)": "x/$1" }, "library/nginx", []],
    ["every match is replaced", { a: "b" }, "a/a", ["b/b"]],
    ["a group in braces", { "^(.*)$": "${1}_old" }, "a", ["a_old"]],
    ["a group with a letter after it is empty", { "^(.*)$": "hub/$1_old" }, "a", ["hub/"]],
    ["a dollar is written twice", { a: "$$1" }, "a", ["$1"]],
    ["a dot in brackets", { "^a[.]b/(.*)": "$1" }, "a.b/c", ["c"]],
    ["flags", { "(?i)^LIB/(.*)": "$1" }, "lib/c", ["c"]],
    ["a named group", { "^(?P<rest>.*)$": "hub/${rest}" }, "a", ["hub/a"]],
    // rancher/rke2#3227: K3s takes any rule that changes the name, in no order.
    [
      "two rules that match",
      { "^a/(.*)": "one/$1", "^(.*)": "two/$1" },
      "a/b",
      ["one/b", "two/a/b"],
    ],
  ])("%s", (_name, rewrite, name, expected) => {
    const [answer] = asked([{ endpoint, rewrite, name }]);
    expect(answer?.error).toBe("");
    expect(answer?.names[`${endpoint}/v2`] ?? []).toEqual(expected);
  });

  test("a backslash makes containerd ignore all mirrors of the registry", () => {
    const [answer] = asked([
      { endpoint, rewrite: { [String.raw`^a\.b/(.*)`]: "$1" }, name: "a.b/c" },
    ]);
    expect(answer).toEqual({
      urls: ["https://registry-1.docker.io/v2"],
      names: {},
      error: "toml: invalid escape character U+002E '.'",
    });
  });

  test.each([
    "https://[fd00::5]:5000",
    "https://[2001:db8::5]",
    "http://[2001:db8:0:0::5]:80",
    "https://my_mirror.lan",
    "https://mirror.example.com./v2",
  ])("containerd asks %s", (url) => {
    const [answer] = asked([{ endpoint: url, name: "library/nginx" }]);
    const place = url.endsWith("/v2") ? url : `${url}/v2`;
    expect(answer).toMatchObject({ urls: [place, "https://registry-1.docker.io/v2"], error: "" });
  });

  test("containerd reads every expression that is accepted", () => {
    const part = fc.constantFrom(
      ...'a b . / - ( ) [ ] ^ $ * + ? | {2} {1001} {2,} (?: (?i) (?P<n> (?<n> (?= [^ [a-z] [[:alpha:]] \\. \\d \\b \\z " : , } {'.split(
        " ",
      ),
    );
    const patterns = fc
      .sample(fc.array(part, { maxLength: 8 }), { numRuns: 12_000, seed: 15 })
      .map((parts) => parts.join(""));
    const accepted = [...new Set(patterns)].filter(isAccepted);
    expect(accepted.length).toBeGreaterThan(500);
    const answers = asked(
      accepted.map((pattern) => ({ endpoint, rewrite: { [pattern]: "x" }, name: "a" })),
    );
    const refused = answers.flatMap(({ error }, index) => (error === "" ? [] : [accepted[index]]));
    expect(refused).toEqual([]);
  });
});
