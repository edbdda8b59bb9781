/** The four ways to synthesize a fleet say the same and write the same. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { loadFleet } from "../../../cli/project/main.ts";
import { formatRootKey } from "../../../fleet/keys/root-key.ts";
import { emptyLock, formatLock } from "../../../fleet/lock/lock.ts";
import { HubApp } from "../../../infra/app.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const repository = join(import.meta.dirname, "..", "..", "..");

const parts = ["infra", "gitops", "edge"] as const;
type Part = (typeof parts)[number];

/** What a program printed to standard error, and its exit code. */
interface Ending {
  readonly code: number;
  readonly err: string;
}

let runs = 0;

/** Runs one of the mains in this process, as `npx cdktf synth` runs infra/main.ts. */
async function runMain(part: Part, folder: string): Promise<Ending> {
  let err = "";
  const home = process.cwd();
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += String(text);
    return true;
  });
  process.chdir(folder);
  try {
    // A module runs once for each URL.
    runs += 1;
    const url = pathToFileURL(join(repository, part, "main.ts"));
    await import(/* @vite-ignore */ `${url.href}?run=${runs}`);
    return { code: Number(process.exitCode ?? 0), err };
  } finally {
    process.exitCode = 0;
    process.chdir(home);
    spy.mockRestore();
  }
}

/** Sets the environment of the mains and of the command line. */
function withoutEnvironment(): void {
  for (const name of ["FLOTILLA_KEY", "CDKTF_OUTDIR", "CDK8S_OUTDIR"]) vi.stubEnv(name, undefined);
}

const fleetText = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/fleet-state.git" }
cloud: { provider: google, project: harbor-edge-hub }
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites: { boston: {} }
devices: { "store-{01..03}": { profile: mini-pc, site: boston } }
workloads: { telemetry: { versions: { canary: 1.9.1, early: 1.9.1, stable: 1.9.0 } } }
`;

interface BadFleet {
  readonly title: string;
  readonly fleet?: string;
  readonly lock?: string;
  /** @default a valid root key */
  readonly key?: string;
  readonly message: RegExp;
  /** What is not a mistake for these. @default none */
  readonly fineFor?: readonly Part[];
}

const key = formatRootKey(new Uint8Array(32).fill(7));
const added = (text: string) => `${fleetText}${text}\n`;

const clashing = `
  boston:
    butane: |
      variant: fcos
      version: 1.5.0
      storage: { files: [{ path: /usr/local/bin/k3s }] }
`;

const badFleets: readonly BadFleet[] = [
  { title: "no fleet file", fleet: "", message: /^fleet\.yaml: file not found/ },
  { title: "broken YAML", fleet: added("sites: ["), message: /^fleet\.yaml:\d+:\d+: / },
  { title: "an unknown key", fleet: added("colour: blue"), message: /^fleet\.yaml:9:1: colour: / },
  {
    title: "several mistakes at once",
    fleet: added("colour: blue\nsize: 3"),
    message: /: colour: .*\n.*: size: /,
  },
  {
    title: "an unknown option of an add-on",
    fleet: added(
      "platform: { email: a@b.example, login: { github: { organization: harbor } }, addons: { prometheus: { colour: blue } } }",
    ),
    message: /^fleet\.yaml:9:\d+: platform\.addons\.prometheus\.colour: /,
  },
  {
    title: "an unknown workload",
    fleet: fleetText.replace("telemetry", "telemetri"),
    message: /^fleet\.yaml:8:\d+: workloads\.telemetri: .*telemetry/,
  },
  {
    title: "an invalid value of a workload",
    fleet: fleetText.replace("telemetry: {", "telemetry: { values: { colour: blue },"),
    message: /^fleet\.yaml:8:\d+: workloads\.telemetry\.values\.colour: /,
  },
  {
    title: "Butane that does not parse",
    fleet: fleetText.replace("boston: {}", 'boston: { butane: "variant: fcos" }'),
    message: /^fleet\.yaml:6:\d+: sites\.boston\.butane: /,
  },
  {
    title: "Butane that clashes with the device's own",
    fleet: fleetText.replace(" { boston: {} }\n", clashing),
    message: /^fleet\.yaml:11:\d+: .*k3s/,
  },
  {
    title: "a missing file",
    fleet: fleetText.replace("boston: {}", "boston: { butane: { file: extra.bu } }"),
    message: /^fleet\.yaml:6:\d+: sites\.boston\.butane\.file: .*extra\.bu/,
  },
  {
    title: "a damaged lock",
    lock: "lock: 1\nfleet: [\n",
    message: /^fleet\.lock\.yaml/,
  },
  {
    title: "no root key",
    key: "",
    message: /^fleet\.key: the root key is missing/,
    fineFor: ["infra"],
  },
  {
    title: "mistakes in the fleet file and the root key at once",
    fleet: added("colour: blue"),
    key: "flotilla",
    message: /^fleet\.yaml:9:1: colour: .*\nfleet\.key: /,
  },
  { title: "a damaged root key", key: "flotilla", message: /^fleet\.key: / },
  {
    title: "another fleet's root key",
    lock: formatLock({ ...emptyLock("harbor", "100.64.0.0/16"), keyId: "0123456789abcdef" }),
    message: /^fleet\.lock\.yaml: keyId: this fleet's devices were made with the root key/,
  },
];

function folderOf({ fleet = fleetText, lock = "", key: text = key }: Partial<BadFleet>): string {
  const folder = temporaryFolder();
  const files = { "fleet.yaml": fleet, "fleet.lock.yaml": lock, "fleet.key": text };
  for (const [name, content] of Object.entries(files)) {
    if (content !== "") writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  return folder;
}

describe("the mains report a mistake in the words of `flotilla synth`, and write nothing", () => {
  test.each(badFleets)("$title", async (bad) => {
    withoutEnvironment();
    const folder = folderOf(bad);
    const before = readdirSync(folder);
    const { code, err } = await flotilla(folder, ["synth"]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(bad.message) });
    for (const part of parts.filter((each) => !bad.fineFor?.includes(each))) {
      expect(await runMain(part, folder), part).toEqual({ code, err });
      expect(await flotilla(folder, ["synth", "--only", part]), part).toMatchObject({ code, err });
    }
    expect(readdirSync(folder)).toEqual(before);
    for (const part of bad.fineFor ?? []) {
      expect((await runMain(part, folder)).code, part).toBe(0);
      expect((await flotilla(folder, ["synth", "--only", part])).code, part).toBe(0);
    }
  });
});

/** Every file of a folder with its text, the lists of written files included. */
function filesIn(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]),
  );
}

test("the mains write the bytes of `flotilla synth` for the example fleet", async () => {
  withoutEnvironment();
  const folder = temporaryFolder();
  cpSync(join(repository, "fleet.yaml"), join(folder, "fleet.yaml"));
  writeFileSync(join(folder, "fleet.key"), key, { mode: 0o600 });
  expect((await flotilla(folder, ["synth"])).code).toBe(0);
  const expected = filesIn(folder);
  for (const name of ["dist", "fleet.lock.yaml"]) rmSync(join(folder, name), { recursive: true });
  for (const part of parts) expect((await runMain(part, folder)).code).toBe(0);
  expect(filesIn(folder)).toEqual(expected);
});

test("an app of your own gets the same fleet", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "fleet.yaml"), fleetText);
  withoutEnvironment();
  expect(await flotilla(folder, ["synth", "--only", "infra"])).toMatchObject({ code: 0 });
  const home = process.cwd();
  process.chdir(folder);
  try {
    new HubApp({ fleet: await loadFleet(), outdir: folder }).synth();
    writeFileSync("fleet.yaml", added("colour: blue"));
    await expect(loadFleet()).rejects.toThrow(/^fleet\.yaml:9:1: colour: /);
  } finally {
    process.chdir(home);
  }
  const [own, flotillas] = [folder, join(folder, "dist/infra")].map((place) =>
    readFileSync(join(place, "stacks/hub/cdk.tf.json"), "utf8"),
  );
  expect(JSON.parse(own ?? "").resource).toEqual(JSON.parse(flotillas ?? "").resource);
});
