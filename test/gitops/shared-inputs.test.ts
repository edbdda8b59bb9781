/** A state that is made with what earlier runs made is the same as one that is made in full. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { SynthesisIndex } from "../../cli/project/synthesis-index.ts";
import { imageDigests } from "../../edge/fleet-devices.ts";
import { publishingKey } from "../../fleet/keys/publishing-key.ts";
import { RootKey } from "../../fleet/keys/root-key.ts";
import { publicKeys } from "../../fleet/keys/secrets.ts";
import { rememberNothing, type Remember } from "../../fleet/model/remember.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { loadFleet, saveLock } from "../../fleet/resolve/load.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { grammar } from "../../gitops/grammar.ts";
import { builtIn } from "../../gitops/registry.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-shared-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "fleet.yaml");
const key = new RootKey(new Uint8Array(32).fill(9));

/** Changes that can be made together, each in a place of its own: what is there at first, and then. */
const edits = {
  comment: ["# A fleet", "# A fleet\n# with another line"],
  generation: ["hub: { generation: 1 }", "hub: { generation: 2 }"],
  domain: ["edge.harbor.example", "edge.pier.example"],
  cloud: ["region: us-east1", "region: europe-west3"],
  platform: [
    "# no platform",
    "platform: { email: a@harbor.example, login: { github: { organization: harbor } } }",
  ],
  pins: ["outdatedAfterDays: 60", "outdatedAfterDays: 30"],
  window: ["timeZone: Europe/Paris", "timeZone: Europe/Oslo"],
  project: ["workloads: anytime", "workloads: window"],
  ring: ["ring: canary }", "ring: stable }"],
  label: ["labels: { role: till }", "labels: { role: kiosk }"],
  direct: [
    "kiosk-1: { site: lyon }",
    "kiosk-1: { site: lyon, connectivity: direct, address: 10.1.2.3 }",
  ],
  renamed: ["store-a: { site: paris }", "store-b: { site: paris }"],
  replaced: ["till-1: { site: paris }", "till-1: { site: paris, generation: 2 }"],
  moved: ["till-2: { site: paris }", "till-2: { site: lyon }"],
  port: ["till-3: { site: paris }", "till-3: { site: paris, gateway: { port: 443 } }"],
  ipv6: [
    "till-4: { site: paris }",
    'till-4: { site: paris, gateway: { endpoints: ["2001:db8::1"] } }',
  ],
  taint: [
    "till-5: { site: paris }",
    'till-5: { site: paris, k3s: { nodeTaints: ["a=b:NoSchedule"] } }',
  ],
  disk: ["till-6: { site: paris }", "till-6: { site: paris, disk: /dev/vda }"],
  butane: ["path: /opt/a", "path: /opt/b"],
  more: ["bulk-{01..43}: { site: lyon }", "bulk-{01..57}: { site: lyon }"],
  version: ["canary: 1.9.1", "canary: 1.9.2"],
  values: ["stable: 6.9.1 } }", "stable: 6.9.1 }, sites: { paris: { message: Bonjour } } }"],
  selector: ["selector: { role: till }", "selector: { role: kiosk }"],
  k3s: ["# no upgrades", "k3s: { versions: { canary: v1.36.4+k3s1, stable: v1.36.4+k3s1 } }"],
} as const;
type Edit = keyof typeof edits;

function textWith(chosen: readonly Edit[]): string {
  const text = `# A fleet
fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-hub, region: us-east1 }
hub: { generation: 1 }
coreos: { outdatedAfterDays: 60 }
rings: [canary, stable]
# no platform
# no upgrades
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda, labels: { role: till } } }
sites:
  paris: { profile: mini-pc, timeZone: Europe/Paris, ring: canary }
  lyon: { profile: mini-pc, ring: stable, maintenance: { days: [Sun], start: "05:00", lengthMinutes: 60, workloads: anytime } }
devices:
  store-a: { site: paris }
  kiosk-1: { site: lyon }
${[1, 2, 3, 4, 5, 6, 7].map((number) => `  till-${number}: { site: paris }`).join("\n")}
  bulk-{01..43}: { site: lyon }
  always-1: { site: paris, labels: { role: till } }
  always-2: { site: paris, labels: { role: kiosk } }
  own-1:
    site: paris
    butane: |
      variant: fcos
      version: 1.5.0
      storage: { directories: [{ path: /opt/a }] }
workloads:
  point-of-sale: { selector: { role: till }, versions: { canary: 6.9.2, stable: 6.9.1 } }
  telemetry: { versions: { canary: 1.9.1, stable: 1.9.1 } }
`;
  return chosen.reduce((edited, name) => {
    const [before, after] = edits[name];
    return edited.replace(before, after);
  }, text);
}

/** A fleet with its lock from nothing: addresses are the same for the same text. */
function load(chosen: readonly Edit[]): { readonly state: (remember: Remember) => Tree } {
  rmSync(join(folder, "fleet.lock.yaml"), { force: true });
  writeFileSync(file, textWith(chosen));
  const loaded = loadFleet(file, { ...grammar, key });
  saveLock(loaded);
  const { fleet } = loaded;
  return {
    state: (remember) => {
      const digestKey = publishingKey(fleet.name, key);
      const digests = imageDigests(fleet, digestKey, undefined, fleet.devices, remember);
      return synthesizeState(fleet, publicKeys(fleet, key, remember), digests, builtIn, remember);
    },
  };
}

const noFolder = join(folder, "dist");
const index = () => new SynthesisIndex(noFolder, "gitops", Buffer.alloc(32, 1), () => "1");

test("after any changes, it is what is made without an index", { timeout: 600_000 }, () => {
  const names = Object.keys(edits) as Edit[];
  fc.assert(
    fc.property(fc.array(fc.subarray(names), { minLength: 2, maxLength: 3 }), (history) => {
      for (const chosen of history) {
        const { state } = load(chosen);
        const own = index();
        expect([...state(own.remember)]).toEqual([...state(rememberNothing)]);
        own.save();
      }
    }),
    { numRuns: 8 },
  );
});

/** What is made again after one change, by its kind. */
function madeAgain(chosen: Edit): Record<string, number> {
  const first = index();
  load([]).state(first.remember);
  first.save();
  const second = index();
  const made: Record<string, number> = {};
  const remember: Remember = (kind, shared, inputs, make) =>
    second.remember(kind, shared, inputs, () => {
      made[kind] = (made[kind] ?? 0) + 1;
      return make();
    });
  load([chosen]).state(remember);
  return made;
}

test.each<[Edit, Record<string, number>]>([
  ["comment", {}],
  ["disk", { "image digest": 1, registration: 1 }],
  ["butane", { "image digest": 1, registration: 1 }],
  ["replaced", { "image digest": 1, registration: 1, peers: 1, "public key": 1 }],
  // Without a lock, the devices below them in the file get other addresses.
  ["more", { "image digest": 17, registration: 17, peers: 1, "public key": 14 }],
  ["version", { state: 1 }],
])("%s makes again what depends on it, and nothing else", { timeout: 60_000 }, (edit, expected) => {
  expect(madeAgain(edit)).toEqual(expected);
});
