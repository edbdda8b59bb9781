/**
 * registries.yaml of a device → what K3s makes of it → a real containerd (Debian's) that pulls from a real
 * registry with a login, an authority of its own and client certificates, in a network namespace.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp } from "node:http2";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ContainerRegistries,
  type ContainerHost,
  type ContainerRegistriesProps,
} from "../../../edge/parts/container-registries.ts";
import { makeCertificates } from "../../made-certificates.ts";
import { peerPath } from "../../peers/peers.ts";
import { bareDevice } from "../devices.ts";
import { hostsFiles, hostsToml, logins, type RegistriesFile } from "../k3s-registries.ts";

const registry = peerPath("docker-registry-debian-12");
const able =
  registry !== undefined &&
  spawnSync("containerd", ["--version"], { stdio: "ignore" }).status === 0 &&
  spawnSync("unshare", ["--net", "--mount", "ip", "link"], { stdio: "ignore" }).status === 0;

const mirror = "mirror.shop.example:5000";
/** The registry asks for a certificate that this authority signed; it is the client's own server pair. */
const client = makeCertificates("till.shop.example");
const server = makeCertificates("mirror.shop.example", "registry-1.docker.io");

/** All that the registry asks for. */
const host: ContainerHost = {
  login: { username: "reader", password: "correct" },
  authority: server.authority,
  client: { certificate: client.server, key: client.serverKey },
};
const { login: _login, ...anonymous } = host;
const { authority: _authority, ...untrusted } = host;
const { client: _client, ...clientless } = host;
const viaMirror = { "docker.io": { endpoints: [`https://${mirror}`] } };

/** The script of both servers; its first argument is the folder. */
const script = `
cd "$1"
ip link set lo up
mount --bind hosts /etc/hosts
cleanup() { kill $(jobs -p) 2>/dev/null; wait; }
trap cleanup EXIT
trap 'exit 0' TERM
for port in 5000 443; do
  "$2" serve "registry-$port.json" >"registry-$port.log" 2>&1 &
done
for try in $(seq 100); do ss -ltn | grep -q :443 && ss -ltn | grep -q :5000 && break; sleep 0.1; done
ask() { curl --silent --show-error --fail --cacert ca.pem --cert client.pem --key client.key --user reader:correct "$@"; }
base=https://${mirror}/v2/shop/board
for blob in config.json layer.tar; do
  place=$(ask --dump-header - --output /dev/null --request POST $base/blobs/uploads/ | sed -n 's/^[Ll]ocation: *//p' | tr -d '\\r')
  ask --request PUT --header 'Content-Type: application/octet-stream' --data-binary "@$blob" \\
    "$place&digest=sha256:$(sha256sum $blob | cut -d' ' -f1)"
done
ask --request PUT --header 'Content-Type: application/vnd.oci.image.manifest.v1+json' \\
  --data-binary @manifest.json $base/manifests/1
touch pushed
while :; do
  rm -f containerd.sock stop
  containerd --config containerd.toml >>containerd.log 2>&1 &
  daemon=$!
  while [ ! -e stop ]; do sleep 0.05; done
  kill $daemon || true
  wait $daemon || true
  touch stopped
  while [ ! -e go ]; do sleep 0.05; done
  rm -f go
done
`;

describe.skipIf(!able)("containerd (needs it, a registry, and root)", () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-registries-"));
  const at = (...names: string[]) => join(folder, ...names);
  let servers: ReturnType<typeof spawn> | undefined;

  beforeAll(async () => {
    writeServers(folder);
    writeContainerd({});
    const command = ["--net", "--mount", "sh", "-eu", "-c", script, "sh", folder, registry ?? ""];
    servers = spawn("unshare", command, { stdio: "inherit" });
    await until(() => existsSync(at("pushed")));
  }, 60_000);

  afterAll(async () => {
    const ended = new Promise((resolve) => servers?.once("exit", resolve));
    servers?.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** The files of a device as K3s reads them, and what K3s writes for containerd. */
  function writeContainerd(props: ContainerRegistriesProps, without?: string): void {
    const device = bareDevice();
    new ContainerRegistries(device, "registries", props);
    rmSync(at("device"), { recursive: true, force: true });
    rmSync(at("hosts.d"), { recursive: true, force: true });
    mkdirSync(at("hosts.d"));
    for (const { path, contents } of device.toConfig().storage?.files ?? []) {
      mkdirSync(dirname(at("device", path)), { recursive: true });
      writeFileSync(at("device", path), "inline" in contents ? contents.inline : "");
    }
    const text = execFileSync("cat", [at("device/etc/rancher/k3s/registries.yaml")], {
      encoding: "utf8",
    }).replaceAll('"/etc/', `"${at("device/etc/")}`);
    const { mirrors, configs = {} } = load(text) as RegistriesFile;
    const kept = Object.fromEntries(Object.entries(configs).filter(([name]) => name !== without));
    const file = { ...(mirrors && { mirrors }), configs: kept };
    for (const [name, hosts] of hostsFiles(file)) {
      mkdirSync(at("hosts.d", name));
      writeFileSync(at("hosts.d", name, "hosts.toml"), hostsToml(hosts));
    }
    const plugin = `plugins."io.containerd.grpc.v1.cri"`;
    const auth = [...logins(file)].map(
      ([name, { username, password }]) =>
        `[${plugin}.registry.configs."${name}".auth]\nusername = ${JSON.stringify(username)}\npassword = ${JSON.stringify(password)}\n`,
    );
    writeFileSync(
      at("containerd.toml"),
      `version = 2\nroot = "${at("root")}"\nstate = "${at("state")}"\n[grpc]\naddress = "${at("containerd.sock")}"\n[${plugin}]\ndisable_apparmor = true\n[${plugin}.containerd]\nsnapshotter = "native"\n[${plugin}.registry]\nconfig_path = "${at("hosts.d")}"\n${auth.join("")}`,
    );
  }

  /** Null, or why containerd did not pull it. */
  async function pull(
    image: string,
    props: ContainerRegistriesProps,
    without?: string,
  ): Promise<string | null> {
    writeFileSync(at("stop"), "");
    await until(() => existsSync(at("stopped")));
    rmSync(at("stopped"));
    rmSync(at("root"), { recursive: true, force: true });
    writeContainerd(props, without);
    writeFileSync(at("go"), "");
    await until(() => existsSync(at("containerd.sock")));
    let answer = await pulled(at("containerd.sock"), image);
    // 12: the plugin is not there yet; 14: containerd starts.
    for (let left = 50; left > 0 && ["12", "14"].includes(answer.status); left--) {
      await sleep(100);
      answer = await pulled(at("containerd.sock"), image);
    }
    return answer.status === "0" ? null : answer.message;
  }

  test("pulls by the mirror of docker.io, with its login, authority and certificate", async () => {
    const hosts = { [mirror]: host };
    expect(await pull("docker.io/shop/board:1", { mirrors: viaMirror, hosts })).toBeNull();
  }, 60_000);

  test("pulls by the mirror of all others", async () => {
    const mirrors = { "*": { endpoints: [`https://${mirror}`] } };
    expect(await pull("quay.io/shop/board:1", { mirrors, hosts: { [mirror]: host } })).toBeNull();
  }, 60_000);

  test("takes the next endpoint if one does not answer", async () => {
    const endpoints = ["https://mirror.shop.example:5001", `https://${mirror}`];
    const props = { mirrors: { "docker.io": { endpoints } }, hosts: { [mirror]: host } };
    expect(await pull("docker.io/shop/board:1", props)).toBeNull();
  }, 60_000);

  test("pulls from the registry itself", async () => {
    expect(await pull(`${mirror}/shop/board:1`, { hosts: { [mirror]: host } })).toBeNull();
  }, 60_000);

  test.each([
    ["another password", { ...host, login: { username: "reader", password: "wrong" } }, /401|auth/],
    ["no login", anonymous, /401|auth/],
    ["no authority", untrusted, /unknown authority/],
    ["no client certificate", clientless, /certificate required|bad certificate/],
  ])(
    "%s: refused",
    async (_name, own, why) => {
      expect(await pull(`${mirror}/shop/board:1`, { hosts: { [mirror]: own } })).toMatch(why);
    },
    60_000,
  );

  test("any certificate is accepted where the fleet file says so", async () => {
    const insecure = { ...untrusted, insecure: true };
    expect(await pull(`${mirror}/shop/board:1`, { hosts: { [mirror]: insecure } })).toBeNull();
  }, 60_000);

  test("Docker Hub's login reaches it by the name that containerd has for it", async () => {
    const props = { hosts: { "docker.io": host } };
    expect(await pull("docker.io/shop/board:1", props)).toBeNull();
    // So did K3s before it knew both names.
    expect(await pull("docker.io/shop/board:1", props, "registry-1.docker.io")).toMatch(/401|auth/);
  }, 60_000);
});

/** Two registries with one storage, and an image to push. */
function writeServers(folder: string): void {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("hosts", "127.0.0.1 localhost mirror.shop.example registry-1.docker.io\n");
  write("ca.pem", server.authority);
  write("server.pem", server.server);
  write("server.key", server.serverKey);
  write("clients.pem", client.authority);
  write("client.pem", client.server);
  write("client.key", client.serverKey);
  // "correct", by bcrypt, as the registry wants it.
  write("users", "reader:$2b$04$QSDhHdrmfPHkcXHEtzvPiObaX3UK7a3MypHek9Z0xPHII7mtCE4vy\n");
  const at = (name: string) => join(folder, name);
  for (const port of [443, 5000]) {
    const tls = { certificate: at("server.pem"), key: at("server.key") };
    // JSON is YAML.
    const settings = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: at("storage") } },
      http: { addr: `127.0.0.1:${port}`, tls: { ...tls, clientcas: [at("clients.pem")] } },
      auth: { htpasswd: { realm: "images", path: at("users") } },
    };
    write(`registry-${port}.json`, JSON.stringify(settings));
  }
  mkdirSync(at("content"));
  writeFileSync(at("content/board"), "prices\n");
  execFileSync("tar", [
    "--create",
    `--file=${at("layer.tar")}`,
    `--directory=${at("content")}`,
    ".",
  ]);
  const digest = (name: string) =>
    createHash("sha256")
      .update(execFileSync("cat", [at(name)]))
      .digest("hex");
  const layer = `sha256:${digest("layer.tar")}`;
  const rootfs = { type: "layers", diff_ids: [layer] };
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const config = JSON.stringify({ architecture, os: "linux", config: {}, rootfs });
  write("config.json", config);
  const type = (kind: string) => `application/vnd.oci.image.${kind}`;
  const size = execFileSync("stat", ["--format=%s", at("layer.tar")], { encoding: "utf8" });
  write(
    "manifest.json",
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type("manifest.v1+json"),
      config: {
        mediaType: type("config.v1+json"),
        digest: `sha256:${digest("config.json")}`,
        size: config.length,
      },
      layers: [{ mediaType: type("layer.v1.tar"), digest: layer, size: Number(size) }],
    }),
  );
}

/** Asks containerd as a kubelet does: `runtime.v1.ImageService/PullImage` of CRI, by gRPC. */
async function pulled(
  socket: string,
  image: string,
): Promise<{ readonly status: string; readonly message: string }> {
  const session = connectHttp("http://localhost", { createConnection: () => connect(socket) });
  // PullImageRequest { image: ImageSpec { image } }: both are field 1.
  const field = (content: Buffer) => Buffer.concat([Buffer.from([0x0a, content.length]), content]);
  const message = field(field(Buffer.from(image)));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return new Promise((resolve) => {
    const finish = (headers: Readonly<Record<string, unknown>>) => {
      if (headers["grpc-status"] === undefined) return;
      const text = decodeURIComponent(String(headers["grpc-message"] ?? ""));
      resolve({ status: String(headers["grpc-status"]), message: text });
      session.close();
    };
    session.on("error", (error) => resolve({ status: "14", message: error.message }));
    const request = session.request({
      ":method": "POST",
      ":path": "/runtime.v1.ImageService/PullImage",
      "content-type": "application/grpc",
      te: "trailers",
    });
    request.on("error", (error) => resolve({ status: "14", message: error.message }));
    request.on("response", finish);
    request.on("trailers", finish);
    request.resume();
    request.end(Buffer.concat([head, message]));
  });
}

async function until(isDone: () => boolean): Promise<void> {
  for (let left = 600; !isDone(); left--) {
    if (left === 0) throw new Error("the servers do not answer");
    await sleep(50);
  }
}
