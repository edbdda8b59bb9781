/**
 * Starts the whole hub once on real parts and prints how long each step took:
 * `node --import tsx test/e2e/smoke.ts`, as root, after `test/peers/build.sh e2e`. What the scenarios
 * of `make e2e` stand on; where this fails, none of them can succeed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyArgoCdDefinitions, applyArgoCdSettings, argoCd, argoNamespace } from "./argo-cd.ts";
import { applyCertManagerDefinitions, certManager } from "./cert-manager.ts";
import { makeAuthorities } from "./certificates.ts";
import { controlPlane, type ControlPlane } from "./control-plane.ts";
import { gitServer } from "./git-server.ts";
import { namespaces } from "./namespaces.ts";
import { processes, run, until, type Service } from "./processes.ts";
import { squid } from "./squid.ts";
import { wireguard } from "./wireguard.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-e2e-"));
const all = processes(folder);
const network = namespaces();

async function main(): Promise<void> {
  const machine = network.add({ label: "hub" });
  const hub = await startHub(machine);
  await issueCertificate(hub, machine);
  const argo = argoCd(all, { hub, namespace: machine, folder: join(folder, "argo-cd") });
  await timed("Argo CD's definitions and settings", async () => {
    await applyArgoCdDefinitions(hub);
    await applyArgoCdSettings(hub, {});
  });
  await timed("redis and four parts of Argo CD start", argo.start);
  await syncApplication(hub, machine);
  const { parts } = argo;
  for (const part of [parts["application-controller"], parts["repo-server"], parts.redis]) {
    await timed(`${part.name} killed -9, then a drift reverted`, async () => {
      await part.kill();
      await part.start();
      await drift(hub);
    });
  }
  await timed("the API server killed -9, then a drift reverted", async () => {
    await hub.apiserver.kill();
    await hub.apiserver.start();
    await drift(hub);
  });
  await tunnel(machine);
  for (const service of [hub.apiserver, hub.controllerManager, hub.kine, ...Object.values(parts)]) {
    console.log(`${String(residentMebibytes(service)).padStart(7)} MiB  ${service.name}`);
  }
  await timed("Argo CD stops", argo.stop);
  await timed("the control plane stops", hub.stop);
}

async function startHub(namespace: string): Promise<ControlPlane> {
  const authorities = join(folder, "authorities");
  await makeAuthorities(authorities);
  const hub = await controlPlane(all, {
    name: "hub",
    namespace,
    folder: join(folder, "hub"),
    authorities,
    alternativeNames: [],
  });
  await timed("the control plane is ready", hub.start);
  return hub;
}

async function issueCertificate(hub: ControlPlane, namespace: string): Promise<void> {
  await timed("cert-manager's definitions", () => applyCertManagerDefinitions(hub));
  const own = { namespace: "default" };
  const file = (name: string) => readFileSync(join(folder, "authorities", name), "utf8");
  const objects = [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { ...own, name: "authority" },
      stringData: { "tls.crt": file("client-ca.crt"), "tls.key": file("client-ca.key") },
    },
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Issuer",
      metadata: { ...own, name: "authority" },
      spec: { ca: { secretName: "authority" } },
    },
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: { ...own, name: "smoke" },
      spec: {
        secretName: "smoke",
        commonName: "smoke",
        usages: ["client auth"],
        duration: "24h",
        issuerRef: { name: "authority", kind: "Issuer", group: "cert-manager.io" },
        privateKey: { algorithm: "ECDSA", size: 256 },
      },
    },
  ];
  await timed("cert-manager starts and issues a certificate", async () => {
    await certManager(all, hub, namespace).start();
    await hub.apply(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
    await hub.kubectl(["wait", "--for=condition=Ready", "certificate/smoke", "--timeout=60s"]);
  });
}

async function syncApplication(hub: ControlPlane, namespace: string): Promise<void> {
  const credential = { username: "flotilla", password: "a password of the smoke test" };
  const server = gitServer(all, {
    namespace,
    folder: join(folder, "repositories"),
    address: "127.0.0.1",
    credential,
  });
  const url = await server.repository("state");
  await timed("the git server starts", server.service.start);
  const manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "smoke", namespace: "default" },
    data: { colour: "green" },
  };
  const { username, password } = credential;
  const signed = url.replace("//", `//${username}:${encodeURIComponent(password)}@`);
  await run(["sh", "-euc", pushScript, "push", join(folder, "work"), signed], {
    namespace,
    input: JSON.stringify(manifest),
  });
  const objects = [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: "state",
        namespace: argoNamespace,
        labels: { "argocd.argoproj.io/secret-type": "repository" },
      },
      stringData: { type: "git", url, ...credential },
    },
    {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: "smoke", namespace: argoNamespace },
      spec: {
        project: "default",
        source: { repoURL: url, targetRevision: "main", path: "." },
        destination: { server: "https://kubernetes.default.svc", namespace: "default" },
        syncPolicy: { automated: { selfHeal: true, prune: true } },
      },
    },
  ];
  await timed("an Application from Git is Synced and Healthy", async () => {
    await hub.apply(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
    await until("Synced and Healthy", () => isGreen(hub), 120);
  });
}

const pushScript = `
git init --quiet --initial-branch=main "$1"
cat > "$1/smoke.json"
git -C "$1" add smoke.json
git -C "$1" -c user.name=smoke -c user.email=smoke@localhost commit --quiet --message=smoke
git -C "$1" push --quiet "$2" main
`;

async function isGreen(hub: ControlPlane): Promise<boolean> {
  const { status } = await hub.get<{
    status: { sync: { status: string }; health: { status: string } };
  }>("application", "smoke", "--namespace", argoNamespace);
  return status.sync.status === "Synced" && status.health.status === "Healthy";
}

/**
 * Changes by hand what is in Git, and waits until it is as in Git again. A change made before a
 * restarted controller watches the cluster is seen only at its next full comparison, minutes later:
 * so another one is made every 5 s.
 */
async function drift(hub: ControlPlane): Promise<void> {
  const reverted = async () => {
    const { data } = await hub.get<{ data: { colour: string } }>("configmap", "smoke");
    return data.colour === "green";
  };
  let changes = 0;
  const changeAndWait = async () => {
    const patch = JSON.stringify({ data: { colour: `red ${changes++}` } });
    await hub.kubectl(["patch", "configmap", "smoke", "--type=merge", `--patch=${patch}`]);
    await until("the drift is reverted", reverted, 5);
  };
  await until("a drift is reverted", changeAndWait, 180);
}

/** A device's tunnel to the gateway, with Squid in front: one request goes through. */
async function tunnel(hub: string): Promise<void> {
  const edge = network.add({ label: "edge" });
  network.cable(
    { namespace: hub, interfaceName: "edge", address: "192.0.2.1/30" },
    { namespace: edge, interfaceName: "hub", address: "192.0.2.2/30" },
  );
  const [gateway, device] = [await keyPair(), await keyPair()];
  const near = wireguard(all, {
    namespace: hub,
    interfaceName: `gw${process.pid}`,
    address: "10.99.0.1/32",
    routes: ["10.99.0.0/16"],
    configuration: () =>
      `[Interface]\nPrivateKey=${gateway.secret}\nListenPort=51820\n` +
      `[Peer]\nPublicKey=${device.open}\nAllowedIPs=10.99.0.2/32\n`,
  });
  const far = wireguard(all, {
    namespace: edge,
    interfaceName: `dev${process.pid}`,
    address: "10.99.0.2/32",
    routes: ["10.99.0.1/32"],
    configuration: () =>
      `[Interface]\nPrivateKey=${device.secret}\n` +
      `[Peer]\nPublicKey=${gateway.open}\nAllowedIPs=10.99.0.1/32\n` +
      `Endpoint=192.0.2.1:51820\nPersistentKeepalive=25\n`,
  });
  await timed("WireGuard at both ends, and a ping", async () => {
    await near.start();
    await far.start();
    const ping = () => run(["ping", "-c1", "-W1", "10.99.0.2"], { namespace: hub });
    await until("a ping through the tunnel", ping, 30);
  });
  const proxy = squid(all, {
    namespace: hub,
    path: join(folder, "squid", "squid.conf"),
    port: 3128,
    configuration: squidConfiguration,
  });
  await timed("Squid starts", proxy.start);
  // Nothing listens there: the proxy may try (503), and must not try any other port (403).
  for (const [target, expected] of [
    ["10.99.0.2:6443", "503"],
    ["10.99.0.2:22", "403"],
  ]) {
    const request = `CONNECT ${target} HTTP/1.1\\r\\nHost: ${target}\\r\\n\\r\\n`;
    const script = `exec 3<>/dev/tcp/127.0.0.1/3128; printf '${request}' >&3; head -1 <&3`;
    const answer = await run(["bash", "--norc", "-c", script], { namespace: hub });
    if (!answer.includes(` ${expected} `)) throw new Error(`CONNECT ${target}: ${answer}`);
  }
}

const squidConfiguration = `
http_port 3128
pid_filename none
acl devices dst 10.99.0.0/16
acl api port 6443
acl CONNECT method CONNECT
http_access allow CONNECT devices api
http_access deny all
access_log none
cache_log /dev/null
cache deny all
shutdown_lifetime 1 seconds
`;

async function keyPair(): Promise<{ secret: string; open: string }> {
  const secret = (await run(["wg", "genkey"])).trim();
  return { secret, open: (await run(["wg", "pubkey"], { input: secret })).trim() };
}

async function timed(what: string, action: () => unknown): Promise<void> {
  const started = performance.now();
  await action();
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`${seconds.padStart(7)} s    ${what}`);
}

function residentMebibytes(service: Service): number {
  const status = readFileSync(`/proc/${service.id()}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

try {
  await main();
  rmSync(folder, { recursive: true });
} catch (error) {
  console.error(error, `\nThe logs are in ${folder}.`);
  process.exitCode = 1;
} finally {
  await all.end();
  network.remove();
}
