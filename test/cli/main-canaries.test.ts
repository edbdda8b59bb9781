/**
 * Secrets stay where they are. Each command runs as its own process in a project with known secrets,
 * with programs, Git hooks and helpers that look for the secrets and print them (canaries.ts).
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { sharedPath } from "../peers/peers.ts";
import {
  canariesOf,
  filesBelow,
  gitObjects,
  keyText,
  makeSpies,
  printed,
  publishingKeyText,
  rootKey,
  runProgram,
  searchFor,
  urlPassword,
  variables,
} from "./canaries.ts";
import { flotilla } from "./command-line.ts";
import { gke } from "./hub/bootstrap/bootstrap-workplace.ts";
import { fakeCloud, type FakeCloud } from "./hub/deploy/fake-cloud.ts";
import { serve } from "./media/download/loopback.ts";
import { text as answer } from "./pins/world.ts";
import { playHub } from "./hub/status/status-sample.ts";
import { temporaryFolder } from "./temporary.ts";

interface Row {
  /** After the command's name. */
  readonly args: readonly string[];
  /** Its exit code where every program works. @default 0 */
  readonly code?: number;
  /** Runs before the command. It may return further arguments. */
  readonly prepare?: (folder: string, cloud: FakeCloud) => void | Promise<readonly string[]>;
  /** The environment of the command, besides the canaries; HOME stands for the user's folder. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it starts no program. @default false */
  readonly isAlone?: boolean;
}

const device = "cafe-01";
const edit = (folder: string, from: string | RegExp, to: string) => {
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
};
const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
const base = ["--base", "base.iso", "--allow-release"];
const unpackBase = (folder: string) => {
  if (skeleton) writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(skeleton)));
};
/** A file that the kernel's files describe as an unused disk. */
const makeStick = (folder: string) => {
  unpackBase(folder);
  writeFileSync(join(folder, "stick"), Buffer.alloc(2 ** 20), { mode: 0o600 });
  const sys = join(folder, "../sys");
  mkdirSync(sys);
  writeFileSync(join(sys, "size"), "4096000\n");
  // As a file, its number is 0:0.
  const program = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { statSync, realpathSync } = fs;
fs.statSync = (path, ...rest) =>
  path === "stick" ? { isBlockDevice: () => true, rdev: 0 } : statSync(path, ...rest);
fs.realpathSync = Object.assign(
  (path, ...rest) => realpathSync(path === "/sys/dev/block/0:0" ? ${JSON.stringify(sys)} : path, ...rest),
  { native: realpathSync.native },
);
syncBuiltinESMExports();\n`;
  writeFileSync(join(folder, "../stick.mjs"), program);
};
/** Without an ISO to start from, the command says so. */
const ofBase = skeleton ? 0 : 1;
const addDevice = (folder: string) => {
  edit(folder, "cafe-{02..03}:", "cafe-{02..04}:");
};
const toServer = (folder: string) => {
  // By the configuration of Git, with a password (canaries.ts); nothing listens there.
  edit(folder, "push: dist/state.git", "push: https://git.cornercafe.example/fleet-state.git");
};
const unprotect = (folder: string, cloud: FakeCloud) => {
  edit(folder, /^cloud:\n/m, "cloud:\n  deletionProtection: false\n");
  for (const kind of ["services", "persistentvolumeclaims", "persistentvolumes"])
    cloud.hub.answer(`get ${kind}`, '{"items": []}');
};

/** Makes Git write everything that it does, sees and sends into files, with the named variables. */
const traces = {
  ...Object.fromEntries(
    ["", "_SETUP", "_PACKET", "_CURL", "_PACKFILE", "2", "2_EVENT", "2_PERF"].map((kind) => [
      `GIT_TRACE${kind}`,
      `HOME/trace${kind}`,
    ]),
  ),
  GIT_TRACE_REDACT: "0",
  GIT_TRACE2_ENV_VARS: Object.keys(variables).join(","),
  GIT_TRACE2_CONFIG_PARAMS: "*",
};

/** K3s' releases on loopback. One is newer than the lock's. */
const newerK3s = async (folder: string) => {
  const lock = join(folder, "fleet.lock.yaml");
  const version = "v1.99.0+k3s1";
  const list = (name: string) =>
    answer(`${"0".repeat(64)}  k3s-airgap-images-amd64.tar\n${"a".repeat(64)}  ${name}\n`);
  const place = `/k3s/${encodeURIComponent(version)}`;
  const { url } = await serve({
    "/channels": answer({ data: [{ id: "stable", latest: version }] }),
    [`${place}/sha256sum-amd64.txt`]: list("k3s"),
    [`${place}/sha256sum-arm64.txt`]: list("k3s-arm64"),
  });
  const before = readFileSync(lock, "utf8");
  const after = before.replaceAll(/https:\/\/\S*\/k3s\/releases\/download/g, `${url}/k3s`);
  expect(after).not.toBe(before);
  writeFileSync(lock, after);
  return ["--channels-url", `${url}/channels`];
};

/** Each command in the ways in which it starts programs or handles secrets. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  init: [{ args: ["another"], isAlone: true }],
  keygen: [
    // It asks git whether the key is ignored.
    { args: ["--publishing"] },
    { args: [], code: 1, isAlone: true },
    {
      args: ["--publishing"],
      prepare: (folder) => rmSync(join(folder, "publishing.key"), { force: true }),
    },
  ],
  validate: [
    { args: ["--json"], isAlone: true },
    {
      args: [],
      code: 1,
      isAlone: true,
      prepare: (folder) => edit(folder, /url: https:\/\//, `url: https://ada:${urlPassword}@`),
    },
  ],
  synth: [{ args: [], isAlone: true }],
  plan: [{ args: ["--html", "plan.html"], prepare: addDevice }],
  publish: [
    { args: ["--yes"], prepare: addDevice },
    { args: ["--yes", "--json", "--verbose"], prepare: addDevice },
    { args: ["--yes", "--json"], code: 1, prepare: toServer },
    { args: ["--yes", "--verbose"], prepare: addDevice, environment: traces },
  ],
  up: [{ args: [], prepare: addDevice }],
  doctor: [{ args: [] }, { args: ["--json"], code: 1, prepare: toServer }],
  deploy: [{ args: ["--yes", "--json", "--repository-user", "reader"] }],
  bootstrap: [{ args: ["--repository-user", "reader"] }],
  status: [{ args: ["--versions"] }],
  promote: [
    { args: ["telemetry"] },
    { args: ["telemetry", "--pull-request"] },
    {
      args: ["telemetry", "--pull-request"],
      code: 1,
      prepare: (folder) => {
        const url = "https://git.cornercafe.example/own.git";
        inRepository(folder, "remote", "set-url", "origin", url);
      },
    },
  ],
  rollback: [{ args: ["telemetry", "--to", "1.8.0", "--force"] }],
  kubeconfig: [{ args: [device], isAlone: true }, { args: [device, "--", "mine", "--version"] }],
  pin: [
    { args: ["--only", "k3s"], isAlone: true, prepare: newerK3s },
    {
      // Nothing listens there.
      args: ["--only", "k3s", "--channels-url", `http://ada:${urlPassword}@127.0.0.1:9/`],
      code: 1,
      isAlone: true,
    },
  ],
  match: [{ args: [device, "--serial", "PF3KX9T2"], isAlone: true }],
  revoke: [{ args: [device], isAlone: true }],
  show: [
    { args: [device], isAlone: true },
    { args: [device, "--file", "/etc/rancher/k3s/config.yaml"], isAlone: true },
    { args: [device, "--file", "/etc/flotilla/proxy.env"], isAlone: true },
  ],
  image: [{ args: [device, ...base], code: ofBase, prepare: unpackBase, isAlone: true }],
  flash: [
    // A file is not a disk.
    { args: [device, "base.iso", "--yes", ...base], code: 1, prepare: unpackBase, isAlone: true },
    ...[["--json"], ["--verbose"]].map((more) => ({
      args: [device, "stick", "--yes", ...base, ...more],
      code: ofBase,
      prepare: makeStick,
      environment: { NODE_OPTIONS: "--import HOME/../stick.mjs" },
      isAlone: true,
    })),
  ],
  pxe: [{ args: [device], isAlone: true }],
  butane: [
    {
      args: ["device.bu"],
      prepare: (folder) =>
        writeFileSync(join(folder, "device.bu"), "variant: fcos\nversion: 1.5.0\n"),
      isAlone: true,
    },
  ],
  iso: [{ args: ["ignition", "show", "base.iso"], code: 1, prepare: unpackBase, isAlone: true }],
  schema: [{ args: [], isAlone: true }],
  completion: [{ args: ["bash"], isAlone: true }],
  destroy: [{ args: ["--yes"], prepare: unprotect }],
};

/** Where a secret may be, and why. */
const allowed: readonly { readonly found: RegExp; readonly because: string }[] = [
  {
    found:
      /^(hook-[a-z-]+|git|fsmonitor|credential|filter|gpg|ssh|terraform)\/environment: (GITHUB_TOKEN|GH_TOKEN)$/,
    because: "the user's own login at GitHub, for Git's credential helper and Terraform's provider",
  },
  {
    found: /^(terraform|kubectl|gcloud)\/environment: GOOGLE_/,
    because: "the user's own login at Google: the provider, the login plugin of kubectl",
  },
  {
    found: /^kubectl\/environment: AWS_SECRET_ACCESS_KEY$/,
    because: "a login plugin of kubectl; the hub's kubeconfig is the user's",
  },
  { found: /\/environment: HTTPS_PROXY$/, because: "the way to the network" },
  {
    found: /^mine\/environment: (?!FLOTILLA_)[A-Z_]+$/,
    because: "flotilla kubeconfig DEVICE -- COMMAND: the user's command has the user's environment",
  },
  {
    found: /^kubectl\/input: (FLOTILLA_REPOSITORY_PASSWORD|hub-client-ca.*|wireguard-gateway.*)$/,
    because: "flotilla bootstrap: Secrets go to the hub on kubectl's standard input",
  },
  {
    found: /\/home\/trace2\w*: (GITHUB_TOKEN|GH_TOKEN|HTTPS_PROXY|urlPassword)$/,
    because: "Git has them, and the user tells it by name to write them (GIT_TRACE2_ENV_VARS)",
  },
  {
    found: /\/home\/trace_PACKET: (root key|image-digest|GITHUB_TOKEN|GH_TOKEN|HTTPS_PROXY)$/,
    because:
      "a hook of the state repository reads the key files by itself and prints them, and the user makes Git write what it receives",
  },
  {
    found: /^credential\/input: urlPassword$/,
    because: "Git tells its helper of a password in Git's own configuration",
  },
  {
    found: /^(git|hook-pre-push)\/arguments: urlPassword$/,
    because:
      "Git gives a hook the URL of the remote, with what the user wrote into Git's configuration",
  },
];

/** Files with secrets, which only the user may read. */
const secretFiles = /^(fleet\.key|publishing\.key|dist\/edge\/|dist\/kubeconfig\/|stick$)/;

let template: string;

function inRepository(folder: string, ...args: readonly string[]): string {
  const isolated = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
  };
  return execFileSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env: isolated,
    stdio: "pipe",
  });
}

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), "flotilla-canaries-"));
  const folder = join(template, "project");
  mkdirSync(folder);
  await flotilla(folder, ["init"]);
  const proxy = 'proxy: { http: "http://proxy.example:3128", login: { env: PROXY_LOGIN } }';
  // Every program would get variables of this family.
  const users = "users: { ann: { passwordHash: { env: SSH_HASH_OF_ANN } } }";
  edit(folder, `  ${device}:\n`, `  ${device}:\n    ${proxy}\n    ${users}\n`);
  // Where a run of validate is kept.
  mkdirSync(join(folder, "node_modules"));
  writeFileSync(join(folder, "fleet.key"), keyText, { mode: 0o600 });
  const { code, err } = await flotilla(folder, ["publish"]);
  expect(code, err).toBe(0);
  const { fleet } = loadFleet(join(folder, "fleet.yaml"));
  const publishing = publishingKeyText(fleet.name);
  writeFileSync(join(folder, "publishing.key"), publishing, { mode: 0o600 });
  const origin = join(template, "origin.git");
  inRepository(template, "init", "--quiet", "--bare", "--initial-branch=main", origin);
  inRepository(folder, "init", "--quiet", "--initial-branch=main");
  inRepository(folder, "add", "fleet.yaml", "fleet.lock.yaml", ".gitignore");
  const ada = ["-c", "user.name=Ada", "-c", "user.email=ada@cornercafe.example"];
  inRepository(folder, ...ada, "commit", "--quiet", "-m", "First");
  inRepository(folder, "remote", "add", "origin", "../origin.git");
  inRepository(folder, "push", "--quiet", "origin", "main");
  inRepository(folder, "fetch", "--quiet");
});

afterAll(() => rmSync(template, { recursive: true, force: true }));

/** Runs a command and returns every place with a secret that should not be there. */
async function secretsOf(command: string, row: Row, isBroken: boolean) {
  const place = temporaryFolder();
  cpSync(template, place, { recursive: true });
  const folder = join(place, "project");
  const cloud = fakeCloud(gke);
  cloud.answer("print-access-token", 0, printed.accessToken);
  const output = { secret: { sensitive: true, value: printed.output } };
  cloud.answer(" output ", 0, JSON.stringify(output));
  const { fleet } = loadFleet(join(folder, "fleet.yaml"), { key: rootKey });
  playHub(cloud.hub, fleet, Math.floor(Date.now() / 1000));
  const more = (await row.prepare?.(folder, cloud)) ?? [];
  const search = searchFor(canariesOf(template.concat("/project")));
  const spies = makeSpies(place, folder, cloud, isBroken);
  const own = Object.entries(row.environment ?? {}).map(([name, value]) => [
    name,
    value.replace(/\bHOME(?=\/)/, join(place, "home")),
  ]);
  const run = await runProgram(folder, [command, ...row.args, ...more], {
    ...spies.environment,
    ...Object.fromEntries(own),
    FLOTILLA_PUBLISHING_KEY: publishingKeyText(fleet.name).trim(),
  });
  // In that row, the mistake is that the file has the password.
  const isRefused = command === "validate" && run.code === 1;
  const files = [folder, join(place, "tmp"), join(place, "home")]
    .flatMap(filesBelow)
    .map((path) => [path.startsWith(`${folder}/`) ? relative(folder, path) : path, path] as const)
    // Git's objects are compressed, and its configuration is the test's.
    .filter(([name]) => !/\/objects\/|^\.git\/config$|\/home\/\.gitconfig$/.test(name));
  const repositories = [folder, join(folder, "dist/state.git"), join(place, "origin.git")];
  const found = search([
    ...spies.recordings(),
    ["standard output", run.out],
    ["standard error", run.err],
    ...files
      .filter(([name]) => !secretFiles.test(name) && !(isRefused && name === "fleet.yaml"))
      .map(([name, path]) => [name, readFileSync(path)] as const),
    ...repositories.map(
      (path) => [`objects of ${relative(place, path)}`, gitObjects(path)] as const,
    ),
  ]);
  const open = files
    .filter(([name, path]) => secretFiles.test(name) && (statSync(path).mode & 0o077) !== 0)
    .map(([name]) => name)
    .filter((name) => name !== "dist/edge/.flotilla-files");
  return {
    run,
    astray: found.filter((each) => !allowed.some((exception) => exception.found.test(each))),
    open,
    openFiles: spies.openFiles(),
    left: readdirSync(join(place, "tmp")),
    recorded: spies.recordings().length,
  };
}

const nothing = { astray: [], open: [], openFiles: [], left: [] };

describe.each(Object.entries(rows))("flotilla %s", { timeout: 120_000 }, (command, ways) => {
  const named = ways.map((row) => [[command, ...row.args].join(" "), row] as const);

  test.each(named)("keeps its secrets: %s", async (_, row) => {
    const { run, recorded, ...found } = await secretsOf(command, row, false);
    expect(found).toEqual(nothing);
    expect([run.code, recorded > 0], run.err).toEqual([row.code ?? 0, !row.isAlone]);
  });

  const withPrograms = named.filter(([, row]) => !row.isAlone);
  test.each(withPrograms)("keeps its secrets where programs fail: %s", async (_, row) => {
    const { run, recorded: _recorded, ...found } = await secretsOf(command, row, true);
    expect(found, run.err).toEqual(nothing);
  });
});

test("every command has a row", async () => {
  const { out } = await runProgram(tmpdir(), ["--help"], { PATH: process.env["PATH"] ?? "" });
  const [, list = ""] = /\nCommands:\n([^]*?)\n\n/.exec(out) ?? [];
  const commands = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
  expect(commands.filter((name) => name !== "help").toSorted()).toEqual(
    Object.keys(rows).toSorted(),
  );
});
