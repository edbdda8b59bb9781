/**
 * A network namespace with an image registry that asks for a login and for certificates, an HTTP proxy that asks
 * for a login (Squid), and a containerd that is configured as K3s configures it on a device.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp } from "node:http2";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import type { EdgeDevice } from "../../edge/device.ts";
import { makeCertificates } from "../made-certificates.ts";
import { peerPath } from "../peers/peers.ts";
import { hostsFiles, hostsToml, logins, type RegistriesFile } from "./k3s-registries.ts";

const registry = peerPath("docker-registry-debian-12");
const canDo = (name: string, ...words: string[]) =>
  spawnSync(name, words, { stdio: "ignore" }).status === 0;

export const hasRegistry =
  registry !== undefined &&
  canDo("containerd", "--version") &&
  canDo("squid", "-v") &&
  canDo("unshare", "--net", "--mount", "ip", "link");

export const mirror = "mirror.shop.example:5000";
/** The registry asks for a certificate that this authority signed; it is the client's own server pair. */
export const client = makeCertificates("till.shop.example");
export const server = makeCertificates("mirror.shop.example", "registry-1.docker.io");

/** It has characters that are special in a URL, in a shell and in systemd. */
export const proxyPassword = "p@ss:w/rd's%$ \\\"";
const proxyPasswordHash = execFileSync("openssl", ["passwd", "-apr1", "-stdin"], {
  input: proxyPassword,
  encoding: "utf8",
}).trim();

/** The script of both servers; its first argument is the folder. */
const script = `
cd "$1"
ip link set lo up
mount --bind hosts /etc/hosts
running=
daemon=
cleanup() { kill -KILL $running $daemon || true; wait || true; }
trap cleanup EXIT
trap 'exit 0' TERM
for port in 5000 443; do
  "$2" serve "registry-$port.json" >"registry-$port.log" 2>&1 &
  running="$running $!"
done
squid -N -n "flotilla$$" -f squid.conf 2>/dev/null &
running="$running $!"
for try in $(seq 100); do ss -ltn | grep -q :443 && ss -ltn | grep -q :3128 && ss -ltn | grep -q :5000 && break; sleep 0.1; done
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
  while [ ! -e go ]; do sleep 0.05; done
  rm -f go containerd.sock
  (
    set -a
    . ./proxy.env
    exec containerd --config containerd.toml >>containerd.log 2>&1
  ) &
  daemon=$!
  while [ ! -e stop ]; do sleep 0.05; done
  kill $daemon || true
  wait $daemon || true
  daemon=
  rm stop
  touch stopped
done
`;

/** Squid drops its rights, so the folder of its log is writable for everyone. */
const squidSettings = (folder: string) => `http_port 127.0.0.1:3128
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/proxy-users
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
logformat seen seen %un %rm %ru %>Hs
access_log stdio:${folder}/squid/access.log seen
cache_log /dev/null
cache deny all
pid_filename none
shutdown_lifetime 0 seconds
`;

export class ImageRegistry {
  readonly #folder = mkdtempSync(join(tmpdir(), "flotilla-registries-"));
  #servers: ChildProcess | undefined;
  #asked = 0;
  #marks = 0;

  async start(): Promise<void> {
    // Squid reads its users as another user.
    chmodSync(this.#folder, 0o755);
    mkdirSync(this.#at("squid"));
    chmodSync(this.#at("squid"), 0o777);
    writeServers(this.#folder);
    const command = ["--net", "--mount", "sh", "-eu", "-c", script, "sh"];
    this.#servers = spawn("unshare", [...command, this.#folder, registry ?? ""], {
      stdio: "inherit",
    });
    await until(() => existsSync(this.#at("pushed")));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#servers?.once("exit", resolve));
    this.#servers?.kill("SIGTERM");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Pulls an image with the files of the device. Returns null, or why containerd did not pull it.
   *
   * @param isKept which names of `configs` K3s knows
   */
  async pull(
    image: string,
    device: EdgeDevice,
    isKept: (name: string) => boolean = () => true,
  ): Promise<string | null> {
    for (const name of ["stopped", "root"])
      rmSync(this.#at(name), { recursive: true, force: true });
    this.#write(textsOf(device), isKept);
    const socket = this.#at("containerd.sock");
    rmSync(socket, { force: true });
    writeFileSync(this.#at("go"), "");
    await until(() => existsSync(socket));
    let answer = await pulled(socket, image);
    // It starts, which takes long on a busy machine: 12 if the plugin is not there yet, 14 if nobody answers.
    const starts = () =>
      ["12", "14"].includes(answer.status) || answer.message === "server is not initialized yet";
    for (let left = 400; left > 0 && starts(); left--) {
      await sleep(100);
      answer = await pulled(socket, image);
    }
    writeFileSync(this.#at("stop"), "");
    await until(() => existsSync(this.#at("stopped")));
    return answer.status === "0" ? null : answer.message;
  }

  /**
   * The requests to the proxy since the last call: `user method address status`. Squid writes a line when the
   * connection ends, so this waits until all have ended, and then for the line of a request of its own.
   */
  async proxied(): Promise<readonly string[]> {
    await until(
      () => this.#shell("ss -Htn state connected exclude time-wait sport = :3128") === "",
    );
    const mark = `http://mark-${++this.#marks}.example/`;
    this.#shell(`curl --silent --output /dev/null --proxy http://127.0.0.1:3128 ${mark}`);
    const fresh = () => {
      const log = readFileSync(this.#at("squid/access.log"), "utf8");
      return log.split("\n").slice(this.#asked, -1);
    };
    await until(() => fresh().some((line) => line.includes(mark)));
    const lines = fresh();
    this.#asked += lines.length;
    return lines.flatMap((line) =>
      line.includes(mark) ? [] : (/^seen (.*)/.exec(line)?.[1] ?? []),
    );
  }

  /** Runs a command beside the servers, in the environment of a file of the device as a shell reads it. */
  run(device: EdgeDevice, file: string, command: string): string {
    const environment = textsOf(device).get(file) ?? "";
    return this.#shell(`set -a\n${environment}\nset +a\ncd "$0"\n${command}`);
  }

  /** What a command prints that runs beside the servers; $0 is their folder. */
  #shell(command: string): string {
    const words = ["--target", String(this.#servers?.pid), "--net", "--mount", "--", "sh", "-c"];
    const { stdout, stderr } = spawnSync("nsenter", [...words, command, this.#folder], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "" },
    });
    return stdout + stderr;
  }

  #at(...names: readonly string[]): string {
    return join(this.#folder, ...names);
  }

  /** The files of a device as K3s reads them, and what K3s writes for containerd. */
  #write(texts: ReadonlyMap<string, string>, isKept: (name: string) => boolean): void {
    for (const name of ["device", "hosts.d", "proxy.env"]) {
      rmSync(this.#at(name), { recursive: true, force: true });
    }
    mkdirSync(this.#at("hosts.d"));
    for (const [path, text] of texts) {
      mkdirSync(dirname(this.#at("device", path)), { recursive: true });
      writeFileSync(this.#at("device", path), text);
    }
    const text = texts.get("/etc/rancher/k3s/registries.yaml") ?? "{}";
    const here = text.replaceAll('"/etc/', `"${this.#at("device/etc")}/`);
    const { mirrors, configs = {} } = load(here) as RegistriesFile;
    const kept = Object.fromEntries(Object.entries(configs).filter(([name]) => isKept(name)));
    const file = { ...(mirrors && { mirrors }), configs: kept };
    for (const [name, hosts] of hostsFiles(file)) {
      mkdirSync(this.#at("hosts.d", name));
      writeFileSync(this.#at("hosts.d", name, "hosts.toml"), hostsToml(hosts));
    }
    // K3s hands the variables with this prefix to containerd, without it.
    const proxy = texts.get("/etc/flotilla/proxy-k3s.env") ?? "";
    const own = proxy.split("\n").flatMap((line) => /^CONTAINERD_(.*)$/.exec(line)?.[1] ?? []);
    writeFileSync(this.#at("proxy.env"), own.map((line) => `${line}\n`).join(""));
    writeFileSync(this.#at("containerd.toml"), containerdSettings(this.#folder, file));
  }
}

function textsOf(device: EdgeDevice): ReadonlyMap<string, string> {
  const files = device.toConfig().storage?.files ?? [];
  return new Map(
    files.map(({ path, contents }) => [path, "inline" in contents ? contents.inline : ""]),
  );
}

function containerdSettings(folder: string, file: RegistriesFile): string {
  const plugin = `plugins."io.containerd.grpc.v1.cri"`;
  const auth = [...logins(file)].map(([name, { username, password }]) => {
    const lines = `username = ${JSON.stringify(username)}\npassword = ${JSON.stringify(password)}\n`;
    return `[${plugin}.registry.configs."${name}".auth]\n${lines}`;
  });
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
address = "${folder}/containerd.sock"
[${plugin}]
disable_apparmor = true
[${plugin}.containerd]
snapshotter = "native"
[${plugin}.registry]
config_path = "${folder}/hosts.d"
${auth.join("")}`;
}

/** Two registries with one storage, and an image to push. */
function writeServers(folder: string): void {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write(
    "hosts",
    "127.0.0.1 localhost mirror.shop.example registry-1.docker.io proxy.shop.example\n",
  );
  write("ca.pem", server.authority);
  write("server.pem", server.server);
  write("server.key", server.serverKey);
  write("clients.pem", client.authority);
  write("client.pem", client.server);
  write("client.key", client.serverKey);
  // "correct", hashed with bcrypt, which the registry requires.
  write("users", "reader:$2b$04$QSDhHdrmfPHkcXHEtzvPiObaX3UK7a3MypHek9Z0xPHII7mtCE4vy\n");
  const at = (name: string) => join(folder, name);
  write("proxy-users", `till:${proxyPasswordHash}\n`);
  write("squid.conf", squidSettings(folder));
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
