/**
 * What a device sends, by the real Fluent Bit with the synthesized settings, where there is one on
 * this machine (`fluent-bit` on the path; its release 5.1.1 was built by hand for this).
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sourceText } from "../../../fleet/files/source-text.ts";
import { agentSettings, idleSettings } from "../../../gitops/telemetry/agent-settings.ts";
import { peerPath } from "../../peers/peers.ts";
import { memoryPeak } from "../programs/hostile-answers.ts";
import { freePort, TelemetryHub } from "./telemetry-hub.ts";

const budget = { dailyMegabytes: 1, bufferMegabytes: 64 };
const exporter = peerPath("node-exporter-1.12.1");
const busybox = peerPath("emulator-debian-12/busybox");
const fluentBit = spawnSync("sh", ["-c", "command -v fluent-bit"], { encoding: "utf8" });
const missing =
  fluentBit.status !== 0
    ? "there is no fluent-bit"
    : exporter === undefined
      ? "run test/peers/build.sh node-exporter"
      : undefined;
const title = (text: string) => (missing === undefined ? text : `${text} (SKIPPED: ${missing})`);

const folder = mkdtempSync(join(tmpdir(), "flotilla-agent-"));
afterAll(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;

describe.each([
  ["dash", ["dash"]],
  ["BusyBox", [busybox ?? "", "sh"]],
])("the start script, run by %s in a network of its own", (_name, shell) => {
  const unfit = !isRoot || shell[0] === "" || spawnSync(shell[0]!, ["-c", "true"]).error;
  const run = join(folder, shell.join("-").replaceAll("/", "-"));
  mkdirSync(run);
  writeFileSync(join(folder, "fluent-bit.yaml"), agentSettings(budget));
  writeFileSync(join(folder, "idle.yaml"), idleSettings);
  const script = join(folder, "start.sh");
  writeFileSync(script, sourceText("gitops/programs/telemetry-agent/start.sh"));
  const start = (prepare: string) => {
    const command = `${prepare}\nexec ${shell.join(" ")} ${script}`;
    const env = {
      ...process.env,
      TUNNEL_INTERFACE: "wg-hub",
      RUN_FOLDER: run,
      TUNNEL_SECONDS: "1",
    };
    execFileSync("unshare", ["--net", "sh", "-ec", command], { env, stdio: "pipe" });
    return readFileSync(join(run, "fluent-bit.yaml"), "utf8");
  };

  test.skipIf(unfit)("finds the gateway and the device's own address", () => {
    const text = start(`ip link add wg-hub type veth peer name other
      ip address add 100.64.8.2/32 dev wg-hub
      ip link set wg-hub up
      ip route add 100.64.8.1/32 dev wg-hub`);
    const expected = agentSettings(budget).replaceAll("@GATEWAY@", "100.64.8.1");
    expect(text.replaceAll('"', "")).toBe(
      expected.replaceAll("@DEVICE@", "100.64.8.2").replaceAll('"', ""),
    );
    expect(text.match(/100\.64\.8\.[12]/g)).toHaveLength(4);
  });

  test.skipIf(unfit)("lets a device without a tunnel send nothing", () => {
    expect(start("true")).toBe(idleSettings);
  });
});

describe.skipIf(missing !== undefined)(title("Fluent Bit on a device"), () => {
  const hub = new TelemetryHub();
  const logs = join(folder, "log");
  const state = join(folder, "state");
  const container = join(logs, "containers", `till-1_pos_podinfo-${"ab".repeat(32)}.log`);
  const settings = join(folder, "device.yaml");
  const budgetFile = join(state, "budget");
  const env = { ...process.env, LOG_BYTES_PER_DAY: "1000000", BUDGET_FILE: budgetFile };
  let exporterProcess: ChildProcess;
  let agent: ChildProcess;
  let words = "";

  beforeAll(async () => {
    mkdirSync(join(logs, "containers"), { recursive: true });
    mkdirSync(join(logs, "journal"));
    mkdirSync(state);
    await hub.start("127.0.0.2 store-0001 boston canary\n");
    const exporterPort = await freePort();
    exporterProcess = spawn(exporter ?? "", [`--web.listen-address=127.0.0.1:${exporterPort}`]);
    const placed = (text: string) =>
      text.replaceAll("/var/lib/flotilla-telemetry", state).replaceAll("/var/log", logs);
    writeFileSync(join(folder, "log.lua"), sourceText("gitops/programs/telemetry-agent/log.lua"));
    const text = placed(agentSettings(budget))
      .replaceAll("@GATEWAY@", "127.0.0.1")
      .replaceAll("@DEVICE@", "127.0.0.2")
      .replace("/etc/flotilla", folder)
      .replace("port: 9100", `port: ${exporterPort}`)
      .replace("http_port: 2020", `http_port: ${await freePort()}`)
      .replaceAll("port: 8429", `port: ${hub.port}`)
      .replace("scrape_interval: 60s", "scrape_interval: 1s")
      .replace("flush: 10", "flush: 1")
      .replace("scheduler.base: 5", "scheduler.base: 1")
      .replace("scheduler.cap: 300", "scheduler.cap: 3");
    writeFileSync(settings, text);
  });
  afterAll(async () => {
    agent?.kill("SIGKILL");
    exporterProcess?.kill("SIGKILL");
    await hub.remove();
  });

  const startAgent = () => {
    agent = spawn("fluent-bit", ["-c", settings], { env });
    for (const stream of [agent.stdout, agent.stderr]) {
      stream?.on("data", (data: Buffer) => (words += data.toString()));
    }
  };
  const say = (text: string, stream = "stdout") =>
    appendFileSync(container, `${new Date().toISOString()} ${stream} F ${text}\n`);
  const said = () => hub.lines.map(({ log }) => String(log));

  test("takes the settings", () => {
    execFileSync("fluent-bit", ["--dry-run", "-c", settings], { env, stdio: "pipe" });
    const idle = join(folder, "idle-check.yaml");
    writeFileSync(idle, idleSettings);
    execFileSync("fluent-bit", ["--dry-run", "-c", idle], { env, stdio: "pipe" });
  });

  test("sends a container's lines with what they are of", async () => {
    say("before");
    startAgent();
    await hub.until(() => existsSync(join(state, "containers.db")));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    say("first", "stderr");
    await hub.until(() => said().includes("first"));
    expect(hub.lines.find(({ log }) => log === "first")).toEqual({
      "@timestamp": expect.stringMatching(/^\d{4}-/),
      log: "first",
      stream: "stderr",
      kubernetes: { namespace_name: "pos", pod_name: "till-1", container_name: "podinfo" },
      device: "store-0001",
      site: "boston",
      ring: "canary",
    });
  }, 30_000);

  test("sends the metrics of the list, and no others", async () => {
    await hub.until(() => hub.series.length > 0);
    const names = new Set(hub.series.map(({ labels }) => labels["__name__"]));
    expect(names).toContain("node_load1");
    expect(names).toContain("node_memory_MemAvailable_bytes");
    expect(names).toContain("node_time_seconds");
    expect([...names].filter((name) => !agentSettings(budget).includes(name ?? ""))).toEqual([]);
    expect(hub.series[0]?.labels).toMatchObject({ device: "store-0001", ring: "canary" });
  }, 30_000);

  test("keeps what it can't send, through a restart of its own, and sends it then", async () => {
    await hub.stopCollector();
    for (let count = 1; count <= 20; count++) say(`offline ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    agent.kill("SIGKILL");
    await new Promise((resolve) => agent.once("exit", resolve));
    const chunks = readdirSync(join(state, "buffer"), { recursive: true }).filter((name) =>
      String(name).endsWith(".flb"),
    );
    expect(chunks.length).toBeGreaterThan(0);
    hub.series.length = 0;
    startAgent();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    hub.startCollector();
    await hub.until(() => said().includes("offline 20"), 40);
    const offline = said().filter((text) => text.startsWith("offline"));
    expect(new Set(offline)).toHaveProperty("size", 20);
    await hub.until(() => hub.series.length > 0, 40);
  }, 120_000);

  test("stops at the day's budget, says so once, and remembers it", async () => {
    const long = "x".repeat(10_000);
    for (let count = 0; count < 120; count++) say(`${count} ${long}`);
    const isNotice = (text: string) => text.includes("1 MB of logs are used up");
    await hub.until(() => said().some(isNotice), 40);
    say("too late");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(said()).not.toContain("too late");
    expect(said().filter(isNotice)).toHaveLength(1);
    const bytes = said().filter((text) => text.includes(long)).length * 10_163;
    expect(bytes).toBeLessThan(1_000_000);
    expect(bytes).toBeGreaterThan(950_000);
    const [day, used] = readFileSync(join(state, "budget"), "utf8").split(" ");
    expect(day).toBe(new Date().toISOString().slice(0, 10));
    expect(Number(used)).toBeGreaterThan(950_000);
  }, 120_000);

  test("needs less than its limit of memory", () => {
    expect(memoryPeak(agent.pid)).toBeLessThan(96);
    expect(words).not.toMatch(/\[error\].*(lua|yaml|config)/);
  });
});
