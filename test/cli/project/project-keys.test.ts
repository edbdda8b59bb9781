/** CI has no root key: with the public keys of the lock and the publishing key it makes the same bytes. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatRootKey } from "../../../fleet/keys/root-key.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const rootKey = (seed: number) => formatRootKey(new Uint8Array(32).fill(seed));

interface Sketch {
  readonly stores: number;
  readonly generations: readonly number[];
  readonly directs: number;
  readonly validity: string;
  readonly range: string;
  readonly password: string;
  readonly hub: number;
}

function fleetText({
  stores,
  generations,
  directs,
  validity,
  range,
  password,
  hub,
}: Sketch): string {
  const overrides = generations
    .slice(0, stores)
    .map(
      (generation, index) =>
        `      store-${String(index + 1).padStart(4, "0")}: { generation: ${generation} }`,
    );
  return `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/fleet-state.git", push: state.git }
cloud: { provider: google, project: harbor-edge-hub }
certificates: ${validity}
tunnel: { range: ${range} }
hub: { generation: ${hub} }
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites:
  boston:
    butane: |
      variant: fcos
      version: 1.5.0
      passwd: { users: [{ name: desk, password_hash: "${password}" }] }
devices:
  store-{0001..${String(stores).padStart(4, "0")}}:
    profile: mini-pc
    site: boston
    overrides:${overrides.length === 0 ? " {}" : `\n${overrides.join("\n")}`}
${directs > 0 ? `  depot-{1..${directs}}: { profile: mini-pc, site: boston, connectivity: direct, address: 203.0.113.7 }\n` : ""}workloads: { telemetry: { versions: { canary: 1.9.1, early: 1.9.1, stable: 1.9.0 } } }
`;
}

const plain: Sketch = {
  stores: 3,
  generations: [],
  directs: 0,
  validity: "{ notBefore: 2024-01-01, notAfter: 2049-01-01 }",
  range: "100.64.0.0/16",
  password: "$y$j9T$canary",
  hub: 1,
};

const sketches: fc.Arbitrary<Sketch> = fc.record({
  stores: fc.integer({ min: 1, max: 30 }),
  generations: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }),
  directs: fc.integer({ min: 0, max: 1 }),
  validity: fc.constantFrom(plain.validity, "{ notBefore: 2020-01-01, notAfter: 2050-01-01 }"),
  range: fc.constantFrom("100.64.0.0/16", "10.77.0.0/24"),
  password: fc.constantFrom("$y$j9T$canary", "$y$j9T$other"),
  hub: fc.constantFrom(1, 2),
});

/** A folder with the fleet and its root key, and one beside it with neither key. */
async function folders(sketch: Sketch) {
  const safe = temporaryFolder();
  writeFileSync(join(safe, "fleet.yaml"), fleetText(sketch));
  writeFileSync(join(safe, "fleet.key"), rootKey(7), { mode: 0o600 });
  expect(await flotilla(safe, ["synth"])).toMatchObject({ code: 0 });
  expect(await flotilla(safe, ["keygen", "--publishing"])).toMatchObject({ code: 0 });
  const publishing = readFileSync(join(safe, "publishing.key"), "utf8");
  const ci = temporaryFolder();
  for (const name of ["fleet.yaml", "fleet.lock.yaml"]) cpSync(join(safe, name), join(ci, name));
  return { safe, ci, environment: { FLOTILLA_PUBLISHING_KEY: publishing } };
}

function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]),
  );
}

const lockOf = (folder: string) => readFileSync(join(folder, "fleet.lock.yaml"), "utf8");
const editLock = (folder: string, edit: (text: string) => string) =>
  writeFileSync(join(folder, "fleet.lock.yaml"), edit(lockOf(folder)));
const editFleet = (folder: string, text: string) => writeFileSync(join(folder, "fleet.yaml"), text);

describe("without the root key", () => {
  test("synth, plan, validate and publish make the same as with the root key, for random fleets", async () => {
    await fc.assert(
      fc.asyncProperty(sketches, async (sketch) => {
        const { safe, ci, environment } = await folders(sketch);
        const made = await flotilla(ci, ["synth"], environment);
        expect(made).toMatchObject({ code: 0 });
        expect(made.err).toContain("dist/edge is not made: it needs the root key");
        for (const part of ["infra", "gitops"]) {
          expect(filesIn(join(ci, "dist", part))).toEqual(filesIn(join(safe, "dist", part)));
        }
        expect(readdirSync(join(ci, "dist")).toSorted()).toEqual(["gitops", "infra"]);
        expect(lockOf(ci)).toBe(lockOf(safe));
        expect(await flotilla(ci, ["validate"])).toMatchObject({ code: 0 });
        const [there, here] = [
          await flotilla(safe, ["plan", "--json"]),
          await flotilla(ci, ["plan", "--json"], environment),
        ];
        expect(here).toEqual(there);
        expect(await flotilla(ci, ["publish", "--yes"], environment)).toMatchObject({ code: 0 });
        // What the root key publishes on top of it is the same.
        cpSync(join(ci, "state.git"), join(safe, "state.git"), { recursive: true });
        const again = await flotilla(safe, ["publish", "--json"]);
        expect(JSON.parse(again.out)).toMatchObject({ commit: null });
      }),
      { numRuns: 4 },
    );
  }, 300_000);

  test.each(["publish", "plan"])("%s without a lock names the lock", async (command) => {
    const { ci, environment } = await folders(plain);
    rmSync(join(ci, "fleet.lock.yaml"), { force: true });
    const { code, out, err } = await flotilla(ci, [command], environment);
    expect([code, out, err]).toEqual([
      1,
      "",
      "fleet.lock.yaml: the lock is missing, and the public keys with it. It must be in Git. Run flotilla synth with the root key, and commit the lock.\nflotilla: 1 mistake\n",
    ]);
  });

  test("publish and synth need the publishing key of this fleet; plan and validate do not", async () => {
    const { safe, ci, environment } = await folders(plain);
    const missing =
      "publishing.key: the publishing key is missing. Create it with the root key: flotilla keygen --publishing. Then copy it to this file or to $FLOTILLA_PUBLISHING_KEY.\nflotilla: 1 mistake\n";
    for (const command of ["publish", "synth"]) {
      expect(await flotilla(ci, [command])).toEqual({ code: 1, out: "", err: missing });
    }
    expect(readdirSync(ci).toSorted()).toEqual(["fleet.lock.yaml", "fleet.yaml"]);
    expect(await flotilla(ci, ["validate"])).toMatchObject({ code: 0 });
    expect(await flotilla(ci, ["synth", "--only", "infra"])).toMatchObject({ code: 0 });
    // The state of the root key is published; the plan does not mention images.
    expect(await flotilla(safe, ["publish"])).toMatchObject({ code: 0 });
    cpSync(join(safe, "state.git"), join(ci, "state.git"), { recursive: true });
    const plan = await flotilla(ci, ["plan", "--json"]);
    expect(JSON.parse(plan.out).summary).toMatchObject({
      changes: false,
      images: { same: 0, changed: 0, unknown: 3 },
    });
    // CI without the secret.
    const empty = { FLOTILLA_PUBLISHING_KEY: "", FLOTILLA_KEY: "" };
    expect(await flotilla(ci, ["plan", "--json"], empty)).toEqual(plan);
    editFleet(ci, fleetText({ ...plain, password: "$y$j9T$other" }));
    const changed = await flotilla(ci, ["plan", "--json"], environment);
    expect(JSON.parse(changed.out).summary.images).toMatchObject({ changed: 3, unknown: 0 });

    const other = temporaryFolder();
    editFleet(other, fleetText(plain));
    writeFileSync(join(other, "fleet.key"), rootKey(8), { mode: 0o600 });
    await flotilla(other, ["keygen", "--publishing"]);
    const wrong = { FLOTILLA_PUBLISHING_KEY: readFileSync(join(other, "publishing.key"), "utf8") };
    for (const command of ["publish", "plan", "synth"]) {
      const { code, err } = await flotilla(ci, [command], wrong);
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(
          /^\$FLOTILLA_PUBLISHING_KEY: this is the publishing key [0-9a-f]{16}, and the lock has [0-9a-f]{16}\. /,
        ),
      });
    }
    const unset = { FLOTILLA_PUBLISHING_KEY: "" };
    expect(await flotilla(ci, ["publish"], unset)).toEqual({ code: 1, out: "", err: missing });
    for (const text of ["flotilla-publishing-key-1:AAAA", rootKey(7)]) {
      const { code, err } = await flotilla(ci, ["publish"], { FLOTILLA_PUBLISHING_KEY: text });
      expect(code).toBe(1);
      expect(err).toMatch(/^\$FLOTILLA_PUBLISHING_KEY: this is not a publishing key\. /);
    }
  });

  test("commands for devices ask for the root key", async () => {
    const { ci, environment } = await folders(plain);
    for (const args of [["synth", "--only", "edge"], ["image", "store-0001"], ["up"]]) {
      const { code, err } = await flotilla(ci, args, environment);
      expect({ args, code, err }).toEqual({
        args,
        code: 1,
        err: expect.stringContaining("root key"),
      });
    }
  });

  test("a device that is not in the lock is reported at its line, and a device can be removed", async () => {
    const { safe, ci, environment } = await folders(plain);
    const [device] = /store-0001 1 .*/.exec(lockOf(ci)) ?? [];
    const raised = fleetText({ ...plain, stores: 5, generations: [1, 2] });
    editFleet(ci, raised);
    const fix = "Run flotilla synth with the root key, and commit the lock.\n";
    const line = (start: string) =>
      raised.split("\n").findIndex((each) => each.includes(start)) + 1;
    const mistakes = [
      `fleet.yaml:${line("store-{0001")}:3: devices.store-{0001..0005}: store-0004 has no public key of generation 1 in the lock (like 1 more device on this line). ${fix}`,
      `fleet.yaml:${line("store-0002:")}:7: devices.store-{0001..0005}.overrides.store-0002: store-0002 has no public key of generation 2 in the lock. ${fix}`,
    ];
    const before = filesIn(ci);
    for (const command of ["validate", "plan", "publish", "synth"]) {
      const { code, err } = await flotilla(ci, [command], environment);
      expect({ command, code, err: err.split(/^/m).slice(0, -1).toSorted() }).toEqual({
        command,
        code: 1,
        err: mistakes.toSorted(),
      });
    }
    expect(filesIn(ci)).toEqual(before);
    // Whoever has the root key adds them.
    editFleet(safe, raised);
    expect(await flotilla(safe, ["validate"])).toMatchObject({ code: 0 });
    expect(await flotilla(safe, ["synth", "--only", "infra"])).toMatchObject({ code: 0 });
    expect(lockOf(safe)).toContain(device);
    expect(lockOf(safe)).toMatch(/^ {4}store-0002 2 .*\n {4}store-0003 1 .*\n {4}store-0004 1 /m);
    cpSync(join(safe, "fleet.lock.yaml"), join(ci, "fleet.lock.yaml"));
    expect(await flotilla(ci, ["publish", "--yes"], environment)).toMatchObject({ code: 0 });
    // A device can be removed without the root key.
    editFleet(ci, fleetText({ ...plain, stores: 2, generations: [1, 2] }));
    expect(await flotilla(ci, ["publish", "--yes"], environment)).toMatchObject({ code: 0 });
    expect(lockOf(ci)).not.toMatch(/store-000[345] 1 /);
    expect(lockOf(ci)).toContain(device);
  });

  test("another validity of the certificates needs the root key", async () => {
    const { safe, ci, environment } = await folders(plain);
    const text = fleetText({
      ...plain,
      validity: "{ notBefore: 2024-01-01, notAfter: 2060-01-01 }",
    });
    editFleet(ci, text);
    expect(await flotilla(ci, ["publish"], environment)).toEqual({
      code: 1,
      out: "",
      err: "fleet.yaml:5:15: certificates: the root certificate in the lock has another validity. Run flotilla synth with the root key, and commit the lock.\nflotilla: 1 mistake\n",
    });
    editFleet(safe, text);
    expect(await flotilla(safe, ["synth", "--only", "gitops"])).toMatchObject({ code: 0 });
    cpSync(join(safe, "fleet.lock.yaml"), join(ci, "fleet.lock.yaml"));
    expect(await flotilla(ci, ["publish", "--yes"], environment)).toMatchObject({ code: 0 });
  });
});

describe("the statement about the hub's generation", () => {
  const statement = (folder: string) => /^ {2}hubStatement: (.*)$/m.exec(lockOf(folder))?.[1];
  const direct = { ...plain, directs: 1 };

  test("is in the lock for devices without a tunnel, from the second generation on", async () => {
    const { safe } = await folders(direct);
    expect(statement(safe)).toBeUndefined();
    for (const [sketch, written] of [
      [{ ...direct, hub: 2 }, /^2 [A-Za-z0-9+/]+={0,2}$/],
      [{ ...direct, hub: 3 }, /^3 /],
    ] as const) {
      editFleet(safe, fleetText(sketch));
      expect(await flotilla(safe, ["synth", "--only", "gitops"])).toMatchObject({ code: 0 });
      expect(statement(safe)).toMatch(written);
      const [, signature = ""] = statement(safe)?.split(" ") ?? [];
      const path = join(safe, "dist/gitops/edge/hub-statement/statement.yaml");
      expect(readFileSync(path, "utf8")).toContain(signature);
    }
    editFleet(safe, fleetText({ ...plain, hub: 3 }));
    await flotilla(safe, ["synth", "--only", "gitops"]);
    expect(statement(safe)).toBeUndefined();
  });

  test("is reported as missing if the generation was raised without the root key", async () => {
    const { ci, environment } = await folders({ ...direct, hub: 2 });
    editFleet(ci, fleetText({ ...direct, hub: 3 }));
    for (const command of ["plan", "publish", "synth"]) {
      const { code, err } = await flotilla(ci, [command], environment);
      expect([command, code]).toEqual([command, 1]);
      expect(err).toMatch(
        /^fleet\.lock\.yaml:\d+:\d+: publicKeys: the signed statement about the hub's generation 3 is missing\. Run flotilla synth with the root key, and commit the lock\.$/m,
      );
    }
  });

  test.each([
    ["another signature", (line: string) => line.replace(/.{8}$/, "AAAAAAAA"), "does not belong"],
    ["text", () => "two", "expected a generation and a signature in base64"],
    ["a control character", (line: string) => `"${line}\\e"`, "expected a generation and a sig"],
  ])("%s is refused", async (_what, edit, message) => {
    const { safe } = await folders({ ...direct, hub: 2 });
    editLock(safe, (lock) => lock.replace(/(?<=^ {2}hubStatement: ).*$/m, (line) => edit(line)));
    const { code, err } = await flotilla(safe, ["plan"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^fleet\.lock\.yaml:\d+:\d+: publicKeys\.hubStatement: /);
    expect(err).toContain(message);
    expect(err).not.toContain("\u001b");
  });
});

describe("a lock that does not belong to the root key", () => {
  const key = (line: string) => (text: string) =>
    text.replace(
      new RegExp(`(?<=^ {4}${line} 1 ).*$`, "m"),
      "q2V5c29mc29tZWJvZHllbHNlLTAxMjM0NTY3ODkwMTI=",
    );

  test.each<[string, (lock: string) => string, RegExp]>([
    [
      "a device's key",
      key("store-0002"),
      /^fleet\.lock\.yaml:\d+:5: publicKeys\.devices: the public key of store-0002 does not belong to the root key\. /,
    ],
    [
      "a gateway's key",
      key("gateway"),
      /^fleet\.lock\.yaml:\d+:5: publicKeys\.gateways: the public key of gateway does not belong to the root key\. /,
    ],
    [
      "the publishing key",
      (lock) => lock.replace(/publishingKeyId: .*/, "publishingKeyId: '0123456789abcdef'"),
      /^fleet\.lock\.yaml:\d+:\d+: publicKeys\.publishingKeyId: the fingerprint of the publishing key does not belong/,
    ],
  ])("%s is refused as soon as the root key is available", async (_what, edit, message) => {
    const { safe } = await folders(plain);
    editLock(safe, edit);
    const before = filesIn(safe);
    for (const args of [["synth"], ["plan"], ["publish"], ["synth", "--only", "infra"]]) {
      const { code, err } = await flotilla(safe, args);
      expect({ args, code, err }).toEqual({ args, code: 1, err: expect.stringMatching(message) });
    }
    expect(filesIn(safe)).toEqual(before);
  });

  test("the root certificate of another fleet or key, two of them, or none", async () => {
    const { safe, ci, environment } = await folders(plain);
    const certificateOf = (lock: string) =>
      / {4}-----BEGIN[^]*?END CERTIFICATE-----\n/.exec(lock)?.[0] ?? "";
    const own = certificateOf(lockOf(safe));
    const stranger = async (text: string) => {
      const folder = temporaryFolder();
      editFleet(folder, text);
      writeFileSync(join(folder, "fleet.key"), rootKey(8), { mode: 0o600 });
      await flotilla(folder, ["synth", "--only", "infra"]);
      return certificateOf(lockOf(folder));
    };
    const otherKey = await stranger(fleetText(plain));
    const otherFleet = await stranger(fleetText(plain).replace("fleet: harbor", "fleet: pine"));
    const broken = own.replace(/(?<=\n {4}.{20})./, (letter) => (letter === "A" ? "B" : "A"));
    for (const [what, text, isSeenWithoutKey] of [
      ["another key", otherKey, false],
      ["another fleet", otherFleet, true],
      ["two", own + otherKey, true],
      ["text", "    hello\n", true],
      ["broken", broken, true],
    ] as const) {
      for (const folder of [safe, ci])
        editLock(folder, (lock) =>
          lock.replace(certificateOf(lock) || /(?<=rootCertificate: \|\n)( {4}.*\n)+/, text),
        );
      const withKey = await flotilla(safe, ["plan"]);
      expect({ what, ...withKey }).toMatchObject({
        what,
        code: 1,
        err: expect.stringMatching(
          /^fleet\.lock\.yaml:\d+:\d+: publicKeys\.rootCertificate: this certificate does not belong to the root key\. /,
        ),
      });
      const without = await flotilla(ci, ["plan"], environment);
      expect({ what, code: without.code }).toEqual({ what, code: isSeenWithoutKey ? 1 : 0 });
      if (isSeenWithoutKey) {
        expect(without.err).toMatch(
          /^fleet\.lock\.yaml:\d+:\d+: publicKeys\.rootCertificate: this is not the root certificate of the fleet harbor\. /,
        );
      }
      for (const folder of [safe, ci])
        editLock(folder, (lock) => lock.replace(/(?<=rootCertificate: \|\n)( {4}.*\n)+/, own));
    }
  });
});

describe("a lock without public keys", () => {
  const old = (text: string) => text.slice(0, text.indexOf("publicKeys:"));

  test("is accepted with the root key, which adds them", async () => {
    const { safe } = await folders(plain);
    const whole = lockOf(safe);
    editLock(safe, old);
    expect(await flotilla(safe, ["validate"])).toMatchObject({ code: 0 });
    expect(await flotilla(safe, ["plan"])).toMatchObject({ code: 0 });
    expect(lockOf(safe)).toBe(old(whole));
    expect(await flotilla(safe, ["synth", "--only", "gitops"])).toMatchObject({ code: 0 });
    expect(lockOf(safe)).toBe(whole);
  });

  test("is refused without the root key, with what adds them", async () => {
    const { ci, environment } = await folders(plain);
    editLock(ci, old);
    expect(await flotilla(ci, ["validate"])).toMatchObject({ code: 0 });
    for (const command of ["plan", "publish", "synth"]) {
      expect(await flotilla(ci, [command], environment)).toEqual({
        code: 1,
        out: "",
        err: "fleet.lock.yaml: publicKeys: this lock has no public keys yet, so the root key is needed. Run flotilla synth with the root key, and commit the lock.\nflotilla: 1 mistake\n",
      });
    }
  });
});

describe("keygen --publishing", () => {
  test("writes the same key each time, readable only by its owner, and never replaces another one", async () => {
    const { safe } = await folders(plain);
    const file = join(safe, "publishing.key");
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^flotilla-publishing-key-1:[A-Za-z0-9_-]{43}\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await flotilla(safe, ["keygen", "--publishing"])).toMatchObject({ code: 0 });
    rmSync(file);
    await flotilla(safe, ["keygen", "--publishing"]);
    expect(readFileSync(file, "utf8")).toBe(text);
    writeFileSync(file, "mine\n");
    expect(await flotilla(safe, ["keygen", "--publishing"])).toMatchObject({ code: 1 });
    expect(readFileSync(file, "utf8")).toBe("mine\n");
  });

  test("needs the root key of the lock", async () => {
    const { ci } = await folders(plain);
    const { code, err } = await flotilla(ci, ["keygen", "--publishing"]);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining("the root key is missing"),
    });
    const wrong = { FLOTILLA_KEY: rootKey(9) };
    expect(await flotilla(ci, ["keygen", "--publishing"], wrong)).toMatchObject({ code: 1 });
    expect(readdirSync(ci)).not.toContain("publishing.key");
  });
});
