/**
 * The program that takes Secrets to the devices, run by Node as its pod runs it, against a real
 * kube-apiserver behind a CONNECT proxy on loopback. The server plays the device store-01; the hub, where
 * the program has only the rights of its own account; and an attacker who answers at the address of kiosk-01
 * without its certificate.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, loadAll } from "js-yaml";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { publicKeys } from "../../../fleet/keys/secrets.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { serverName } from "../../../fleet/model/names.ts";
import type { Manifest } from "../../../gitops/kubernetes/manifests.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../../cli/hub/api-server.ts";
import { sampleFleet, samplePlatform } from "../../sample.ts";
import { hubUser } from "../../../fleet/model/contract.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import type { Workload } from "../../../fleet/model/workload.ts";

const key = new RootKey(new Uint8Array(32).fill(7));
const bank = { name: "bank", from: "bank" };
const prices = { name: "prices", from: "prices" };
const why = hasApiServer ? "" : " (skipped: test/peers/build.sh has not built the control plane)";

/** Telemetry runs on every device, the point of sale on tills. */
function fleetWith(pointOfSale: Workload["secrets"]): Fleet {
  const workloads = sampleFleet.workloads.map((workload) =>
    workload.name === "point-of-sale"
      ? { ...workload, secrets: pointOfSale ?? [] }
      : { ...workload, secrets: [prices] },
  );
  // depot-01 is reached without a proxy, at an address that is not this machine's.
  const devices = sampleFleet.devices.filter(({ name }) => name !== "depot-01");
  return { ...sampleFleet, platform: samplePlatform, workloads, devices };
}

const fleet = fleetWith([bank, prices]);
const store = fleet.devices.find(({ name }) => name === "store-01")!;
const base64 = (text: string) => Buffer.from(text).toString("base64");

let folder: string;
let api: ApiServer;
let proxy: Server;
let child: ChildProcess | undefined;
let output = "";
/** The whole output of the program, to search it for values that must not be there. */
let said = "";
let dialled: string[] = [];
let isAway = false;

/** The objects of one file of the state repository. */
function objects(of: Fleet, path: string): (Manifest & { data?: Record<string, string> })[] {
  return loadAll(synthesizeState(of, publicKeys(of, key)).get(path) ?? "") as Manifest[];
}

const apply = (manifests: readonly unknown[]) =>
  api.admin(["apply", "-f", "-"], manifests.map((each) => dump(each)).join("---\n"));

/** What External Secrets makes on the hub. */
const fetched = (workload: string, name: string, data: Record<string, string>) =>
  apply([
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: `${workload}.${name}`,
        namespace: "fleet-secrets",
        labels: { "flotilla.dev/workload": workload, "flotilla.dev/secret": name },
      },
      stringData: data,
    },
  ]);

async function onDevice(workload: string): Promise<Record<string, unknown>> {
  const text = await api.admin(["get", "secrets", "-n", workload, "-o", "json"]);
  const { items } = JSON.parse(text) as { items: (Manifest & { data: unknown })[] };
  return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, data]));
}

/** @param of the fleet from which it gets its settings; the fleet's devices are on the hub */
async function start(of: Fleet, settings: Record<string, unknown> = {}): Promise<void> {
  const state = objects(of, "hub/fleet-secrets/courier.yaml");
  const files = state.find(({ kind }) => kind === "ConfigMap")?.data ?? {};
  writeFileSync(join(folder, "courier.mjs"), files["courier.mjs"] ?? "");
  const own = JSON.parse(files["settings.json"] ?? "") as object;
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ ...own, ...settings }));
  const token = await api.admin(["create", "token", "courier", "-n", "argocd"]);
  writeFileSync(join(folder, "token"), token);
  copyFileSync(join(folder, "tls", "server-ca.crt"), join(folder, "ca.crt"));
  output = "";
  child = spawn(process.execPath, [join(folder, "courier.mjs")], {
    env: {
      HUB_SERVER: api.url,
      HUB_ACCOUNT: folder,
      SETTINGS: join(folder, "settings.json"),
      IDENTITY: join(folder, "identity"),
      LOOK_SECONDS: "0.2",
      DEVICES_SECONDS: "0.2",
      VISIT_SECONDS: "1",
      RETRY_SECONDS: "0.1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      output += String(data);
      said += String(data);
    });
  }
}

/** Registers the devices, with the proxy in their addresses. */
async function register(of: Fleet): Promise<void> {
  const { port } = proxy.address() as AddressInfo;
  const addresses = of.devices.flatMap(({ name }) =>
    objects(of, `hub/fleet/clusters/${name}.yaml`).filter(({ kind }) => kind === "ConfigMap"),
  );
  const proxyUrl = `http://127.0.0.1:${port}`;
  await apply(addresses.map((each) => ({ ...each, data: { ...each.data, proxyUrl } })));
}

const later = { timeout: 30_000, interval: 100 };
const has = (line: string) => vi.waitFor(() => expect(output).toContain(line), later);
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 2_500));

describe.skipIf(!hasApiServer)(`the courier and a real API server${why}`, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "courier-"));
    api = await startApiServer(folder, fleet, store, key);
    proxy = createServer().on("connect", ({ url = "" }, socket) => {
      dialled.push(url);
      socket.on("error", () => {});
      if (isAway) return socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      const server = connect(Number(new URL(api.url).port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        socket.pipe(server).pipe(socket);
      });
      server.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    // What enrolment gives the hub on each device (edge/parts/hub-enrolment.ts), and its identity.
    await api.admin(["create", "namespace", "argocd"]);
    const admin = ["--clusterrole=cluster-admin", `--user=${hubUser}`];
    await api.admin(["create", "clusterrolebinding", hubUser, ...admin]);
    const kubeconfig = JSON.parse(readFileSync(await api.user(`/CN=${hubUser}`), "utf8")) as {
      users: { user: Record<string, string> }[];
    };
    const identity = kubeconfig.users[0]?.user ?? {};
    mkdirSync(join(folder, "identity"));
    copyFileSync(identity["client-certificate"] ?? "", join(folder, "identity", "tls.crt"));
    copyFileSync(identity["client-key"] ?? "", join(folder, "identity", "tls.key"));
    const kinds = ["Namespace", "ServiceAccount", "Role", "RoleBinding"];
    const state = objects(fleet, "hub/fleet-secrets/courier.yaml");
    await apply(state.filter(({ kind }) => kinds.includes(kind)));
    await register(fleet);
  }, 240_000);

  afterEach(() => {
    child?.kill();
  });

  afterAll(async () => {
    proxy?.closeAllConnections();
    proxy?.close();
    await api?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("its account may read what is in fleet-secrets, and nothing of Argo CD's", async () => {
    const may = (...question: string[]) =>
      api
        .admin(["auth", "can-i", ...question, "--as=system:serviceaccount:argocd:courier"])
        .catch((error: Error) => error.message);
    expect(await may("list", "secrets", "-n", "fleet-secrets")).toBe("yes\n");
    expect(await may("list", "secrets", "-n", "argocd")).toMatch(/\nno\n$/);
    expect(await may("create", "secrets", "-n", "fleet-secrets")).toMatch(/\nno\n$/);
  });

  test("a device that was away gets its Secrets once their namespace exists too", async () => {
    await fetched("point-of-sale", "bank", { pin: "value-1234", terminal: "value-7" });
    isAway = true;
    await start(fleet);
    await has("store-01: its gateway answers 503\n");
    await aWhile();
    expect(output.split("store-01: its gateway answers 503")).toHaveLength(2);
    isAway = false;
    await has("store-01: point-of-sale/bank waits for its namespace\n");
    await api.admin(["create", "namespace", "point-of-sale"]);
    await has("store-01: point-of-sale/bank delivered\n");
    const path = "/api/v1/namespaces/point-of-sale/secrets/bank";
    const secret = await api.admin(["get", "--raw", path]);
    expect(JSON.parse(secret)).toMatchObject({
      type: "Opaque",
      data: { pin: base64("value-1234"), terminal: base64("value-7") },
      metadata: {
        labels: {
          "app.kubernetes.io/managed-by": "flotilla-courier",
          "flotilla.dev/workload": "point-of-sale",
        },
        managedFields: [{ manager: "flotilla-courier" }],
      },
    });
    expect(new Set(dialled)).toEqual(new Set(["100.64.0.2:6443", "100.64.0.3:6443"]));
  });

  test("a server that answers in place of a device without its certificate gets nothing", async () => {
    await api.admin(["create", "namespace", "telemetry"]);
    await fetched("telemetry", "prices", { url: "value-telemetry" });
    const next = serverName(fleet.name, store.name, store.generation + 1);
    await register({ ...fleet, devices: [{ ...store, serverName: next }] });
    await start(fleet);
    await has("kiosk-01: Hostname/IP does not match certificate's altnames");
    await has("store-01: Hostname/IP does not match certificate's altnames");
    await aWhile();
    expect(await onDevice("telemetry")).toEqual({});
    child?.kill();

    await register(fleet);
    const stranger = publicKeys(fleet, new RootKey(new Uint8Array(32).fill(8)));
    await start(fleet, { rootCertificate: stranger.rootCertificate });
    await has("store-01: self-signed certificate in certificate chain\n");
    await aWhile();
    expect(await onDevice("telemetry")).toEqual({});
  });

  test("what changes on the hub or on the device is corrected, once", async () => {
    await start(fleet);
    await has("store-01: telemetry/prices delivered\n");
    await fetched("point-of-sale", "prices", { url: "value-old" });
    await has("store-01: point-of-sale/prices delivered\n");
    await api.admin(["delete", "secret", "point-of-sale.prices", "-n", "fleet-secrets"]);
    await fetched("point-of-sale", "prices", { feed: "value-new" });
    await has("store-01: point-of-sale/prices updated\n");
    expect(await onDevice("point-of-sale")).toMatchObject({
      prices: { feed: base64("value-new") },
    });

    const patch = `{"data":{"pin":"${base64("value-of-nobody")}","more":"dmFsdWU="}}`;
    await api.admin(["patch", "secret", "bank", "-n", "point-of-sale", "-p", patch]);
    await has("store-01: point-of-sale/bank updated\n");
    expect(await onDevice("point-of-sale")).toMatchObject({
      bank: { pin: base64("value-1234"), terminal: base64("value-7") },
    });
    await aWhile();
    expect(output.match(/^store-01: .*$/gm)).toHaveLength(4);
  });

  test("keeps a Secret that is missing on the hub, and removes one that is no longer declared", async () => {
    await api.admin(["delete", "secret", "point-of-sale.bank", "-n", "fleet-secrets"]);
    const own = ["create", "secret", "generic", "own", "-n", "point-of-sale", "--from-literal=a=b"];
    await api.admin(own);
    await start(fleet);
    await aWhile();
    child?.kill();
    expect(Object.keys(await onDevice("point-of-sale"))).toEqual(["bank", "own", "prices"]);
    await start(fleetWith([bank]));
    await has("store-01: point-of-sale/prices removed\n");
    await aWhile();
    expect(Object.keys(await onDevice("point-of-sale"))).toEqual(["bank", "own"]);
  });

  test("a Secret of the same name that belongs to others stays, and does not delay other Secrets", async () => {
    const own = { name: "own", from: "own" };
    await fetched("point-of-sale", "own", { a: "value-other" });
    await start(fleetWith([own, bank, prices]));
    await has("store-01: point-of-sale/own exists and is not the courier's\n");
    await has("store-01: point-of-sale/prices delivered\n");
    expect(await onDevice("point-of-sale")).toMatchObject({ own: { a: base64("b") } });
  });

  test("no line contained a value", () => {
    expect(said.length).toBeGreaterThan(500);
    expect(said).not.toContain("value");
    expect(said).not.toContain(base64("value-").slice(0, 8));
  });
});
