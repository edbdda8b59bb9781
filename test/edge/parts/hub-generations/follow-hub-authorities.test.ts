/**
 * What a device's API server accepts after the hub's next generation: the real kube-apiserver with the
 * flags and the files of an image. It stands in for K3s, which has kube-apiserver inside and lets a flag
 * of its configuration take the place of its own (pkg/util/args.go, GetArgs).
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hubClientAuthority, hubStatement } from "../../../../fleet/keys/authorities.ts";
import { RootKey } from "../../../../fleet/keys/root-key.ts";
import { deviceSecrets } from "../../../../fleet/keys/secrets.ts";
import { hubUser } from "../../../../fleet/model/contract.ts";
import { statePath } from "../../../../fleet/model/state-layout.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../../../cli/hub/api-server.ts";
import { makeLeaf } from "../../../e2e/certificates.ts";
import { hubStatementFiles } from "../../../../gitops/hub-statement-files.ts";
import { sampleFleet, samplePublicKeys } from "../../../sample.ts";
import { composed, inlineOf, sampleDevice } from "../../devices.ts";

const title = hasApiServer ? "" : " (SKIPPED: it needs the peers kubernetes, kine and kubectl)";
const folder = mkdtempSync(join(tmpdir(), "hub-"));
const key = new RootKey(new Uint8Array(32).fill(12));
const device = { ...sampleDevice("store-01"), connectivity: "direct" as const };
const edge = composed(device, { secrets: deviceSecrets(sampleFleet, device, key) });
const trusted = join(folder, "trusted.pem");

/** Within which a device's API server has read the file again: it looks each minute, or is called. */
const secondsMax = 60;

/** The flags of the device's K3s, with the files of its image in this folder. */
function deviceFlags(): readonly string[] {
  const config = load(inlineOf(edge, "/etc/rancher/k3s/config.yaml")) as {
    readonly "kube-apiserver-arg": readonly string[];
  };
  const files = new Set(edge.toConfig().storage?.files?.map(({ path }) => path));
  return config["kube-apiserver-arg"].map((flag) => {
    const [name = "", value = ""] = flag.split("=");
    if (!value.startsWith("/")) return flag;
    const path = join(folder, basename(value));
    if (files.has(value)) writeFileSync(path, inlineOf(edge, value), { mode: 0o600 });
    return `${name}=${path}`;
  });
}

interface Client {
  /** The status of a request that only an administrator may make. */
  readonly ask: () => Promise<number | undefined>;
  readonly close: () => void;
}

/** Who has the keys of one generation of the hub. Its connection stays open. */
async function client(api: ApiServer, generation: number, subject: string): Promise<Client> {
  const own = join(folder, `generation-${generation}`);
  const authority = hubClientAuthority(sampleFleet, key, generation);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "client-ca.crt"), authority.certificate);
  writeFileSync(join(own, "client-ca.key"), authority.privateKey, { mode: 0o600 });
  const name = subject.replaceAll(/[^a-z]+/gi, "-");
  const pair = await makeLeaf(own, own, {
    name,
    authority: "client-ca",
    subject,
    usage: "clientAuth",
  });
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: readFileSync(join(folder, "tls/server-ca.crt")),
    cert: readFileSync(pair.certificate),
    key: readFileSync(pair.key),
    servername: device.serverName,
  });
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        request(`${api.url}/api/v1/namespaces/kube-system/secrets`, { agent }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode));
        })
          .on("error", reject)
          .end();
      }),
    close: () => agent.destroy(),
  };
}

/** The ConfigMap of the state repository, signed by the authority of one generation. */
function statement(by: number, named: number): string {
  const signature = hubStatement(sampleFleet, key, by);
  const [entry] = hubStatementFiles(
    { ...sampleFleet, hub: { generation: named } },
    { ...samplePublicKeys, hubStatement: signature },
  ).filter(([path]) => path === statePath({ kind: "hubStatement" }));
  return entry?.[1] ?? "";
}

/** The scripts of the image, and K3s' kubectl for this API server. */
async function installPrograms(api: ApiServer): Promise<string> {
  const programs = join(folder, "bin");
  mkdirSync(programs);
  for (const name of ["follow-hub", "read-hub-statement"]) {
    writeFileSync(join(programs, name), inlineOf(edge, `/usr/local/bin/${name}`), { mode: 0o755 });
  }
  const config = await api.user("/O=system:masters/CN=system:admin");
  const k3s = `#!/bin/bash\nshift\nexec ${api.kubectl} --kubeconfig ${config} "$@"\n`;
  writeFileSync(join(programs, "k3s"), k3s, { mode: 0o755 });
  return programs;
}

describe.skipIf(!hasApiServer)(`the API server of a device${title}`, () => {
  let api: ApiServer;
  const clients: Client[] = [];
  const connect = async (generation: number, subject: string) => {
    const made = await client(api, generation, subject);
    clients.push(made);
    return made;
  };

  beforeAll(async () => {
    api = await startApiServer(folder, sampleFleet, device, key, deviceFlags());
    const manifest = inlineOf(edge, "/var/lib/rancher/k3s/server/manifests/flotilla.yaml");
    await api.admin(["apply", "-f", "-"], manifest);
  }, 180_000);

  afterAll(async () => {
    for (const { close } of clients) close();
    await api?.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test("drops the keys of a hub that was broken into, without a restart", async () => {
    const old = await connect(1, `/CN=${hubUser}`);
    const thief = await connect(1, "/O=system:masters/CN=thief");
    const next = await connect(2, `/CN=${hubUser}`);
    const unknown = await connect(9, "/O=system:masters/CN=thief");
    const statuses = () => Promise.all([old, thief, next, unknown].map(({ ask }) => ask()));
    expect(await statuses()).toEqual([200, 200, 200, 401]);

    const programs = await installPrograms(api);
    const readStatement = () =>
      execFileSync("bash", [join(programs, "read-hub-statement")], {
        env: {
          PATH: `${programs}:${process.env["PATH"]}`,
          HOME: folder,
          HUB_TRUSTED: trusted,
          HUB_GATEWAYS: join(folder, "none"),
        },
        stdio: "pipe",
      });
    readStatement();
    expect(await statuses()).toEqual([200, 200, 200, 401]);
    // The thief writes one of his own: he has the authority of the first generation only.
    const [real, forged] = [statement(2, 2), statement(1, 4)];
    await api.admin(["apply", "-f", "-"], forged);
    readStatement();
    expect(await statuses()).toEqual([200, 200, 200, 401]);
    await api.admin(["apply", "-f", "-"], real);
    readStatement();

    const started = Date.now();
    while ((await old.ask()) !== 401 && Date.now() - started < 2 * secondsMax * 1000) {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect((Date.now() - started) / 1000).toBeLessThan(secondsMax);
    // On connections that were open before, and on new ones.
    expect(await statuses()).toEqual([401, 401, 200, 401]);
    const later = await connect(1, "/O=system:masters/CN=later");
    expect(await later.ask()).toBe(401);
    // The device's own administrator is still one: the file has its authority too.
    expect(await api.admin(["get", "secrets", "-n", "kube-system"])).toBeDefined();
  }, 180_000);
});
