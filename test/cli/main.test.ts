import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { main } from "../../cli/main.ts";
import { deviceSecrets } from "../../fleet/keys/secrets.ts";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { workloadNames } from "../../gitops/workloads/index.ts";
import { flotilla } from "./command-line.ts";
import { isolateGit } from "./publish/state-repository.ts";
import { temporaryFolder } from "./temporary.ts";
import { parseRootKey } from "../../fleet/keys/root-key.ts";

isolateGit();

const golden = (name: string) => join(import.meta.dirname, "..", "golden", "cli", name);

/** A folder with the first fleet in it. */
async function firstFleet(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  return folder;
}

function replaceIn(path: string, old: string, replacement: string): void {
  const text = readFileSync(path, "utf8");
  expect(text).toContain(old);
  writeFileSync(path, text.replace(old, replacement));
}

describe("help", () => {
  const commands = [
    "init",
    "keygen",
    "validate",
    "synth",
    "plan",
    "promote",
    "match",
    "revoke",
    "publish",
    "rollback",
    "up",
    "doctor",
    "deploy",
    "bootstrap",
    "status",
    "kubeconfig",
    "pin",
    "show",
    "image",
    "flash",
    "pxe",
    "schema",
    "completion",
    "destroy",
  ];
  // These answer like the tools that they replace; their own tests check their help.
  const tools = ["butane", "iso"];

  test("of the program", async () => {
    const help = await flotilla(".", ["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    await expect(help.out).toMatchFileSnapshot(golden("help.txt"));
    expect(await flotilla(".", ["help"])).toEqual(help);
    expect(await flotilla(".", [])).toEqual({ code: 2, out: "", err: help.out });
  });

  test.each(commands)("of %s", async (command) => {
    const help = await flotilla(".", [command, "--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toContain("Examples:\n  $ ");
    await expect(help.out).toMatchFileSnapshot(golden(`help-${command}.txt`));
    expect(await flotilla(".", ["help", command])).toEqual(help);
  });

  test("names every command", () => {
    const files = readdirSync(join(import.meta.dirname, "..", "..", "cli", "commands"));
    expect(files.toSorted()).toEqual(
      [...commands, ...tools, "help"].map((command) => `${command}.ts`).toSorted(),
    );
  });

  test("--version", async () => {
    const run = await flotilla(".", ["--version"]);
    expect(run).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
  });
});

describe("wrong usage exits with 2 and a suggestion", () => {
  test.each([
    ["help nope", "error: unknown command 'nope'\n(see: flotilla --help)\n"],
    ["help imag", "error: unknown command 'imag'\n(Did you mean image?)\n(see: flotilla --help)\n"],
    [
      "help image two",
      "error: too many arguments for 'help'. Expected 1 argument but got 2.\n(see: flotilla help --help)\n",
    ],
    ["sinth", "error: unknown command 'sinth'\n(Did you mean synth?)\n(see: flotilla --help)\n"],
    [
      "synth --onyl edge",
      "error: unknown option '--onyl'\n(Did you mean --only?)\n(see: flotilla synth --help)\n",
    ],
    [
      "synth --only cloud",
      "error: option '--only <part>' argument 'cloud' is invalid. Allowed choices are infra, gitops, edge.\n(see: flotilla synth --help)\n",
    ],
    ["show", "error: missing required argument 'device'\n(see: flotilla show --help)\n"],
    [
      "show a b",
      "error: too many arguments for 'show'. Expected 1 argument but got 2.\n(see: flotilla show --help)\n",
    ],
    ["image", "error: missing argument 'devices', or --all\n(see: flotilla image --help)\n"],
    ["image a --all", "error: give devices or --all, not both\n(see: flotilla image --help)\n"],
    [
      "image a b --stdout",
      "error: --stdout takes the name of one device\n(see: flotilla image --help)\n",
    ],
    [
      "image a --stdout --json",
      "error: --stdout can't be used with --json\n(see: flotilla image --help)\n",
    ],
    [
      "validate --fleet",
      "error: option '--fleet <file>' argument missing\n(see: flotilla --help)\n",
    ],
  ])("flotilla %s", async (line, err) => {
    expect(await flotilla(temporaryFolder(), line.split(" "))).toEqual({ code: 2, out: "", err });
  });
});

describe("keygen", () => {
  test("makes a key once, readable only by this user", async () => {
    const folder = await firstFleet();
    expect(await flotilla(folder, ["keygen"])).toEqual({
      code: 0,
      out: "Wrote fleet.key\n",
      err: "Keep a copy of it in a safe place, and never commit it.\n",
    });
    const path = join(folder, "fleet.key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = readFileSync(path, "utf8");
    const again = await flotilla(folder, ["keygen"]);
    expect(again.err).toBe(
      "fleet.key: there is a root key already, and it is never overwritten: every device depends on it. For another fleet, use another folder\nflotilla: 1 mistake\n",
    );
    expect(again.code).toBe(1);
    expect(readFileSync(path, "utf8")).toBe(key);
  });

  test("makes no second key for devices if their key is lost", async () => {
    const folder = await firstFleet();
    await flotilla(folder, ["keygen"]);
    await flotilla(folder, ["synth", "--only", "gitops"]);
    execFileSync("rm", [join(folder, "fleet.key")]);
    for (const command of ["keygen", "up"]) {
      const { code, err } = await flotilla(folder, [command]);
      expect(code).toBe(1);
      expect(err).toMatch(
        /^fleet\.lock\.yaml: keyId: this fleet's devices were made with the root key [0-9a-f]{16}, which is not here\. Put your copy of it at fleet\.key\. If it is lost for good, delete keyId and publicKeys from the lock, make a new key, and reinstall every device\nflotilla: 1 mistake\n$/,
      );
    }
    expect(existsSync(join(folder, "fleet.key"))).toBe(false);
  });
});

describe("mistakes in the fleet file", () => {
  test("are reported all at once, with their places and a count; as JSON too", async () => {
    const folder = await firstFleet();
    const file = join(folder, "fleet.yaml");
    replaceIn(file, "region: us-east1", "regoin: us-east1");
    replaceIn(file, "    ring: canary\n", "    ring: canarry\n");
    const { code, out, err } = await flotilla(folder, ["validate", "--json"]);
    expect(code).toBe(1);
    const lines = err.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^fleet\.yaml:\d+:\d+: cloud\S*: .*regoin/);
    expect(lines[1]).toMatch(/^fleet\.yaml:\d+:\d+: devices\.cafe-01\.ring: .*canarry/);
    expect(lines[2]).toBe("flotilla: 2 mistakes");
    expect(JSON.parse(out)).toEqual({
      mistakes: [
        expect.objectContaining({ file: "fleet.yaml", line: expect.any(Number) }),
        expect.objectContaining({ path: "devices.cafe-01.ring", column: expect.any(Number) }),
      ],
    });
    const synth = await flotilla(folder, ["up"]);
    expect(synth).toEqual({ code: 1, out: "", err });
    expect(existsSync(join(folder, "fleet.key"))).toBe(false);
    expect(existsSync(join(folder, "dist"))).toBe(false);
  });

  test("no fleet file: up makes nothing, not even a key", async () => {
    const folder = temporaryFolder();
    const { code, err } = await flotilla(folder, ["up", "--fleet", "none.yaml"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^none\.yaml: file not found\./);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("no key, and a key that others may read", async () => {
    const folder = await firstFleet();
    const missing = await flotilla(folder, ["synth"]);
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("flotilla keygen") });
    await flotilla(folder, ["keygen"]);
    chmodSync(join(folder, "fleet.key"), 0o640);
    const open = await flotilla(folder, ["up"]);
    expect(open).toMatchObject({ code: 1, err: expect.stringContaining("chmod 600 fleet.key") });
  });
});

describe("synth, publish, up", () => {
  test("up does the main job, and a second time changes nothing", async () => {
    const folder = await firstFleet();
    const run = await flotilla(folder, ["up"]);
    expect(run.err.split("\n")).toEqual([
      "Made the fleet's root key fleet.key: keep a copy in a safe place",
      "Wrote fleet.lock.yaml: commit it with the fleet file",
      expect.stringMatching(/^dist\/infra: 5 files, 5 written$/),
      expect.stringMatching(/^dist\/gitops: \d+ files, \d+ written$/),
      "dist/edge: 9 files, 9 written",
      "Made the Git repository dist/state.git",
      "",
    ]);
    expect(run.code).toBe(0);
    const steady = run.out
      .replaceAll(/ +\d+(\.\d+)?(?=\n| s\n)/g, " 0")
      .replace(/[0-9a-f]{12}/, "0");
    expect(steady).toContain(
      "\n\nNext:\n  edit fleet.yaml and run this again; then commit fleet.yaml and fleet.lock.yaml\n" +
        "  flotilla image cafe-01: the image that installs a device\n",
    );
    expect(steady).toMatch(
      /^what {8}where {19}written {3}removed {3}seconds\ncloud hub {3}dist\/infra /,
    );
    expect(steady).toMatch(/\n\ncorner-cafe: 3 devices, 2 workloads, 0 s\nCommit 0: Add 3 devices/);
    expect(statSync(join(folder, "dist/edge/cafe-01/device.ign")).mode & 0o777).toBe(0o600);

    const image = join(folder, "dist/edge/cafe-01/cafe-01.iso");
    writeFileSync(image, "");
    expect((await flotilla(folder, ["up"])).out).toContain("flotilla image cafe-02: the image");
    execFileSync("rm", [image]);
    const again = await flotilla(folder, ["up", "--json"]);
    const delivery = JSON.parse(again.out);
    expect(delivery).toMatchObject({
      fleet: "corner-cafe",
      devices: 3,
      workloads: 2,
      nextDevice: "cafe-01",
      publication: { remote: "dist/state.git", branch: "main", commit: null },
    });
    for (const part of delivery.parts) expect(part).toMatchObject({ written: 0, removed: 0 });
  });

  test("no secret is printed, or in a file that others can read", async () => {
    const folder = await firstFleet();
    const { out, err } = await flotilla(folder, ["up", "--verbose"]);
    const keyText = readFileSync(join(folder, "fleet.key"), "utf8").trim();
    const key = parseRootKey(keyText);
    if (key === undefined) throw new Error("up made no key");
    const { fleet } = loadFleet(join(folder, "fleet.yaml"), { key, workloads: workloadNames });
    const secrets = fleet.devices.flatMap((device) => {
      const { wireguardPrivateKey, k3sToken } = deviceSecrets(fleet, device, key);
      expect(readFileSync(join(folder, `dist/edge/${device.name}/device.bu`), "utf8")).toContain(
        wireguardPrivateKey,
      );
      return [Buffer.from(wireguardPrivateKey, "base64"), Buffer.from(k3sToken)];
    });
    secrets.push(Buffer.from(keyText.slice(keyText.lastIndexOf(":") + 1), "base64url"));
    const forms = secrets.flatMap((secret) =>
      (["base64", "base64url", "hex", "latin1"] as const).map((form) => secret.toString(form)),
    );
    const readable = ["gitops", "infra"].flatMap((part) => {
      const entries = readdirSync(join(folder, "dist", part), {
        recursive: true,
        withFileTypes: true,
      });
      return entries
        .filter((each) => each.isFile())
        .map((each) => readFileSync(join(each.parentPath, each.name), "latin1"));
    });
    expect(readable.length).toBeGreaterThan(10);
    const everything = [out, err, ...readable].join("\n");
    expect(forms.filter((form) => everything.includes(form))).toEqual([]);
  });

  test("the files of a removed device are removed, and no others", async () => {
    const folder = await firstFleet();
    await flotilla(folder, ["keygen"]);
    await flotilla(folder, ["up"]);
    replaceIn(join(folder, "fleet.yaml"), "cafe-{02..03}", "cafe-02");
    const { out } = await flotilla(folder, ["up", "--json"]);
    const { parts, publication } = JSON.parse(out);
    expect(parts.map((part: { removed: number }) => part.removed)).toEqual([0, 1, 3]);
    expect(publication.changes).toEqual({
      added: [],
      changed: ["hub/gateway/gateway-peers.yaml"],
      removed: ["hub/fleet/clusters/cafe-03.yaml"],
    });
    expect(publication.commit.subject).toBe("Remove device cafe-03");
    expect(readdirSync(join(folder, "dist/edge"))).toEqual([
      ".flotilla-files",
      "cafe-01",
      "cafe-02",
    ]);
  });

  test("synth --only makes one part; publish says what it did", async () => {
    const folder = await firstFleet();
    await flotilla(folder, ["keygen"]);
    const synth = await flotilla(folder, ["synth", "--only", "gitops", "--json"]);
    expect(JSON.parse(synth.out)).toEqual({
      fleet: "corner-cafe",
      parts: [
        {
          part: "gitops",
          folder: "dist/gitops",
          files: expect.any(Number),
          written: expect.any(Number),
          removed: 0,
          seconds: expect.any(Number),
        },
      ],
    });
    expect(readdirSync(join(folder, "dist"))).toEqual(["gitops"]);
    const first = await flotilla(folder, ["publish"]);
    expect(first.out).toMatch(/^dist\/state\.git: main is now [0-9a-f]{12}: Add 3 devices, .*\n$/);
    const again = await flotilla(folder, ["publish"]);
    expect(again.out).toBe("dist/state.git: main already has this state; nothing to publish\n");
    const json = await flotilla(folder, ["publish", "--json"]);
    expect(JSON.parse(json.out)).toEqual({
      remote: "dist/state.git",
      branch: "main",
      commit: null,
      changes: { added: [], changed: [], removed: [] },
    });
  });

  test("errors of the operating system are reported without a stack, and as JSON", async () => {
    const folder = await firstFleet();
    await flotilla(folder, ["keygen"]);
    writeFileSync(join(folder, "dist"), "a file");
    const run = await flotilla(folder, ["synth", "--only", "gitops", "--json"]);
    const message = "dist: there is something at this path already; move it away";
    expect(run.code).toBe(1);
    expect(run.err).toContain(`flotilla: ${message}\n`);
    expect(JSON.parse(run.out)).toEqual({ error: message });
  });
});

describe("an unexpected error", () => {
  const failing = async (args: string[], environment: Record<string, string>) => {
    let err = "";
    const code = await main(args, {
      environment,
      out: () => {
        throw new Error("boom at https://ada:sesame@git.example.com/x");
      },
      progress: (text) => void (err += `${text}\n`),
    });
    return { code, err };
  };

  test("asks for a report, and shows the stack only on request", async () => {
    const said = "flotilla: unexpected error: boom at https://***@git.example.com/x\n";
    const plain = await failing(["schema"], {});
    expect(plain).toEqual({
      code: 1,
      err:
        `${said}This is a bug in Flotilla. Run the same command with --verbose, and report the output ` +
        "and the version (flotilla --version).\n",
    });
    for (const run of [
      await failing(["schema", "--verbose"], {}),
      await failing(["schema"], { FLOTILLA_DEBUG: "1" }),
    ]) {
      expect(run.err).toMatch(/unexpected error: boom at https:\/\/\*\*\*@.*\n.*\n\s+at /);
      expect(run.err).not.toContain("sesame");
    }
  });
});
