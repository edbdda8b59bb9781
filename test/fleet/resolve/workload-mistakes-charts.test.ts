/** Charts of registries, logins and digests in fleet.yaml, and the words on each mistake in them. */
import { expect, test } from "vitest";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { grammar } from "../../../gitops/grammar.ts";

const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub, region: us-east1 }
rings: [canary, stable]
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites: { boston: { profile: mini-pc } }
devices: { store-01: { site: boston } }
workloads:
`;
/** The number of the first line below \`workloads:\`. */
const first = head.split("\n").length;

/** Every mistake; lines count from the first one below \`workloads:\`. */
function complaints(workloads: string): string[] {
  try {
    declareFleet(
      parseSource("fleet.yaml", head + workloads),
      grammar.workloads,
      undefined,
      grammar.extensions,
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) =>
      formatMistake({ ...mistake, ...(mistake.line && { line: mistake.line - first + 1 }) }),
    );
  }
  return [];
}

const digest = `sha256:${"a".repeat(64)}`;
const withChart = (repository: string, version: string, more = "") =>
  complaints(
    `  board:\n    versions: { canary: "${version}", stable: "${version}" }\n    chart: { repository: "${repository}", name: till${more} }\n`,
  );

test.each([
  ["oci://registry.example.com/charts", "1.2.3"],
  ["oci://registry.example.com:5000/a/b-c/d_e.f/", `1.2.3+b.1@${digest}`],
  ["oci://registry.example.com", "v1.2.3-rc.1"],
])("a chart from the registry %s is fine", (repository, version) => {
  expect(withChart(repository, version)).toEqual([]);
});

test.each([
  ["oci://registry.example.com/Charts", "1.2.3", "is not a valid URL of a registry"],
  ["oci://registry.example.com//charts", "1.2.3", "is not a valid URL of a registry"],
  ["oci://registry.example.com/charts:1.2.3", "1.2.3", 'without ":1.2.3"'],
  [`oci://registry.example.com/charts@${digest}`, "1.2.3", "this URL has a version"],
  ["oci://me:secret@registry.example.com/charts", "1.2.3", "contains a user or a password"],
  ["oci://registry.example.com/{{.name}}", "1.2.3", "is not a valid URL of a chart repository"],
  [
    "https://charts.example.com",
    `1.2.3@${digest}`,
    "digests only for charts in a registry (oci://)",
  ],
  ["oci://registry.example.com/charts", `1.2@${digest}`, '"1.2" is not an exact chart version'],
  ["oci://registry.example.com/charts", "1.2.3@sha256:12", '"sha256:12" is not a valid digest'],
  ["oci://registry.example.com/charts", digest, "is not an exact chart version"],
])("a chart from %s with the version %s is refused", (repository, version, message) => {
  const found = withChart(repository, version);
  expect(found.length).toBeGreaterThan(0);
  for (const each of found) {
    expect(each).toContain(message);
    expect(each).not.toContain("me:secret");
  }
});

test.each([
  [`1.9.1@${digest}`, undefined],
  [`latest@${digest}`, undefined],
  ["1.9.1@sha256:12", '"sha256:12" is not a valid digest. Write the version, @sha256: and 64'],
  [`1.9.1@${digest.toUpperCase()}`, "is not a valid digest"],
  [`@${digest}`, '"" is not a valid version'],
  [digest, "is not a valid version"],
  [`1.9.1@${digest}@${digest}`, "is not a valid digest"],
])("an image's version %s", (version, message) => {
  const text = `  telemetry: { selector: {}, versions: { canary: "${version}", stable: 1.9.0 } }\n`;
  const found = complaints(text);
  expect(found).toEqual(message === undefined ? [] : [expect.stringContaining(message)]);
});

test("a chart's workload has a name that Helm takes", () => {
  const versions = "versions: { canary: 1.2.3, stable: 1.2.3 }";
  const chart = "chart: { repository: https://charts.example.com, name: till }";
  const named = (length: number) => `  ${"a".repeat(length)}: { ${versions}, ${chart} }\n`;
  expect(complaints(named(53))).toEqual([]);
  expect(complaints(named(54))).toEqual([
    `fleet.yaml:1:3: workloads.${"a".repeat(54)}: "${"a".repeat(54)}" has 54 characters, and Helm takes a release with at most 53. Write a shorter name.`,
  ]);
});

test("a login of a chart needs the add-on that brings it", () => {
  expect(withChart("oci://registry.example.com/charts", "1.2.3", ", login: registry")).toEqual([
    `fleet.yaml:3:75: workloads.board.chart.login: a login requires the add-on external-secrets, and this fleet has no platform. Write platform, or delete this line.`,
  ]);
});

test("one chart has one login", () => {
  const one = (name: string, login: string, slash = "") =>
    `  ${name}:\n    versions: { canary: 1.2.3, stable: 1.2.3 }\n    chart: { repository: "oci://registry.example.com/a${slash}", name: till, login: ${login} }\n`;
  const platform =
    "platform: { email: me@harbor.example, login: { github: { organization: harbor } } }\n";
  expect(complaints(one("a1", "x") + one("b1", "x", "/") + platform)).toEqual([]);
  expect(complaints(one("a1", "x") + one("b1", "y", "/") + platform)).toEqual([
    `fleet.yaml:6:78: workloads.b1.chart.login: the workload a1 has this chart with the login "x". Write the same login.`,
  ]);
});
