/** Secrets of workloads in fleet.yaml: what becomes of them, and the exact words on each mistake. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import type { Workload } from "../../../fleet/model/workload.ts";

const platform = `platform:
  email: operators@harbor.example
  login: { github: { organization: harbor } }
`;

/** With one workload, whose secrets are written from line 14 on; the platform is below. */
const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub }
rings: [stable]
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites: { boston: { profile: mini-pc } }
devices: { store-01: { site: boston } }
workloads:
  board:
    selector: {}
    versions: { stable: 1.2.3 }
    chart: { repository: https://charts.example.com, name: board }
`;

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), "flotilla-secrets-")), "fleet.yaml");
});
afterEach(() => rmSync(join(file, ".."), { recursive: true }));

function load(secrets: string, rest = platform): Workload | undefined {
  writeFileSync(file, `${head}${secrets}${rest}`);
  return loadFleet(file).fleet.workloads[0];
}

function complaints(secrets: string, rest = platform): string[] {
  try {
    load(secrets, rest);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => formatMistake({ ...mistake, file: "fleet.yaml" }));
  }
  return [];
}

const one = "    secrets: [{ name: prices, from: price-feed }]\n";

test("a secret has a name on the device, a purpose, and the fields that it is made of", () => {
  const two = `    secrets:
      - { name: prices, from: price-feed }
      - { name: till, from: bank, keys: [terminalId, pin] }
`;
  expect(load(two)?.secrets).toEqual([
    { name: "prices", from: "price-feed" },
    { name: "till", from: "bank", keys: ["terminalId", "pin"] },
  ]);
  expect(load("")).not.toHaveProperty("secrets");
  expect(load("    secrets: []\n", "")).not.toHaveProperty("secrets");
});

test("without the platform, or without what fetches them, there are none", () => {
  const why = "secrets require the add-on external-secrets";
  expect(complaints(one, "")).toEqual([
    `fleet.yaml:14:5: workloads.board.secrets: ${why}, and this fleet has no platform. Write platform, or delete this list.`,
  ]);
  const off = `${platform}  addons: { external-secrets: { enabled: false } }\n`;
  expect(complaints(one, off)).toEqual([
    `fleet.yaml:14:5: workloads.board.secrets: ${why}, and platform.addons.external-secrets.enabled is false. Delete that line, or this list.`,
  ]);
});

test("two of one name", () => {
  const secrets = `    secrets:
      - { name: prices, from: price-feed }
      - { name: prices, from: bank, keys: [pin, pin] }
`;
  expect(complaints(secrets)).toEqual([
    'fleet.yaml:16:17: workloads.board.secrets.1.name: "prices" appears twice in this list. Delete one.',
    'fleet.yaml:16:49: workloads.board.secrets.1.keys.1: "pin" appears twice in this list. Delete one.',
  ]);
});

test("names that Kubernetes or Google does not take", () => {
  const secrets = `    secrets:
      - { name: Prices, from: price-feed }
      - { name: bank, from: harbor/bank }
      - { name: till, from: bank, keys: [a b] }
      - { name: none, from: bank, keys: [] }
      - { name: half }
`;
  expect(complaints(secrets)).toEqual([
    'fleet.yaml:15:17: workloads.board.secrets.0.name: "Prices" is not a valid DNS label. Write 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.',
    `fleet.yaml:16:29: workloads.board.secrets.1.from: "harbor/bank" is not a valid secret name. Write the part after <fleet>- of its name in Google Secret Manager, in lower case.`,
    'fleet.yaml:17:42: workloads.board.secrets.2.keys.0: "a b" is not a valid key. Write a field of the JSON object: letters, digits, hyphens and underscores.',
    "fleet.yaml:18:41: workloads.board.secrets.3.keys: this list is empty. Write at least one key, or delete the list.",
    'fleet.yaml:19:9: workloads.board.secrets.4: "from" is missing. Write it here.',
  ]);
});
