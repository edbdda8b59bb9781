/** Access to one device: what the kubeconfig contains, and that no copy of it is left behind. */
import { spawn } from "node:child_process";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { adminAccess } from "../../../../cli/hub/kubeconfig/device-kubeconfig.ts";
import { fleetRootCertificate } from "../../../../fleet/keys/authorities.ts";
import { parseRootKey } from "../../../../fleet/keys/root-key.ts";
import { loadFleet, saveLock } from "../../../../fleet/resolve/load.ts";
import { grammar } from "../../../../gitops/grammar.ts";
import { flotilla, type Run } from "../../command-line.ts";
import { fakeHub, type FakeHub } from "../fake-kubectl.ts";
import { temporaryFolder } from "../../temporary.ts";

const program = join(import.meta.dirname, "..", "..", "..", "..", "cli", "flotilla.mjs");

interface Workplace {
  readonly folder: string;
  readonly hub: FakeHub;
  readonly run: (...args: string[]) => Promise<Run>;
}

/** A first fleet; its device cafe-02 has an address of its own. */
async function workplace(): Promise<Workplace> {
  const folder = temporaryFolder();
  const hub = fakeHub("hub");
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  writeFileSync(file, `${readFileSync(file, "utf8").replace(/^devices:$/m, direct)}`);
  const key = keyOf(folder);
  saveLock(loadFleet(file, { ...grammar, key }));
  vi.stubEnv("TMPDIR", folder);
  const run = (...args: string[]) => flotilla(folder, ["kubeconfig", ...args], hub.environment);
  return { folder, hub, run };
}

const direct = `devices:
  plant-01: { site: harbour-street, connectivity: direct, address: 203.0.113.20 }`;

function keyOf(folder: string) {
  const key = parseRootKey(readFileSync(join(folder, "fleet.key"), "utf8"));
  if (!key) throw new Error("no key");
  return key;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString();

describe("a kubeconfig to keep", () => {
  test("names the device by address and by name, and is readable only by its owner", async () => {
    const { folder, run } = await workplace();
    const { code, out, err } = await run("cafe-01", "--hours", "8");
    expect([code, out]).toEqual([0, "Wrote dist/kubeconfig/cafe-01.yaml\n"]);
    const path = join(folder, "dist/kubeconfig/cafe-01.yaml");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(err).toMatch(/^It gives all rights on cafe-01 .*, until \d{4}-[\d-]+ [\d:]+ UTC\. Use/);
    expect(err.split("\n").slice(1)).toEqual([
      "  kubectl port-forward --namespace flotilla-gateway service/gateway 3128:3128",
      "  kubectl --kubeconfig dist/kubeconfig/cafe-01.yaml get nodes",
      "",
    ]);

    const { clusters, users } = JSON.parse(readFileSync(path, "utf8")) as Kubeconfig;
    const { fleet } = loadFleet(join(folder, "fleet.yaml"));
    const root = fleetRootCertificate(fleet, keyOf(folder));
    expect(clusters).toEqual([
      {
        name: "cafe-01",
        cluster: {
          server: "https://100.64.0.2:6443",
          "tls-server-name": "cafe-01.corner-cafe.internal",
          "certificate-authority-data": Buffer.from(root).toString("base64"),
          "proxy-url": "http://127.0.0.1:3128",
        },
      },
    ]);
    const [{ user } = { user: {} }] = users;
    const certificate = new X509Certificate(decoded(user["client-certificate-data"]));
    expect(certificate.subject).toBe(`O=system:masters\nCN=flotilla:${userInfo().username}`);
    expect(certificate.checkPrivateKey(createPrivateKey(decoded(user["client-key-data"])))).toBe(
      true,
    );
    const hours = (Date.parse(certificate.validTo) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(7.9);
    expect(hours).toBeLessThanOrEqual(8);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now() - 4 * 60_000);
  });

  test("of a device with a direct connection needs no proxy", async () => {
    const { run } = await workplace();
    const { out, err } = await run("plant-01", "--stdout");
    const { clusters } = JSON.parse(out) as Kubeconfig;
    expect(clusters[0]?.cluster).toMatchObject({ server: "https://203.0.113.20:6443" });
    expect(clusters[0]?.cluster).not.toHaveProperty("proxy-url");
    expect(err.split("\n").slice(1)).toEqual(["  kubectl --kubeconfig FILE get nodes", ""]);
  });

  test("is written where the user says", async () => {
    const { folder, run } = await workplace();
    const args = ["--output", "my.yaml", "--port", "9999", "--context", "hub", "--json"];
    const { out, err } = await run("cafe-01", ...args);
    expect(JSON.parse(out)).toMatchObject({ device: "cafe-01", path: "my.yaml" });
    expect(readFileSync(join(folder, "my.yaml"), "utf8")).toContain('"http://127.0.0.1:9999"');
    expect(err).toContain(
      "  kubectl --context hub port-forward --namespace flotilla-gateway service/gateway 9999:3128\n",
    );
  });

  test.each([
    [["cafe-1"], 1, "Did you mean cafe-01?"],
    [["cafe-01", "--hours", "25"], 2, "a number of hours, at most 24"],
    [["cafe-01", "--hours", "0"], 2, "a number of hours, at most 24"],
    [["cafe-01", "--port", "0"], 2, "Expected a port from 1 to 65535"],
    [["cafe-01", "--stdout", "--json"], 2, "--stdout can't be used with --output or --json"],
    [["cafe-01", "--stdout", "--", "ls"], 2, "with a command after --, no kubeconfig is written"],
  ])("%j is refused", async (args, code, message) => {
    const { run } = await workplace();
    const result = await run(...args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });

  test("is valid from shortly before now, in whole seconds", () => {
    const now = new Date("2026-11-22T10:00:00.750Z");
    for (const [hours, seconds] of [
      [0.001, 3],
      [0.0001, 1],
    ] as const) {
      const { notAfter } = adminAccess("ada", now, hours, always);
      expect(notAfter).toEqual(new Date(`2026-11-22T10:00:0${seconds}Z`));
    }
    expect(adminAccess("ada", now, 0.5, always)).toEqual({
      user: "flotilla:ada",
      notBefore: new Date("2026-11-22T09:55:00Z"),
      notAfter: new Date("2026-11-22T10:30:00Z"),
    });
  });

  const always = { notBefore: "2020-01-01", notAfter: "2050-01-01" };

  test.each([
    ["2049-12-31T10:00:00Z", 24, "2049-12-31T09:55:00Z", "2050-01-01T00:00:00Z"],
    ["2049-12-31T23:59:59Z", 1, "2049-12-31T23:54:59Z", "2050-01-01T00:00:00Z"],
    ["2049-12-31T22:00:00Z", 2, "2049-12-31T21:55:00Z", "2050-01-01T00:00:00Z"],
    ["2020-01-01T00:01:00Z", 1, "2020-01-01T00:00:00Z", "2020-01-01T01:01:00Z"],
  ])(
    "made at %s for %d hours, it does not last longer than its authority",
    (now, hours, from, to) => {
      const { notBefore, notAfter } = adminAccess("ada", new Date(now), hours, always);
      expect([notBefore, notAfter]).toEqual([new Date(from), new Date(to)]);
    },
  );

  test.each(["2050-01-01T00:00:00Z", "2061-05-05T00:00:00Z", "2019-12-31T23:59:59Z"])(
    "at %s none is made, because no device would accept it",
    (now) => {
      expect(() => adminAccess("ada", new Date(now), 1, always)).toThrow(
        "the fleet's certificates are valid from 2020-01-01 to 2050-01-01, and now it is",
      );
    },
  );
});

describe("a command after --", () => {
  const sh = (script: string) => ["--", "sh", "-c", script];

  test("has the kubeconfig, and no copy is left", async () => {
    const { folder, hub, run } = await workplace();
    const script =
      'cp "$KUBECONFIG" kept; echo "$KUBECONFIG" >path; stat -c %a "$KUBECONFIG" >mode';
    expect(await run("cafe-01", ...sh(script))).toEqual({ code: 0, out: "", err: "" });
    const text = (name: string) => readFileSync(join(folder, name), "utf8");
    expect((JSON.parse(text("kept")) as Kubeconfig).clusters[0]?.cluster["proxy-url"]).toBe(
      "http://127.0.0.1:40123",
    );
    expect(text("mode")).toBe("600\n");
    expect(text("path")).toMatch(new RegExp(`^${folder}/flotilla-`));
    expect(existsSync(text("path").trim())).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith("flotilla-"))).toEqual([]);
    expect(existsSync(join(folder, "dist"))).toBe(false);

    const [call] = hub.calls();
    expect(call?.args).toEqual([
      "port-forward",
      "--namespace",
      "flotilla-gateway",
      "service/gateway",
      ":3128",
      "--address=127.0.0.1",
    ]);
    expect(await isGone(hub.processes()[0] ?? 0)).toBe(true);
  });

  test("gets its arguments unchanged, and its exit code is Flotilla's", async () => {
    const { folder, hub, run } = await workplace();
    const words = ["--", "sh", "-c", 'echo "$@" >args; exit 7', "sh", "--json", "-n", "x", "--"];
    expect((await run("cafe-01", ...words)).code).toBe(7);
    expect(readFileSync(join(folder, "args"), "utf8")).toBe("--json -n x --\n");
    expect((await run("cafe-01", ...sh("kill -TERM $$"))).code).toBe(143);
    for (const id of hub.processes()) expect(await isGone(id)).toBe(true);
  });

  test("needs no gateway if the connection is direct", async () => {
    const { hub, run } = await workplace();
    expect((await run("plant-01", ...sh("grep -q 203.0.113.20 $KUBECONFIG"))).code).toBe(0);
    expect(hub.calls()).toEqual([]);
  });

  test("does not see the root key", async () => {
    const { folder, hub } = await workplace();
    const FLOTILLA_KEY = readFileSync(join(folder, "fleet.key"), "utf8").trim();
    const environment = { ...hub.environment, FLOTILLA_KEY };
    const args = ["kubeconfig", "plant-01", ...sh("env >seen")];
    expect((await flotilla(folder, args, environment)).code).toBe(0);
    expect(readFileSync(join(folder, "seen"), "utf8")).not.toContain("flotilla-root-key");
  });

  test("gets the signal that Flotilla gets, and no copy is left", async () => {
    const { folder, hub } = await workplace();
    const script = 'trap "echo told >told; exit 5" TERM; echo up >up; while :; do sleep 0.05; done';
    const args = [program, "kubeconfig", "cafe-01", ...sh(script)];
    const env = { ...process.env, ...hub.environment };
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    while (!existsSync(join(folder, "up"))) {
      if (child.exitCode !== null) throw new Error("it ended too early");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGTERM");
    expect(await ended).toBe(5);
    expect(existsSync(join(folder, "told"))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith("flotilla-"))).toEqual([]);
    for (const id of hub.processes()) expect(await isGone(id)).toBe(true);
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "a %s before it runs leaves nothing",
    async (signal) => {
      const { folder, hub } = await workplace();
      // The forward never comes up.
      const silent = join(folder, "silent");
      mkdirSync(silent);
      const kubectl = `#!/bin/sh\necho $$ >"${folder}/forward"\nexec sleep 600\n`;
      writeFileSync(join(silent, "kubectl"), kubectl, { mode: 0o755 });
      const PATH = `${silent}:${hub.environment["PATH"]}`;
      const args = [program, "kubeconfig", "cafe-01", ...sh("touch ran")];
      const env = { ...process.env, PATH };
      const child = spawn(process.execPath, args, { cwd: folder, env, stdio: "ignore" });
      const ended = new Promise((resolve) => child.on("close", resolve));
      await vi.waitFor(() => expect(readFileSync(join(folder, "forward"), "utf8")).toMatch(/\n/), {
        timeout: 50_000,
        interval: 20,
      });
      child.kill(signal);
      expect(await ended).toBe(128 + constants.signals[signal]);
      expect(existsSync(join(folder, "ran"))).toBe(false);
      expect(readdirSync(folder).filter((name) => name.startsWith("flotilla-"))).toEqual([]);
      expect(await isGone(Number(readFileSync(join(folder, "forward"), "utf8")))).toBe(true);
    },
  );

  test("that does not exist is reported, and so is a hub that refuses", async () => {
    const { folder, hub, run } = await workplace();
    expect(await run("cafe-01", "--", "no-such-program")).toEqual({
      code: 1,
      out: "",
      err: "flotilla: no-such-program: the program was not found\n",
    });
    hub.fail("port-forward", 'Error from server (NotFound): services "gateway" not found');
    const { code, err } = await run("cafe-01", ...sh("touch ran"));
    expect([code, err]).toEqual([1, 'flotilla: not found: services "gateway" not found\n']);
    expect(existsSync(join(folder, "ran"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith("flotilla-"))).toEqual([]);
    for (const id of hub.processes()) expect(await isGone(id)).toBe(true);
  });
});

/** Whether the process ends within a moment. */
async function isGone(id: number): Promise<boolean> {
  for (let round = 0; round < 1000; round++) {
    try {
      process.kill(id, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
