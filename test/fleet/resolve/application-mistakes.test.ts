/** Names of devices and workloads of which Argo CD would get two objects with one name. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { grammar } from "../../../gitops/grammar.ts";

const { addons } = grammar.extensions;

const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub, region: us-east1 }
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites: { boston: { profile: mini-pc } }
`;

/** Devices with the workloads that run on them. */
type Placed = Readonly<Record<string, readonly string[]>>;

function mistakesOf(placed: Placed, more = ""): readonly string[] {
  const workloads = [...new Set(Object.values(placed).flat())];
  const devices = Object.entries(placed).map(([name, runs]) => {
    const labels = runs.map((run) => `w-${run}: "yes"`).join(", ");
    return `  ${name}: { site: boston, labels: { ${labels} } }\n`;
  });
  const texts = workloads.map(
    (name) => `  ${name}: { selector: { w-${name}: "yes" }, versions: { stable: 1.0.0 } }\n`,
  );
  const text = `${head}${more}rings: [stable]\ndevices:\n${devices.join("")}workloads:\n${texts.join("")}`;
  try {
    declareFleet(parseSource("fleet.yaml", text), workloads, undefined, { addons });
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map(formatMistake);
  }
}

describe("two Applications of one name", () => {
  const name = fc
    .array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("-"));
  const placed = fc.dictionary(name, fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), {
    minKeys: 1,
    maxKeys: 5,
    noNullPrototype: true,
  });

  test("are refused, and nothing else is", () => {
    fc.assert(
      fc.property(placed, (fleet) => {
        const names = Object.entries(fleet).flatMap(([device, runs]) =>
          runs.map((run) => `${device}-${run}`),
        );
        const clash = new Set(names).size < names.length;
        expect(mistakesOf(fleet).length > 0, JSON.stringify(fleet)).toBe(clash);
      }),
      { numRuns: 150, examples: [[{ "a-b": ["a"], a: ["b-a"] }]] },
    );
  });

  test("are refused at the workload with the longer name", () => {
    expect(mistakesOf({ "a-b": ["c"], a: ["b-c"] })).toEqual([
      "fleet.yaml:13:3: workloads.b-c: this name would create the Application a-b-c, of c on a-b twice. Write another name.",
    ]);
    expect(mistakesOf({ "a-b": ["c"], a: ["d"], e: ["b-c"] })).toEqual([]);
  });
});

test("an Application of an add-on of the hub is not that of a device too", () => {
  expect(mistakesOf({ cert: ["manager"] })).toEqual([
    "fleet.yaml:11:3: workloads.manager: this name would create the Application cert-manager, of an add-on of the hub, twice. Write another name.",
  ]);
  // Without `platform` there is no such add-on.
  expect(mistakesOf({ external: ["dns"], cert: ["other"] })).toEqual([]);
  const platform = `platform: { email: a@harbor.example, login: { github: { organization: harbor } } }\n`;
  expect(mistakesOf({ external: ["dns"] }, platform)).toEqual([
    expect.stringContaining("workloads.dns: this name would create the Application external-dns"),
  ]);
  const off = platform.replace("} } }", "} }, addons: { external-dns: { enabled: false } } }");
  expect(mistakesOf({ external: ["dns"] }, off)).toEqual([]);
});

test("an upgrade of K3s has an Application on each device", () => {
  const upgrades = "k3s: { versions: { stable: v1.36.2+k3s1 } }\n";
  const fleet = { "a-system": ["upgrade"], a: ["other"] };
  expect(mistakesOf(fleet)).toEqual([]);
  expect(mistakesOf(fleet, upgrades)).toEqual([
    expect.stringMatching(
      /workloads\.upgrade: .* a-system-upgrade, of the upgrade of K3s on a, twice/,
    ),
  ]);
});
