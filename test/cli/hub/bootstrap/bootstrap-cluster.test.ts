/** bootstrap and kubeconfig against a real kube-apiserver, by the real kubectl. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRootKey } from "../../../../fleet/keys/root-key.ts";
import { loadFleet, saveLock } from "../../../../fleet/resolve/load.ts";
import { grammar } from "../../../../gitops/grammar.ts";
import {
  adminAccess,
  deviceCredentials,
} from "../../../../cli/hub/kubeconfig/device-kubeconfig.ts";
import { askNode } from "../../../../cli/hub/status/node-versions.ts";
import { registrationArguments } from "../../../../cli/hub/status/sources.ts";
import type { StatusReport } from "../../../../cli/hub/status/status.ts";
import { peerPath } from "../../../peers/peers.ts";
import { applicationList } from "../status/status-sample.ts";
import { run as runCommand } from "../../../e2e/processes.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../api-server.ts";
import { flotilla, type Run } from "../../command-line.ts";

const argoCrds = [peerPath("argo-cd-crds-3.6.1")].flatMap((path) => path ?? []);
const isReady = hasApiServer && argoCrds.length > 0;
const why = isReady ? "" : " (skipped: test/peers/build.sh has not built the control plane)";

describe.skipIf(!isReady)(`a real API server${why}`, () => {
  let folder: string;
  let api: ApiServer;
  let environment: Record<string, string>;
  const bootstrap = (...args: string[]): Promise<Run> =>
    flotilla(folder, ["bootstrap", "--context", "flotilla", ...args], environment);
  const secret = (namespace: string, name: string) =>
    api.admin(["get", "secret", name, "-n", namespace, "-o", "json"]);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hub-"));
    await flotilla(folder, ["init"]);
    await flotilla(folder, ["keygen"]);
    const key = parseRootKey(readFileSync(join(folder, "fleet.key"), "utf8"));
    const loaded = loadFleet(join(folder, "fleet.yaml"), { ...grammar, ...(key && { key }) });
    saveLock(loaded);
    const [device] = loaded.fleet.devices;
    if (!key || !device) throw new Error("no key or no device");
    api = await startApiServer(folder, loaded.fleet, device, key);
    environment = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      KUBECTL: api.kubectl,
      KUBECONFIG: await api.user("/O=system:masters/CN=admin"),
    };
  }, 180_000);

  afterAll(async () => {
    await api?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a user without rights learns which right is missing, and nothing is written", async () => {
    const KUBECONFIG = await api.user("/CN=ada");
    const args = ["bootstrap", "--context", "flotilla"];
    expect(await flotilla(folder, args, { ...environment, KUBECONFIG })).toEqual({
      code: 1,
      out: "",
      err:
        "flotilla: ada may not get configmaps in the namespace kube-system. Give this user the permission " +
        "(a Role with the verb get), or log in as another one\n",
    });
    await expect(api.admin(["get", "namespace", "argocd"])).rejects.toThrow("NotFound");
  });

  test("a cluster without a mark is refused if it was not named", async () => {
    const { code, err } = await flotilla(folder, ["bootstrap"], environment);
    expect(code).toBe(1);
    expect(err).toContain(`the current context flotilla (${api.url}) has no recorded fleet`);
  });

  test("the first run makes everything, and the second one changes nothing", async () => {
    const first = await bootstrap();
    expect(first).toMatchObject({ code: 0 });
    expect(first.out.match(/^placed /gm)).toHaveLength(5);
    const before = await Promise.all([
      secret("argocd", "hub-client-ca"),
      secret("flotilla-gateway", "gateway-keys"),
    ]);
    // Now it has the mark.
    const again = await flotilla(folder, ["bootstrap"], environment);
    expect(again.out.match(/^unchanged /gm)).toHaveLength(5);
    const after = await Promise.all([
      secret("argocd", "hub-client-ca"),
      secret("flotilla-gateway", "gateway-keys"),
    ]);
    expect(after).toEqual(before);
    expect(before.join()).not.toContain("last-applied");
  });

  test("what differs is replaced, and an annotation of others stays", async () => {
    const names = ["secret", "gateway-keys", "-n", "flotilla-gateway"];
    await api.admin(["annotate", ...names, "note=mine"]);
    await api.admin(["patch", ...names, "-p", '{"data":{"gateway":"b3RoZXI="}}']);
    expect((await bootstrap()).out).toContain(
      "replaced    Secret      flotilla-gateway/gateway-keys",
    );
    const now = await secret("flotilla-gateway", "gateway-keys");
    expect(now).toContain('"note": "mine"');
    expect(now).not.toContain("b3RoZXI=");
  });

  test("a Secret of another type is made again", async () => {
    await api.admin(["delete", "secret", "hub-client-ca", "-n", "argocd"]);
    const wrong = ["secret", "generic", "hub-client-ca", "-n", "argocd", "--from-literal=a=b"];
    await api.admin(["create", ...wrong]);
    expect((await bootstrap()).out).toContain("replaced    Secret      argocd/hub-client-ca");
    expect(await secret("argocd", "hub-client-ca")).toContain('"type": "kubernetes.io/tls"');
  });

  test("the credential of the repository is a Secret that Argo CD looks for", async () => {
    const password = { ...environment, FLOTILLA_REPOSITORY_PASSWORD: "open sesame" };
    const args = ["bootstrap", "--repository-user", "argocd"];
    const { out } = await flotilla(folder, args, password);
    expect(out).toContain("placed      Secret      argocd/fleet-repository");
    const label = "argocd.argoproj.io/secret-type=repository";
    const found = await api.admin(["get", "secrets", "-n", "argocd", "-l", label, "-o", "json"]);
    expect(found).toContain(Buffer.from("open sesame").toString("base64"));
  });

  test("another root key and another fleet are refused", async () => {
    const other = mkdtempSync(join(tmpdir(), "hub-"));
    try {
      await flotilla(other, ["init"]);
      await flotilla(other, ["keygen"]);
      const args = ["bootstrap", "--context", "flotilla"];
      const wrongKey = await flotilla(other, args, environment);
      expect(wrongKey).toMatchObject({ code: 1, out: "" });
      expect(wrongKey.err).toContain("was set up with the root key ");
      const file = join(other, "fleet.yaml");
      const text = readFileSync(file, "utf8").replace("fleet: corner-cafe", "fleet: harbor");
      writeFileSync(file, text);
      rmSync(join(other, "fleet.lock.yaml"));
      const wrongFleet = await flotilla(other, args, environment);
      expect(wrongFleet).toMatchObject({ code: 1, out: "" });
      expect(wrongFleet.err).toContain("is the hub of the fleet corner-cafe (root key ");
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  test("a device is refused", async () => {
    const literals = ["--from-literal=device=cafe-01", "--from-literal=fleet=corner-cafe"];
    const object = ["configmap", "flotilla-device", "-n", "kube-system"];
    await api.admin(["create", "namespace", "kube-system"]).catch(() => {});
    await api.admin(["create", ...object, ...literals]);
    const { code, err } = await bootstrap();
    expect(code).toBe(1);
    expect(err).toContain("is the device cafe-01 of the fleet corner-cafe, not a hub.");
    await api.admin(["delete", ...object]);
  });

  test("status reads what exists, and reports what is missing", async () => {
    const [crds = ""] = argoCrds;
    await api.admin(["apply", "--server-side", "--filename", crds]);
    await api.admin(["wait", "--for=condition=established", "crd/applications.argoproj.io"]);
    const samples = applicationList(loadFleet(join(folder, "fleet.yaml")).fleet, () => ({}));
    await api.admin(["apply", "--server-side", "--filename=-"], JSON.stringify(samples));
    const cluster = ["secret", "cafe-01", "-n", "argocd"];
    await api.admin([
      "create",
      "secret",
      "generic",
      ...cluster.slice(1),
      "--from-literal=a=sesame",
    ]);
    const labels = ["argocd.argoproj.io/secret-type=cluster", "flotilla.dev/device=cafe-01"];
    await api.admin(["label", ...cluster, ...labels]);
    // Everything that went over the wire: names and labels of Secrets, and no data.
    const wire = 'kubectl=$1; shift; "$kubectl" --v=9 "$@" 2>&1';
    const words = ["sh", "-c", wire, "sh", api.kubectl, ...registrationArguments];
    const spoken = await runCommand(words, { environment });
    expect(spoken).toContain("as=Table");
    expect(spoken).toContain("cafe-01");
    expect(spoken).not.toContain(Buffer.from("sesame").toString("base64"));

    const { code, out, err } = await flotilla(folder, ["status", "--json"], environment);
    expect(code).toBe(0);
    const { devices, problems, summary } = JSON.parse(out) as StatusReport;
    const first = devices.find(({ device }) => device === "cafe-01");
    expect(first?.workloads.map(({ sync, health }) => [sync, health])).toContainEqual([
      "Synced",
      "Healthy",
    ]);
    expect(first).toMatchObject({ registered: "yes", presence: "unknown" });
    expect(devices.find(({ device }) => device === "cafe-02")?.registered).toBe("no");
    expect(summary.unregistered).toBe(devices.length - 1);
    expect(problems).toHaveLength(2);
    expect(err).toMatch(/^\? the state of the clusters: not found: .*"argocd-application/m);
    expect(err).toMatch(/^\? handshakes of gateway: not found: /m);

    const KUBECONFIG = await api.user("/CN=ada");
    const blind = await flotilla(folder, ["status"], { ...environment, KUBECONFIG });
    expect(blind.code).toBe(0);
    expect(blind.err).toContain(
      "? applications: ada may not list applications (argoproj.io) in the namespace argocd. Give " +
        "this user the permission (a Role with the verb list), or log in as another one\n",
    );
    expect(blind.err.match(/^\? /gm)).toHaveLength(5);
  });

  test("a device is asked for its versions through a proxy, and another server cannot pose as it", async () => {
    const { fleet } = loadFleet(join(folder, "fleet.yaml"));
    const key = parseRootKey(readFileSync(join(folder, "fleet.key"), "utf8"));
    const [device, other] = fleet.devices;
    if (!key || !device || !other) throw new Error("no key or no device");
    const nodeInfo = { kubeletVersion: "v1.36.4+k3s1", osImage: "Fedora CoreOS 44.20260621.3.1" };
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: device.name } };
    await api.admin(["create", "--raw", "/api/v1/nodes", "--filename=-"], JSON.stringify(node));
    const path = `/api/v1/nodes/${device.name}/status`;
    const status = { ...node, status: { nodeInfo: { ...emptyNodeInfo, ...nodeInfo } } };
    await api.admin(["replace", "--raw", path, "--filename=-"], JSON.stringify(status));

    const { port } = new URL(api.url);
    const access = adminAccess("ada", new Date(), 1, fleet.certificates);
    const credentials = deviceCredentials(fleet, device, key, access);
    const asked: string[] = [];
    const proxy = await connectProxy(asked);
    try {
      const here = { ...device, address: "127.0.0.1" };
      const versions = { k3s: "v1.36.4+k3s1", coreos: "44.20260621.3.1" };
      expect(await askNode(here, credentials, proxy.port, Number(port))).toEqual(versions);
      expect(await askNode(here, credentials, undefined, Number(port))).toEqual(versions);
      expect(asked).toEqual([`127.0.0.1:${port}`]);
      const wrong = { ...here, serverName: other.serverName };
      await expect(askNode(wrong, credentials, proxy.port, Number(port))).rejects.toThrow(
        /does not match certificate's altnames/,
      );
      await expect(askNode(here, credentials, proxy.port, 1)).rejects.toThrow(
        "the gateway answers 503",
      );
    } finally {
      proxy.close();
    }
  });

  test("the kubeconfig of a device has every right there, under the user's own name", async () => {
    const { out } = await flotilla(folder, ["kubeconfig", "cafe-01", "--stdout"], environment);
    const config = JSON.parse(out) as { clusters: { cluster: Record<string, string> }[] };
    const [{ cluster } = { cluster: {} }] = config.clusters;
    expect(cluster["server"]).toBe("https://100.64.0.2:6443");
    // Here the device is at another place, and there is no gateway.
    cluster["server"] = api.url;
    delete cluster["proxy-url"];
    const path = join(folder, "device.kubeconfig");
    writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
    const kubectl = [api.kubectl, `--kubeconfig=${path}`];
    const who = await runCommand([...kubectl, "auth", "whoami", "-o", "json"]);
    expect(who).toContain('"system:masters"');
    expect(who).toMatch(/"username": "flotilla:\w+"/);
    expect(await runCommand([...kubectl, "auth", "can-i", "*", "*"])).toBe("yes\n");

    // Another device's kubeconfig is not valid here.
    const other = await flotilla(folder, ["kubeconfig", "cafe-02", "--stdout"], environment);
    const foreign = JSON.parse(other.out) as typeof config;
    Object.assign(foreign.clusters[0] ?? {}, { cluster });
    const foreignPath = join(folder, "foreign.kubeconfig");
    writeFileSync(foreignPath, JSON.stringify(foreign), { mode: 0o600 });
    const asOther = [api.kubectl, `--kubeconfig=${foreignPath}`, "auth", "whoami"];
    await expect(runCommand(asOther)).rejects.toThrow(/Unauthorized|logged in/);
  });
});

/** The objects that the API server requires. */
const emptyNodeInfo = Object.fromEntries(
  [
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "containerRuntimeVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
  ].map((name) => [name, ""]),
);

/** An HTTP CONNECT proxy, as the gateway has one. */
async function connectProxy(asked: string[]): Promise<{ port: number; close: () => void }> {
  const server = createServer();
  server.on("connect", ({ url = "" }: IncomingMessage, client: Socket) => {
    asked.push(url);
    const [host, port] = url.split(":");
    const far = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      far.pipe(client).pipe(far);
    });
    far.on("error", () => client.end("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
    client.on("error", () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
