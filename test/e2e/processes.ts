/**
 * Real programs as processes that can be started, stopped and killed repeatedly, each with a log file. All
 * of them end when the harness ends, however it ends.
 *
 * Traps handled here:
 * - A harness that is killed with -9 runs no code of its own: the kernel ends its processes
 *   (`setpriv --pdeathsig`).
 * - Programs start helpers (git, helm): each process is a group of its own, and signals go to the
 *   group.
 * - Proxies and credentials of the user's environment would change what is tested: a process gets
 *   PATH, HOME and what is given to it, nothing else.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServiceOptions {
  /** The name of the process and of its log file. */
  readonly name: string;
  readonly command: readonly string[];
  /** The network namespace that it runs in. @default the harness's own */
  readonly namespace?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Folders that it sees at another path, like a container's volumes: the path that it sees → the folder.
   * A missing path is made on this machine, and stays.
   */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Called until it returns true, or until it returns nothing without an exception. */
  readonly ready?: () => unknown;
  /** @default 60 */
  readonly readySeconds?: number;
}

export interface Service {
  readonly name: string;
  readonly logPath: string;
  /** Starts it and waits until it is ready. @throws Error with the end of its log */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL if it still runs after 10 s. Does nothing if it does not run. */
  stop(): Promise<void>;
  /** SIGKILL to it and its helpers: `kill -9`. */
  kill(): Promise<void>;
  running(): boolean;
  /** The ID of its first process. */
  id(): number | undefined;
  /** All its output since the harness started. */
  log(): string;
}

export interface Processes {
  /** The folder of the logs. It is also the HOME of all processes. */
  readonly folder: string;
  service(options: ServiceOptions): Service;
  /** SIGKILL to all of them, starting with the latest. */
  end(): Promise<void>;
}

/** What every process gets. */
export const baseEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/** @param folder is made; its path should be short, as it will hold sockets (107 bytes at most) */
export function processes(folder: string): Processes {
  mkdirSync(folder, { recursive: true });
  const services: Service[] = [];
  atExit(() => {
    for (const service of services) signalGroup(service.id(), "SIGKILL");
  });
  return {
    folder,
    service: (options) => {
      const made = restartable(folder, options);
      services.push(made);
      return made;
    },
    end: async () => {
      for (const one of services.toReversed()) await one.kill();
    },
  };
}

function restartable(folder: string, options: ServiceOptions): Service {
  const { name, readySeconds = 60 } = options;
  const logPath = join(folder, `${name}.log`);
  let child: ChildProcess | undefined;
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const id = () => (running() ? child?.pid : undefined);
  const log = () => (existsSync(logPath) ? readFileSync(logPath, "utf8") : "");
  const end = async (signal: NodeJS.Signals, seconds: number) => {
    signalGroup(id(), signal);
    await until(`${name} ends`, () => !running(), seconds);
  };
  const kill = () => end("SIGKILL", 10);
  return {
    name,
    logPath,
    running,
    id,
    log,
    kill,
    start: async () => {
      if (running()) throw new Error(`${name} is running already`);
      child = launch(folder, logPath, options);
      const probe = () => {
        if (!running()) throw new Ended(`${name} ended; its log:\n${lastLines(log())}`);
        return options.ready?.();
      };
      await until(`${name} is ready (log: ${logPath})`, probe, readySeconds);
    },
    stop: async () => {
      await end("SIGTERM", 10).catch(kill);
    },
  };
}

function launch(folder: string, logPath: string, options: ServiceOptions): ChildProcess {
  for (const place of Object.keys(options.mounts ?? {})) mkdirSync(place, { recursive: true });
  const [command = "", ...args] = [
    "setpriv",
    "--pdeathsig",
    "KILL",
    ...inside(options.namespace),
    ...mounted(options.mounts ?? {}),
    ...options.command,
  ];
  const log = openSync(logPath, "a");
  const child = spawn(command, args, {
    detached: true,
    cwd: folder,
    env: { ...baseEnvironment, HOME: folder, ...options.environment },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.on("error", () => {});
  return child;
}

/** The words before a command that run it in a network namespace. */
function inside(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
}

/** The words before a command that run it with folders bound to other paths, for this command only. */
function mounted(mounts: Readonly<Record<string, string>>): string[] {
  const pairs = Object.entries(mounts).flat();
  if (pairs.length === 0) return [];
  const script = `while [ "$1" != -- ]; do mount --bind "$2" "$1" || exit; shift 2; done; shift; exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, "mounts", ...pairs, "--"];
}

/** A process that ended will not become ready: waiting for it stops at once. */
export class Ended extends Error {}

/**
 * Asks until the answer is not false: every tenth of a second, and after two seconds every twentieth of the time
 * that it took, up to a second, as probes cost time that others need. A probe that throws is asked again.
 *
 * @returns the answer, so that a probe may hand over what it waited for
 * @throws Error that says what was waited for, and why the last probe failed
 */
export async function until<Answer>(
  what: string,
  probe: () => Answer,
  seconds: number,
): Promise<Awaited<Answer>> {
  const began = performance.now();
  for (;;) {
    let failure: unknown;
    try {
      const answer = await probe();
      if (answer !== false) return answer;
    } catch (error) {
      if (error instanceof Ended) throw error;
      failure = error;
    }
    const passed = performance.now() - began;
    if (passed > seconds * 1_000) {
      throw new Error(`after ${seconds} s, not yet: ${what}`, { cause: failure });
    }
    await sleep(Math.min(Math.max(passed / 20, 100), 1_000));
  }
}

export interface RunOptions {
  readonly namespace?: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command. @returns its output. @throws Error with the command's own message */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program = "", ...args] = [...inside(options.namespace), ...command];
  // kubectl keeps a cache in its home, which otherwise is the current folder.
  const env = { ...baseEnvironment, HOME: tmpdir(), ...options.environment };
  const child = spawn(program, args, { env });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (status !== 0)
    throw new Error(`${command.join(" ")}: exit code ${status}\n${errors}${output}`);
  return output;
}

/** Whether something in the namespace takes connections at the port, on its own loopback. */
export async function listens(namespace: string, port: number): Promise<boolean> {
  await run(["bash", "--norc", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`], { namespace });
  return true;
}

/** What must happen even if the harness is interrupted. It cannot wait for anything. */
export function atExit(action: () => void): void {
  exitActions.push(action);
  if (exitActions.length > 1) return;
  process.on("exit", () => {
    for (const one of exitActions) one();
  });
  for (const [signal, number] of [["SIGINT", 2] as const, ["SIGTERM", 15] as const]) {
    process.once(signal, () => process.exit(128 + number));
  }
}

const exitActions: (() => void)[] = [];

function signalGroup(id: number | undefined, signal: NodeJS.Signals): void {
  if (id === undefined) return;
  try {
    process.kill(-id, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const lastLines = (text: string) => text.trimEnd().split("\n").slice(-15).join("\n");
