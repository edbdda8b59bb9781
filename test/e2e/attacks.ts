/**
 * Attacks by someone who has a device, its disk and its keys, or is in its network. Every attack is first
 * shown to work where it should, so that a refusal is not a mistake of the attack.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeLeaf } from "./certificates.ts";
import { peer } from "./control-plane.ts";
import { inMounts } from "./device.ts";
import { run, until } from "./processes.ts";
import { fromArgoCd, proxyAddress, throughProxy, tunnelAddress } from "./hub-access.ts";
import type { Row } from "./rows.ts";
import type { World } from "./world.ts";

export async function attacks(world: World): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [what, attempt] of attempts) {
    const note = await attempt(world);
    rows.push({ what, note });
  }
  return rows;
}

type Attempt = (world: World) => Promise<string>;

const attempts: readonly (readonly [what: string, attempt: Attempt])[] = [
  ["store-1's server CA signs for store-2: refused", foreignName],
  ["store-1's key dials in from elsewhere and takes store-2's address: refused", foreignAddress],
  ["store-1 tries store-2's tunnel address and the gateway's proxy: refused", sideways],
  ["a stranger's key dials in: refused", stranger],
  ["a client certificate of store-1's own CA at store-2: refused", foreignClient],
  ["the hub's user from store-2's own network: refused", fromTheLan],
  ["another port, another address through the proxy: refused", otherTargets],
  ["search for secrets in Git, in the cluster list, in the logs", leaks],
];

const tlsFolder = "disk/var/lib/rancher/k3s/server/tls";

function authoritiesOf(world: World, device: string): string {
  return join(world.processes.folder, device, tlsFolder);
}

function scratch(world: World): string {
  const folder = join(world.processes.folder, "attacks");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Serves with a certificate of store-1's CA, and asks with Go's TLS, as Argo CD does. */
async function foreignName(world: World): Promise<string> {
  const { namespace } = world.device("store-1");
  const folder = scratch(world);
  const port = 7443;
  const answerFor = async (name: string) => {
    const leaf = await makeLeaf(authoritiesOf(world, "store-1"), folder, {
      name: "forged",
      authority: "server-ca",
      subject: "/CN=kube-apiserver",
      usage: "serverAuth",
      alternativeNames: [`DNS:${name}`],
    });
    const server = world.processes.service({
      name: "forged-server",
      namespace,
      command: [
        "openssl",
        "s_server",
        "-accept",
        String(port),
        "-www",
        "-cert",
        leaf.certificate,
      ].concat(["-cert_chain", leaf.certificate, "-key", leaf.key]),
      ready: () =>
        run(["bash", "--norc", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`], { namespace }),
    });
    await server.start();
    const root = join(folder, "root.crt");
    writeFileSync(root, rootCertificate(world));
    const ask = [
      [peer("kubectl-1.35.2"), "get", "--raw", "/", `--server=https://127.0.0.1:${port}`],
      [`--certificate-authority=${root}`, `--tls-server-name=${name}`, "--request-timeout=5s"],
      // Without a certificate it asks for a password.
      ["--token=none"],
    ];
    const answer = await run(ask.flat(), { namespace }).catch((error: Error) => error.message);
    await server.kill();
    return answer;
  };
  const own = await answerFor("store-1.e2e.internal");
  mustSay(own, /s_server/, "");
  const forged = await answerFor("store-2.e2e.internal");
  return mustSay(forged, /not permitted by any constraint|name constraint/i, "x509: not permitted");
}

/** The last certificate of `server-ca.crt`. */
function rootCertificate(world: World): string {
  const bundle = readFileSync(join(authoritiesOf(world, "store-1"), "server-ca.crt"), "utf8");
  return bundle.slice(bundle.lastIndexOf("-----BEGIN CERTIFICATE-----"));
}

/** A machine on the internet that dials like the device, with a key and an address of its choice. */
async function thief(world: World, label: string, secret: string, address: string) {
  const namespace = world.network.add({ label });
  const [near, far] = ["192.0.2.2", "192.0.2.1"];
  world.network.cable(
    { namespace, interfaceName: "net", address: `${near}/30` },
    { namespace: world.internet, interfaceName: label, address: `${far}/30` },
  );
  world.network.route(namespace, "default", "via", far);
  const folder = join(scratch(world), label);
  mkdirSync(folder, { recursive: true });
  const tunnel = world.processes.service({
    name: label,
    namespace,
    command: ["wireguard-go", "--foreground", "wg-thief"],
    environment: { LOG_LEVEL: "error" },
    mounts: { "/var/run/wireguard": folder },
    ready: () => run(["test", "-S", join(folder, "wg-thief.sock")]),
  });
  await tunnel.start();
  const gatewayKey = /wireguard-peer\.([A-Za-z0-9+/=]+)/.exec(keyfile(world, "store-1"))?.[1];
  const configuration = `[Interface]\nPrivateKey=${secret}\n[Peer]\nPublicKey=${gatewayKey}\nEndpoint=203.0.113.2:51820\nAllowedIPs=100.64.0.0/16\nPersistentKeepalive=1\n`;
  const path = join(folder, "wg.conf");
  writeFileSync(path, configuration, { mode: 0o600 });
  await inMounts(tunnel, ["wg", "setconf", "wg-thief", path]);
  await run(["ip", "address", "add", `${address}/32`, "dev", "wg-thief"], { namespace });
  await run(["ip", "link", "set", "wg-thief", "up"], { namespace });
  await run(["ip", "route", "replace", "100.64.0.0/16", "dev", "wg-thief"], { namespace });
  return {
    namespace,
    handshakes: async () => {
      const text = await inMounts(tunnel, ["wg", "show", "wg-thief", "latest-handshakes"]);
      return Number(text.trim().split("\t")[1]);
    },
    end: async () => {
      await tunnel.kill();
      await run(["ip", "-n", namespace, "link", "delete", "net"]);
    },
  };
}

function keyfile(world: World, device: string): string {
  return world.device(device).file("/etc/NetworkManager/system-connections/wg-hub.nmconnection");
}

function privateKeyOf(world: World, device: string): string {
  return /^private-key=(.*)$/m.exec(keyfile(world, device))?.[1] ?? "";
}

async function foreignAddress(world: World): Promise<string> {
  const victim = await tunnelAddress(world, "store-2");
  const one = await thief(world, "thief", privateKeyOf(world, "store-1"), victim);
  await until("store-1's key shakes hands", async () => (await one.handshakes()) > 0, 120);
  const listener = `for i in 1 2 3; do echo | openssl s_server -accept 6443 -nocert 2>/dev/null; done`;
  const server = world.processes.service({
    name: "thief-listener",
    namespace: one.namespace,
    command: ["sh", "-c", listener],
  });
  await server.start();
  await sleep(500);
  // Only store-2 can present this name, so store-2 answers at its address.
  const certificate = await servedCertificate(world, victim);
  await server.kill();
  await one.end();
  // The gateway sends to the attacker until the device itself sends again.
  await until("store-1 is back", () => servedCertificate(world, victim), 120);
  return mustSay(certificate, /store-2\.e2e\.internal/, "store-2 itself answered");
}

/** The names in the certificate behind the proxy. */
async function servedCertificate(world: World, address: string): Promise<string> {
  const proxy = await proxyAddress(world);
  const script = `openssl s_client -proxy ${proxy} -connect ${address}:6443 </dev/null 2>/dev/null |
    openssl x509 -noout -ext subjectAltName`;
  return fromArgoCd(world, script);
}

async function sideways(world: World): Promise<string> {
  const { tunnel, namespace } = world.device("store-1");
  const victim = await tunnelAddress(world, "store-2");
  const settings = await inMounts(tunnel, ["wg", "show", "wg-hub", "dump"]);
  const gatewayKey = settings.trim().split("\n")[1]?.split("\t")[0] ?? "";
  const widen = ["wg", "set", "wg-hub", "peer", gatewayKey, "allowed-ips"];
  await inMounts(tunnel, [...widen, "100.64.0.0/16"]);
  await run(["ip", "route", "replace", "100.64.0.0/16", "dev", "wg-hub"], { namespace });
  const reach = (address: string, port: number) =>
    run(["curl", "-sk", "--max-time", "4", `https://${address}:${port}/`], { namespace }).then(
      (answer) => `answered ${answer}`,
      (error: Error) => error.message,
    );
  const answers = [await reach(victim, 6443), await reach("100.64.0.1", 3128)];
  const proxied = ["curl", "-sk", "--max-time", "4", "--proxy", "http://100.64.0.1:3128"];
  answers.push(
    await run([...proxied, `https://${victim}:6443/`], { namespace }).then(
      (answer) => `answered ${answer}`,
      (error: Error) => error.message,
    ),
  );
  await inMounts(tunnel, [...widen, "100.64.0.1/32"]);
  await run(["ip", "route", "delete", "100.64.0.0/16", "dev", "wg-hub"], { namespace });
  for (const answer of answers) mustSay(answer, /exit code (28|7|56)/, "");
  return "no answer from either";
}

async function stranger(world: World): Promise<string> {
  const secret = (await run(["wg", "genkey"])).trim();
  const one = await thief(world, "stranger", secret, "100.64.0.99");
  await sleep(8_000);
  const handshake = await one.handshakes();
  await one.end();
  if (handshake !== 0) throw new Error("an unknown peer completed a handshake");
  return "no handshake in 8 s of trying";
}

async function foreignClient(world: World): Promise<string> {
  const folder = scratch(world);
  const leaf = await makeLeaf(authoritiesOf(world, "store-1"), folder, {
    name: "master",
    authority: "client-ca",
    subject: "/O=system:masters/CN=thief",
    usage: "clientAuth",
  });
  const pair = ["--cert", leaf.certificate, "--key", leaf.key];
  const at = (device: string) => apiAnswer(world.device(device).namespace, "127.0.0.1", pair);
  mustSay(await at("store-1"), /"kind": ?"NamespaceList"/, "");
  return mustSay(await at("store-2"), /Unauthorized/, "401 Unauthorized; at store-1 it works");
}

export function apiAnswer(
  namespace: string,
  address: string,
  options: readonly string[],
): Promise<string> {
  const url = `https://${address}:6443/api/v1/namespaces`;
  return run(["curl", "-sk", "--max-time", "5", ...options, url], { namespace }).catch(
    (error: Error) => error.message,
  );
}

async function fromTheLan(world: World): Promise<string> {
  const folder = join(scratch(world), "hub");
  mkdirSync(folder, { recursive: true });
  const secret = await world
    .hub()
    .plane.get<{ data: Record<string, string> }>("secret", "fleet-client", "-n", "argocd");
  const pair = (["tls.crt", "tls.key"] as const).map((name) => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(secret.data[name] ?? "", "base64"), { mode: 0o600 });
    return path;
  });
  const options = ["--cert", pair[0] ?? "", "--key", pair[1] ?? ""];
  const device = world.device("store-2");
  const local = await apiAnswer(device.namespace, "127.0.0.1", options);
  mustSay(local, /"kind": ?"NamespaceList"/, "");
  const router = `${device.namespace}-nat`;
  const answer = await apiAnswer(router, "192.168.1.10", options);
  return mustSay(answer, /exit code 7/, "connection refused; on the device itself it works");
}

async function otherTargets(world: World): Promise<string> {
  const device = await tunnelAddress(world, "store-2");
  const allowed = await throughProxy(world, device);
  mustSay(allowed, /HTTP 200/, "");
  const answers = [
    await throughProxy(world, device, 22),
    await throughProxy(world, "10.0.0.5"),
    await throughProxy(world, "192.168.1.10"),
  ];
  for (const answer of answers) mustSay(answer, /HTTP 403/, "");
  return "403 each";
}

/** Searches for every private value of the fleet wherever it must not be. */
async function leaks(world: World): Promise<string> {
  const secrets = new Set<string>();
  const rootKey = readFileSync(join(world.project.folder, "fleet.key"), "utf8").trim();
  secrets.add(rootKey.slice(rootKey.indexOf(":") + 1));
  for (const device of ["store-1", "store-2", "store-3"]) {
    secrets.add(privateKeyOf(world, device));
    const folder = authoritiesOf(world, device);
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".key")) continue;
      // Two lines from the middle of the key.
      secrets.add(readFileSync(join(folder, file), "utf8").split("\n")[1] ?? "");
    }
  }
  const { plane } = world.hub();
  const keys = await plane.get<{ data: Record<string, string> }>(
    "secret",
    "gateway-keys",
    "-n",
    "flotilla-gateway",
  );
  for (const value of Object.values(keys.data)) {
    secrets.add(Buffer.from(value, "base64").toString().trim());
  }
  const selector = "--selector=argocd.argoproj.io/secret-type=cluster";
  const clusters = await plane.get<{ items: { data: Record<string, string> }[] }>(
    "secrets",
    "-n",
    "argocd",
    selector,
  );
  const clusterTexts = clusters.items.flatMap(({ data }) =>
    Object.values(data).map((value) => Buffer.from(value, "base64").toString()),
  );
  const git = await run([
    "git",
    "-C",
    join(world.processes.folder, "repositories/state.git"),
    "log",
    "--all",
    "-p",
  ]);
  const logs = logFiles(world).map((path) => readFileSync(path, "utf8"));
  const places = { git: [git], clusters: clusterTexts, logs };
  for (const [place, texts] of Object.entries(places)) {
    if (texts.join("").length === 0) throw new Error(`nothing was read from ${place}`);
    for (const secret of secrets) {
      if (secret.length < 20) throw new Error("a secret was not read");
      if (texts.some((text) => text.includes(secret))) throw new Error(`a secret is in ${place}`);
    }
  }
  return `${secrets.size} private values in none of ${logs.length} logs, ${clusterTexts.length / 3} cluster Secrets, the whole history`;
}

/** The log files of the processes, and of the containers. */
function logFiles({ processes: { folder } }: World): string[] {
  const inside = (place: string) =>
    existsSync(place)
      ? readdirSync(place, { recursive: true, encoding: "utf8" }).map((file) => join(place, file))
      : [];
  const nodes = readdirSync(folder).flatMap((name) => inside(join(folder, name, "node/log/pods")));
  const own = readdirSync(folder).map((name) => join(folder, name));
  return [...own, ...nodes].filter((path) => path.endsWith(".log"));
}

/** @returns `note` if the answer is the expected one */
export function mustSay(answer: string, expected: RegExp, note: string): string {
  if (!expected.test(answer)) throw new Error(`expected ${expected}, got: ${answer}`);
  return note;
}
