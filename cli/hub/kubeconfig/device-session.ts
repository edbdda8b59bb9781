/** Runs a command with access to one device: a temporary kubeconfig and a port forward. */
import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { makeTemporaryFolder } from "../../../fleet/files/temporary-files.ts";
import { writeFileAtomically } from "../../../fleet/files/atomic-file.ts";
import { gatewayOf } from "../../../fleet/rules/gateways.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { Session } from "../../terminal/session.ts";
import { formatKubeconfig, type DeviceCredentials } from "./device-kubeconfig.ts";
import { startCommand } from "../../terminal/child-process.ts";
import type { HubOptions } from "../kubectl/kubectl.ts";
import { openForward, type Forward } from "../kubectl/port-forward.ts";
import type { Device } from "../../../fleet/model/device.ts";

/**
 * Runs `command` with `KUBECONFIG` set and returns its exit code, 128 and more for a signal.
 *
 * The kubeconfig is in a folder that only this user can enter. It is removed, and the port forward is
 * closed, however the command ends.
 */
export async function runAtDevice(
  fleet: Fleet,
  device: Device,
  credentials: DeviceCredentials,
  command: readonly [program: string, ...args: string[]],
  options: HubOptions,
  session: Session,
): Promise<number> {
  const folder = makeTemporaryFolder("device");
  let forward: Forward | undefined;
  const clean = () => {
    forward?.child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", clean);
  const signals = watchSignals();
  try {
    if (device.connectivity === "gateway") {
      forward = await openForward(gatewayOf(fleet, device), options, session);
    }
    const kubeconfig = join(folder, "kubeconfig");
    const text = formatKubeconfig(device, credentials, forward?.port);
    writeFileAtomically(kubeconfig, text, 0o600);
    const [program, ...args] = command;
    const child = startCommand(program, args, {
      environment: session.environment,
      variables: { KUBECONFIG: kubeconfig },
    });
    signals.passTo(child);
    return await exitCode(child, program);
  } finally {
    signals.stop();
    process.off("exit", clean);
    clean();
  }
}

interface SignalWatch {
  readonly passTo: (child: ChildProcess) => void;
  readonly stop: () => void;
}

/**
 * The terminal sends Ctrl+C to the command too; other signals are passed on to it. Before it runs, a
 * signal ends Flotilla by way of its exit, so that the credentials are removed.
 */
function watchSignals(): SignalWatch {
  let child: ChildProcess | undefined;
  const names: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  const onSignal = (signal: NodeJS.Signals) => {
    if (child === undefined) process.exit(128 + constants.signals[signal]);
    if (signal !== "SIGINT") child.kill(signal);
  };
  for (const name of names) process.on(name, onSignal);
  return {
    passTo: (started) => void (child = started),
    stop() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** The exit code; after a signal, 128 and its number. */
function exitCode(child: ChildProcess, program: string): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    child.on("error", (error) => reject(startError(program, error)));
    child.on("close", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function startError(program: string, error: Error): OperationError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "the program was not found" : `it cannot be run (${code})`;
  return new OperationError(`${program}: ${reason}`, { cause: error });
}
