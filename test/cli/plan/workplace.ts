/** A folder with a small fleet, its key and its state repository, for tests of `flotilla plan`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { formatRootKey } from "../../../fleet/keys/root-key.ts";
import type { Session } from "../../../cli/terminal/session.ts";
import { flotilla, type Run } from "../command-line.ts";
import { git } from "../publish/state-repository.ts";
import { temporaryFolder } from "../temporary.ts";

const environment = { FLOTILLA_KEY: formatRootKey(new Uint8Array(32).fill(7)).trim() };

export const fleetText = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git", push: state.git }
cloud: { provider: google, project: harbor-edge-hub }
rings: [canary, early, stable]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda, labels: { role: till } }
sites:
  boston: { profile: mini-pc, ring: canary }
  mobile: { profile: mini-pc }
devices:
  store-{01..02}: { site: boston }
  store-{03..12}: { site: mobile }
workloads:
  point-of-sale:
    selector: { role: till }
    versions: { canary: 6.9.2, early: 6.9.1, stable: 6.9.1 }
  telemetry:
    versions: { canary: 1.9.1, early: 1.9.1, stable: 1.9.0 }
`;

/** One of everything: a device comes, one goes, others change, a version moves on. */
export const changedFleetText = fleetText
  .replace(
    "store-{01..02}: { site: boston }",
    "store-{01..02}: { site: boston }\n  kiosk-1: { site: boston }",
  )
  .replace(
    "store-{03..12}: { site: mobile }",
    `store-{03..11}:
    site: mobile
    overrides:
      store-04: { generation: 2 }
      store-05: { ring: early }
      store-06: { labels: { role: kiosk } }`,
  )
  .replace("stable: 1.9.0", "stable: 1.9.1");

export interface Workplace {
  readonly folder: string;
  readonly write: (name: string, text: string | Uint8Array) => void;
  readonly read: (name: string) => string;
  readonly run: (
    args: readonly string[],
    terminal?: Pick<Session, "stream" | "ask">,
  ) => Promise<Run>;
}

export function workplace(text = fleetText): Workplace {
  const folder = temporaryFolder();
  const write = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(folder, name), content);
  write("fleet.yaml", text);
  return {
    folder,
    write,
    read: (name) => readFileSync(join(folder, name), "utf8"),
    run: (args, terminal = {}) => flotilla(folder, args, environment, terminal),
  };
}

/** The fleet is published, and then edited: what `plan` tells is the edit. */
export async function editedWorkplace(
  before = fleetText,
  after = changedFleetText,
  lock?: string,
): Promise<Workplace> {
  const place = workplace(before);
  if (lock !== undefined) place.write("fleet.lock.yaml", lock);
  const { code, err } = await place.run(["publish"]);
  if (code !== 0) throw new Error(err);
  place.write("fleet.yaml", after);
  return place;
}

/** A publish of the edit: it is done, or refused for a problem that `plan` reports too, and forced. */
export async function expectPublish(
  { folder, run }: Workplace,
  problem: string | undefined,
): Promise<void> {
  const tip = () => git(join(folder, "state.git"), "rev-parse", "main");
  const old = tip();
  const { code, err } = await run(["publish", "--yes"]);
  if (problem === undefined) {
    expect([code, tip() === old]).toEqual([0, false]);
    return;
  }
  expect([code, tip()]).toEqual([1, old]);
  expect(err).toContain(problem);
  expect((await run(["plan"])).err).toContain(problem);
  expect((await run(["publish", "--yes", "--force"])).code).toBe(0);
}
