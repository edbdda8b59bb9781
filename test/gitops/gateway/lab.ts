/**
 * A gateway made of real parts in its own network namespaces: the script and the settings from the
 * synthesized ConfigMap, WireGuard by wireguard-go (or the kernel's), nft and Squid. Devices dial it, and
 * a pod of the hub and an unrelated machine are beside it.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatewaysOf } from "../../../fleet/rules/gateways.ts";
import { deviceSecrets, publicKeys } from "../../../fleet/keys/secrets.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { busybox, key, synthesized } from "./fleets.ts";
import { gatewayPrivateKey } from "../../../fleet/keys/wireguard.ts";
import type { Device } from "../../../fleet/model/device.ts";

let labs = 0;
/** The `ip` of this machine: the PATH of a lab may have another one. */
const ipCommand = spawnSync("sh", ["-c", "command -v ip"], { encoding: "utf8" }).stdout.trim();

export class Lab {
  readonly fleet: Fleet;
  readonly shell: "dash" | "busybox";
  readonly folder = mkdtempSync(join(tmpdir(), "flotilla-gateway-"));
  readonly #stem = `fg${process.pid}${"abcdefgh"[labs++ % 8]}`;
  readonly #namespaces: string[] = [];
  readonly #tunnels = new Map<string, string>();
  readonly #processes: ChildProcess[] = [];
  readonly #tools: string;
  #script: ChildProcess | undefined;
  #devices = 0;
  /** The output of the script and the proxy. */
  words = "";

  /** @param shell its tools come first in the script's PATH */
  constructor(fleet: Fleet, shell: "dash" | "busybox" = "dash") {
    this.fleet = fleet;
    this.shell = shell;
    chmodSync(this.folder, 0o755);
    this.#tools = join(this.folder, "tools");
    mkdirSync(this.#tools);
    if (shell === "busybox") {
      const tools = "sh awk cmp cat cp mv rm grep date sleep mkdir ip";
      for (const tool of tools.split(" ")) {
        execFileSync("ln", ["-s", busybox ?? "", join(this.#tools, tool)]);
      }
    }
    this.namespace("hub");
    const { peers, settings } = synthesized(fleet);
    for (const [name, text] of Object.entries(settings)) {
      this.#write(name, text.replaceAll("/etc/flotilla/settings", this.folder));
    }
    this.#write("private-key", gatewayPrivateKey(fleet, 1, key));
    this.setPeers(peers);
    this.link("hub", "pod", "192.168.0");
    this.link("hub", "other", "10.98.0");
    // The worst case: a node that forwards packets and has a default route.
    this.run("hub", "sysctl", "-qw", "net.ipv4.ip_forward=1");
    this.run("hub", "ip", "route", "add", "default", "via", "192.168.0.2");
  }

  get interface(): string {
    return `${this.#stem}g`;
  }

  /** A namespace of the lab; `hub` is the gateway's pod. */
  namespace(name: string): string {
    const full = `${this.#stem}-${name}`;
    if (!this.#namespaces.includes(full)) {
      execFileSync("ip", ["netns", "add", full]);
      this.#namespaces.push(full);
      execFileSync("ip", ["-n", full, "link", "set", "lo", "up"]);
    }
    return full;
  }

  /** `prefix`.1 is in the near namespace and .2 in the far one, with its default route to .1. */
  link(near: string, far: string, prefix: string): void {
    const [a, b] = [this.namespace(near), this.namespace(far)];
    const ip = (...args: string[]) => execFileSync("ip", args);
    ip("-n", a, "link", "add", far, "type", "veth", "peer", "name", "up0", "netns", b);
    ip("-n", a, "address", "add", `${prefix}.1/24`, "dev", far);
    ip("-n", b, "address", "add", `${prefix}.2/24`, "dev", "up0");
    ip("-n", a, "link", "set", far, "up");
    ip("-n", b, "link", "set", "up0", "up");
    ip("-n", b, "route", "add", "default", "via", `${prefix}.1`);
  }

  /** Runs a command in a namespace and returns its output. */
  run(where: string, ...command: string[]): string {
    const args = ["netns", "exec", this.namespace(where), ...command];
    return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  start(where: string, command: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const args = ["netns", "exec", this.namespace(where), ...command];
    const child = spawn(ipCommand, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (data: Buffer) => (this.words += data.toString()));
    child.stderr.on("data", (data: Buffer) => (this.words += data.toString()));
    this.#processes.push(child);
    return child;
  }

  /** Replaces the file at once, as the kubelet does. */
  setPeers(text: string): void {
    this.#write("peers.next", text);
    renameSync(join(this.folder, "peers.next"), join(this.folder, "peers.conf"));
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text, { mode: 0o644 });
  }

  startTunnel(settings: Readonly<Record<string, string>> = {}): void {
    this.#script = this.start("hub", this.scriptCommand(), { ...this.environment(), ...settings });
  }

  /** Whether the script's own check succeeds. */
  checks(): boolean {
    const [command = "", ...args] = this.scriptCommand();
    return (
      spawnSync(command, [...args, "check"], { env: { ...process.env, ...this.environment() } })
        .status === 0
    );
  }

  scriptCommand(): string[] {
    const shell = this.shell === "dash" ? "dash" : join(this.#tools, "sh");
    return [shell, join(this.folder, "tunnel.sh")];
  }

  environment(): Record<string, string> {
    return {
      ...synthesized(this.fleet).environment,
      PATH: `${this.#tools}:${process.env["PATH"] ?? ""}`,
      TUNNEL_INTERFACE: this.interface,
      TUNNEL_KEY: join(this.folder, "private-key"),
      TUNNEL_PEERS: join(this.folder, "peers.conf"),
      TUNNEL_STATE: join(this.folder, "state"),
      TUNNEL_METRICS: join(this.folder, "metrics"),
    };
  }

  /** Ends only the script, with kill -9. */
  async killTunnel(): Promise<void> {
    const ended = new Promise((resolve) => this.#script?.once("exit", resolve));
    this.#script?.kill("SIGKILL");
    await ended;
  }

  /** As in its container, it runs as the user nobody, and its output goes to its own pipe. */
  startProxy(): void {
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    // It needs its own name, because Squids of the same name share memory.
    const squid = `squid -N -n ${this.#stem} -f ${join(this.folder, "squid.conf")} 2>&1 | cat`;
    this.start("hub", [...nobody, "sh", "-c", squid]);
  }

  /** Starts the collector, and in the pod beside it an Elasticsearch that reports what it gets. */
  async startCollector(): Promise<void> {
    const { collector } = synthesized(this.fleet);
    if (collector === undefined) throw new Error("this fleet sends no telemetry");
    this.#write("collector.mjs", collector.script);
    this.#write("devices.txt", collector.devices);
    for (const name of ["username", "password", "ca.crt"]) this.#write(name, name);
    const elasticsearch = `require("http").createServer((request, response) => {
      request.on("data", (data) => console.log(String(data)));
      request.on("end", () => response.end("{}")); }).listen(9200, () => console.log("ready"));`;
    const server = this.start("pod", [process.execPath, "-e", elasticsearch]);
    await new Promise((resolve) => server.stdout?.once("data", resolve));
    this.start("hub", [process.execPath, join(this.folder, "collector.mjs")], {
      ...collector.environment,
      DEVICES: join(this.folder, "devices.txt"),
      LOGS_URL: "http://192.168.0.2:9200/logs-edge-default",
      LOGS_ACCESS: this.folder,
    });
  }

  /** The collector's answer to a device that sends one line of a log. */
  sendLine(from: string, line: Readonly<Record<string, string>>): number {
    const script = `const body = require("zlib").gzipSync(${JSON.stringify(JSON.stringify(line))});
      fetch("http://100.64.0.1:8429/logs", { method: "POST", body, signal: AbortSignal.timeout(5000),
        headers: { "content-encoding": "gzip" } }).then((answer) => console.log(answer.status));`;
    return Number(this.run(from, process.execPath, "-e", script));
  }

  /** Adds a device of the fleet in its own namespace, with its tunnel and its API server on 6443. */
  async addDevice(name: string, options: Partial<Dialling> = {}): Promise<void> {
    const device = this.fleet.devices.find((one) => one.name === name) as Device;
    const place = options.place ?? name;
    const number = ++this.#devices;
    this.link("hub", place, `10.99.${number}`);
    const tunnel = `${this.#stem}${number}`;
    this.#tunnels.set(place, tunnel);
    this.run(place, "env", "LOG_LEVEL=silent", "wireguard-go", tunnel);
    const privateKey =
      options.privateKey ?? deviceSecrets(this.fleet, device, key).wireguardPrivateKey;
    this.#write(`${place}.key`, privateKey);
    const { gateways } = publicKeys({ ...this.fleet, devices: [] }, key);
    const allowed = options.allowed ?? `${gatewaysOf(this.fleet)[0]?.address}/32`;
    this.run(
      place,
      "wg",
      "set",
      tunnel,
      "private-key",
      join(this.folder, `${place}.key`),
      "peer",
      gateways.get(1) ?? "",
      "endpoint",
      `10.99.${number}.1:51820`,
      "persistent-keepalive",
      "25",
      "allowed-ips",
      allowed,
    );
    this.run(
      place,
      "ip",
      "address",
      "add",
      `${options.address ?? device.address}/32`,
      "dev",
      tunnel,
    );
    this.run(place, "ip", "link", "set", "mtu", "1420", "up", "dev", tunnel);
    for (const range of allowed.split(",")) {
      this.run(place, "ip", "route", "add", range, "dev", tunnel);
    }
    const script = `let waiting = 2;
      for (const port of [6443, 2379]) require("net").createServer((socket) => {
        socket.on("error", () => {}); socket.on("data", () => socket.write("${place}"));
      }).listen(port, "0.0.0.0", () => --waiting || console.log("ready"));`;
    const server = this.start(place, [process.execPath, "-e", script]);
    await new Promise((resolve) => server.stdout?.once("data", resolve));
  }

  /** Asks the proxy for a connection to `target`, and returns what the other end sends. */
  ask(from: string, target: string, method = "CONNECT"): Answer {
    const proxy = { hub: "127.0.0.1", pod: "192.168.0.1", other: "10.98.0.1" }[from] ?? "";
    const script = `const started = performance.now(); let text = "";
      const tell = () => { console.log(JSON.stringify({ text, ms: performance.now() - started })); process.exit(); };
      const socket = require("net").connect(3128, "${proxy}", () =>
        socket.write("${method} ${target} HTTP/1.1\\r\\nHost: ${target}\\r\\n\\r\\n"));
      socket.setTimeout(9000, tell).on("error", (error) => { text ||= error.code; tell(); }).on("close", tell)
        .on("data", (data) => { text += data;
          if (/ 200 .*\\r\\n\\r\\n$/s.test(text)) socket.write("x"); else tell(); });`;
    const { text, ms } = JSON.parse(this.run(from, process.execPath, "-e", script)) as {
      text: string;
      ms: number;
    };
    const [head = "", body = ""] = text.split("\r\n\r\n");
    return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]), body, ms, text };
  }

  /** A connection to a device through the proxy, with ten requests a second until it is ended. */
  talk(from: string, target: string): Talk {
    const proxy = { hub: "127.0.0.1", pod: "192.168.0.1" }[from] ?? "";
    const script = `let asked = 0, answered = 0, gap = 0, last = 0, open = false;
      const socket = require("net").connect(3128, "${proxy}", () =>
        socket.write("CONNECT ${target} HTTP/1.1\\r\\n\\r\\n"));
      socket.on("data", () => { const now = performance.now();
        if (open) { answered++; gap = Math.max(gap, now - last); } last = now;
        if (!open) { open = true; setInterval(() => { asked++; socket.write("x"); }, 100); console.log("talking"); } });
      socket.on("close", () => { asked = 1e9; }).on("error", () => {});
      process.stdin.on("end", () => { console.log(JSON.stringify({ unanswered: asked - answered, answered, gap }));
        process.exit(); }).resume();`;
    const args = ["netns", "exec", this.namespace(from), process.execPath, "-e", script];
    const child = spawn(ipCommand, args, { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (data: Buffer) => (text += data.toString()));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    return {
      talking: () => text.includes("talking"),
      end: async () => {
        child.stdin.end();
        await ended;
        return JSON.parse(text.slice(text.indexOf("{"))) as Talked;
      },
    };
  }

  /** Sends a hundred pings a second from the gateway's pod to a device, and counts the lost ones. */
  async ping(address: string, count: number): Promise<{ sent: number; lost: number }> {
    const command = [
      busybox ?? "",
      "ping",
      "-q",
      "-i",
      "0.01",
      "-W",
      "2",
      "-c",
      String(count),
      address,
    ];
    const child = spawn(ipCommand, ["netns", "exec", this.namespace("hub"), ...command]);
    let text = "";
    child.stdout.on("data", (data: Buffer) => (text += data.toString()));
    await new Promise((resolve) => child.once("exit", resolve));
    const [, sent = "", received = ""] =
      /(\d+) packets transmitted, (\d+) packets/.exec(text) ?? [];
    return { sent: Number(sent), lost: Number(sent) - Number(received) };
  }

  /** The result of a TCP connection without the proxy: open, silent, or an error's code. */
  connects(from: string, host: string, port: number): string {
    const script = `require("net").connect(${port}, "${host}").setTimeout(700)
      .on("connect", () => { console.log("open"); process.exit(); })
      .on("timeout", () => { console.log("silent"); process.exit(); })
      .on("error", (error) => console.log(error.code));`;
    return this.run(from, process.execPath, "-e", script).trim();
  }

  /** A device's interface. */
  tunnelOf(place: string): string {
    return this.#tunnels.get(place) ?? "";
  }

  /** The ID of a process in a namespace, by its whole command line. */
  pid(where: string, command: string): number {
    const pids = execFileSync("ip", ["netns", "pids", this.namespace(where)], { encoding: "utf8" });
    const found = pids.split("\n").find((pid) => {
      if (pid === "") return false;
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
      return line.endsWith(command);
    });
    if (found === undefined) throw new Error(`there is no process ${command} in ${where}`);
    return Number(found);
  }

  /** The last handshakes of the interface's peers, by public key: seconds since 1970, 0 for never. */
  handshakes(): ReadonlyMap<string, number> {
    const text = this.run("hub", "wg", "show", this.interface, "latest-handshakes").trim();
    const rows = text === "" ? [] : text.split("\n").map((line) => line.split("\t"));
    return new Map(rows.map(([peer = "", seconds]) => [peer, Number(seconds)]));
  }

  routes(): readonly string[] {
    const text = this.run("hub", "ip", "-4", "route", "show", "dev", this.interface).trim();
    return text === ""
      ? []
      : text
          .split("\n")
          .map((line) => line.split(" ")[0] ?? "")
          .toSorted();
  }

  metrics(): string {
    return readFileSync(join(this.folder, "metrics", "wireguard.prom"), "utf8");
  }

  publicKey(name: string): string {
    return publicKeys(this.fleet, key).devices.get(name) ?? "";
  }

  privateKey(name: string): string {
    const device = this.fleet.devices.find((one) => one.name === name) as Device;
    return deviceSecrets(this.fleet, device, key).wireguardPrivateKey;
  }

  /** Ends what was started in the lab's namespaces, and removes them. */
  remove(): void {
    for (const namespace of this.#namespaces) {
      const pids = execFileSync("ip", ["netns", "pids", namespace], { encoding: "utf8" });
      for (const pid of pids.split("\n").filter(Boolean)) {
        try {
          process.kill(Number(pid), "SIGKILL");
        } catch {
          // It has ended by itself.
        }
      }
      execFileSync("ip", ["netns", "delete", namespace]);
    }
    rmSync(this.folder, { recursive: true });
    // The shared memory that a killed Squid leaves behind.
    for (const name of ["metadata", "queues", "readers"]) {
      rmSync(`/dev/shm/${this.#stem}-cf__${name}.shm`, { force: true });
    }
  }
}

export interface Dialling {
  /** Name of its namespace. */
  readonly place: string;
  readonly privateKey: string;
  /** Its own address in the tunnel. */
  readonly address: string;
  /** The ranges that it sends into the tunnel, in CIDR form with commas between them. */
  readonly allowed: string;
}

export interface Talk {
  /** Whether the connection is open. */
  talking(): boolean;
  end(): Promise<Talked>;
}

export interface Talked {
  readonly answered: number;
  /** How many requests have no answer; one may still be on its way. */
  readonly unanswered: number;
  /** The longest time between two answers, milliseconds. */
  readonly gap: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
  readonly text: string;
}

/** Waits until the condition is true, and returns the seconds that it took. */
export async function until(so: () => boolean, secondsMax = 10): Promise<number> {
  const started = performance.now();
  for (;;) {
    const seconds = (performance.now() - started) / 1_000;
    let done = false;
    try {
      done = so();
    } catch {
      // Not yet.
    }
    if (done) return seconds;
    if (seconds > secondsMax) throw new Error(`still false after ${secondsMax} s: ${String(so)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
