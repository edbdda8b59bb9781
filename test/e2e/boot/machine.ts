/**
 * A machine in QEMU without hardware acceleration: its console, a shell in it, its cable, and its power
 * switch. A restart ends QEMU; `start` starts the machine again from the same disk.
 */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpioArchive } from "../../emulator/emulator.ts";
import { peer } from "../control-plane.ts";
import { Ended, until, type Processes, type Service } from "../processes.ts";

export interface MachineOptions {
  readonly processes: Processes;
  readonly name: string;
  /** The network in which the tap is. */
  readonly namespace: string;
  readonly tap: string;
  readonly disk: string;
  /** In the tables of the firmware. @default none */
  readonly serial?: string;
  /** A second disk, by NVMe. @default none */
  readonly secondDisk?: string;
}

export interface StartOptions {
  /** The time of the battery-backed clock: `1980-01-01T00:00:00`. @default this machine's */
  readonly clock?: string;
  /** @default true */
  readonly cable?: boolean;
}

export interface Machine {
  readonly name: string;
  start(options?: StartOptions): Promise<void>;
  /** The output on its console since it was started. */
  console(): string;
  /** @throws Error where the machine ends before, or the time is over */
  shows(text: string, seconds: number): Promise<void>;
  /** Runs a script of bash in the machine. @returns its output. @throws Error where its exit code is not 0 */
  run(script: string): Promise<string>;
  /** Waits until a script's exit code is 0. @returns its output */
  until(what: string, script: string, seconds: number): Promise<string>;
  cable(isIn: boolean): Promise<void>;
  /** Waits until it switches itself off, or restarts. */
  ended(seconds: number): Promise<void>;
  /** Waits until it restarts, or shows the text. @returns whether it restarts */
  restarts(unless: string, seconds: number): Promise<boolean>;
  /** Cuts the power. */
  cutPower(): Promise<void>;
}

/**
 * Without hardware acceleration; a restart ends it. Its clock counts instructions, one nanosecond each. So on
 * a busy machine everything takes longer, but nothing in it reaches a time limit: kube-apiserver waits ten
 * seconds for a handshake with itself.
 */
const hardware =
  "nice -n 10 qemu-system-x86_64 -accel tcg,thread=single -icount shift=0,sleep=on -m 2048 -nodefaults " +
  "-no-user-config " +
  "-no-reboot -display none -device virtio-net-pci,netdev=lan,mac=52:54:00:12:34:56 " +
  "-device virtio-rng-pci -serial stdio";

/** Turns off the mitigations for real processors, which cost an emulated one a third of its speed. */
const kernelArguments =
  "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1 " +
  "systemd.show_status=1";

/** Debian's modules and BusyBox, and what this initrd does with them. */
function makeInitrd(path: string): string {
  const script = readFileSync(join(import.meta.dirname, "init.sh"));
  const system = readFileSync(join(peer("boot-machine-debian-12-3"), "initrd"));
  writeFileSync(path, Buffer.concat([system, cpioArchive([["init", 0o100_755, script]])]));
  return path;
}

export function machine(options: MachineOptions): Machine {
  const { processes, name, namespace, tap, disk, serial, secondDisk } = options;
  const initrd = makeInitrd(join(processes.folder, `${name}.initrd`));
  const sockets = {
    agent: join(processes.folder, `${name}.agent`),
    monitor: join(processes.folder, `${name}.monitor`),
  };
  let service: Service | undefined;
  let boots = 0;
  const shown = () => service?.log() ?? "";
  const running = () => service?.running() === true;
  const agent = new Agent(name);
  const isOn = () => {
    if (!running()) throw new Ended(`${name} is off; its console:\n${lastLines(shown())}`);
    return true;
  };
  const ask = async (script: string) => {
    await until(`the agent of ${name} greets`, () => isOn() && agent.isThere(), 1_200);
    return agent.run(script);
  };
  return {
    name,
    console: shown,
    start: async ({ clock, cable = true } = {}) => {
      boots += 1;
      for (const path of Object.values(sockets)) rmSync(path, { force: true });
      service = processes.service({
        name: `${name}-boot-${boots}`,
        namespace,
        command: [
          ...hardware.split(" "),
          "-serial",
          `unix:${sockets.agent},server=on,wait=off`,
          "-monitor",
          `unix:${sockets.monitor},server=on,wait=off`,
          "-kernel",
          join(peer("boot-machine-debian-12-3"), "vmlinuz"),
          "-initrd",
          initrd,
          "-append",
          kernelArguments,
          "-drive",
          `file=${disk},if=virtio,format=raw,${cache}`,
          "-netdev",
          `tap,id=lan,ifname=${tap},script=no,downscript=no`,
          ...(serial === undefined ? [] : ["-smbios", `type=1,serial=${serial}`]),
          ...(secondDisk === undefined ? [] : nvme(secondDisk)),
          ...(clock === undefined ? [] : ["-rtc", `base=${clock}`]),
        ],
        ready: () => tell(sockets.monitor, cable ? "info status" : "set_link lan off"),
      });
      await service.start();
      agent.connect(sockets.agent);
    },
    shows: async (text, seconds) => {
      const probe = () => shown().includes(text) || !isOn();
      await until(`${name} shows "${text}"`, probe, seconds);
    },
    run: ask,
    until: (what, script, seconds) =>
      until(`${name}: ${what}`, () => ask(script).catch(afterPause), seconds),
    cable: (isIn) => tell(sockets.monitor, `set_link lan ${isIn ? "on" : "off"}`),
    ended: async (seconds) => {
      await until(`${name} switches itself off`, () => !running(), seconds);
    },
    restarts: async (unless, seconds) => {
      const probe = () => !running() || shown().includes(unless);
      await until(`${name} restarts, or shows "${unless}"`, probe, seconds);
      return !running();
    },
    cutPower: async () => {
      await service?.kill();
    },
  };
}

/** This machine stays on when the emulated one loses its power, so what the other wrote is not lost here. */
const cache = "cache=unsafe";

const nvme = (path: string) => [
  "-drive",
  `file=${path},if=none,format=raw,id=second,${cache}`,
  "-device",
  "nvme,drive=second,serial=NV1",
];

/** The persistent name of the second disk. */
export const secondDiskPath = "/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_NV1";

/** Makes a disk of 8 GB, as a sparse file. @returns its path */
export function emptyDisk(path: string): string {
  writeFileSync(path, "");
  truncateSync(path, 8e9);
  return path;
}

/**
 * A machine that is polled all the time does nothing else: its clock falls behind its time server's until
 * chrony trusts neither.
 */
async function afterPause(error: unknown): Promise<never> {
  await sleep(5_000);
  throw error;
}

interface Answer {
  readonly status: number;
  readonly output: string;
}

/**
 * The agent in the machine, over its second serial port. Scripts run one after the other. It sends a
 * greeting when it starts; earlier output is lost.
 */
class Agent {
  readonly #name: string;
  readonly #waiting = new Map<number, (answer: Answer | Error) => void>();
  #socket: Socket | undefined;
  #number = 0;
  #isThere = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** To a machine that was just started. */
  connect(path: string): void {
    this.#isThere = false;
    const socket = connect(path);
    this.#socket = socket;
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      const lines = (received + text).split("\n");
      received = lines.pop() ?? "";
      for (const line of lines) this.#hear(line.trim());
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isThere = false;
      for (const fail of this.#waiting.values()) fail(new Error(`${this.#name} is off`));
      this.#waiting.clear();
    });
  }

  #hear(line: string): void {
    if (line === "ready") this.#isThere = true;
    const [, number, status, output = ""] = /^(\d+) (\d+) ?([A-Za-z0-9+/=]*)$/.exec(line) ?? [];
    const answer = this.#waiting.get(Number(number));
    this.#waiting.delete(Number(number));
    answer?.({ status: Number(status), output: Buffer.from(output, "base64").toString() });
  }

  isThere(): boolean {
    return this.#isThere;
  }

  async run(script: string): Promise<string> {
    const number = (this.#number += 1);
    const answer = await new Promise<Answer | Error>((resolve) => {
      this.#waiting.set(number, resolve);
      const timer = setTimeout(() => resolve(new Error("no answer")), answerSeconds * 1_000);
      timer.unref();
      this.#socket?.write(`${number} ${Buffer.from(script).toString("base64")}\n`);
    });
    if (answer instanceof Error) throw new Error(`${this.#name}: ${answer.message}: ${script}`);
    const { status, output } = answer;
    if (status === 0) return output;
    throw new Error(`${this.#name}: exit code ${status} of:\n${script}\n${output}`);
  }
}

const answerSeconds = 600;

/** One command for QEMU itself. */
function tell(path: string, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(10_000, () => socket.destroy(new Error("QEMU does not answer")));
    socket.once("error", reject);
    let prompts = 0;
    socket.setEncoding("latin1").on("data", (text: string) => {
      prompts += text.split("(qemu) ").length - 1;
      if (prompts === 1) socket.write(`${command}\n`);
      if (prompts < 2) return;
      socket.destroy();
      resolve();
    });
  });
}

const lastLines = (text: string) => text.trimEnd().split("\n").slice(-15).join("\n");
