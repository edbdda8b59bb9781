/** A port forward to a gateway's proxy on the hub, for as long as a command runs. */
import type { ChildProcess } from "node:child_process";
import { type Gateway } from "../../../fleet/rules/gateways.ts";
import { OperationError, outputLines } from "../../../fleet/files/operation-error.ts";
import type { Session } from "../../terminal/session.ts";
import { startProgram } from "../../terminal/child-process.ts";
import { maskSecrets } from "../../terminal/known-secrets.ts";
import { kubectlProgram, missingKubectl } from "./kubectl.ts";
import type { HubOptions } from "./kubectl.ts";
import { explain } from "./kubectl-errors.ts";
import { gatewayNamespace, proxyPort } from "../../../fleet/model/contract.ts";

/** The arguments of `kubectl port-forward`. */
export function forwardArguments(
  { name }: Pick<Gateway, "name">,
  ports: string,
  { kubeconfig, context }: HubOptions,
): readonly string[] {
  return [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
    "port-forward",
    "--namespace",
    gatewayNamespace,
    `service/${name}`,
    ports,
  ];
}

export interface Forward {
  /** On 127.0.0.1; kubectl chose a free one. */
  readonly port: number;
  /** The process that holds it open. */
  readonly child: ChildProcess;
}

const listenSecondsMax = 60;

/** @throws KubectlError if the hub refuses, OperationError if it takes too long */
export async function openForward(
  gateway: Pick<Gateway, "name">,
  options: HubOptions,
  session: Session,
): Promise<Forward> {
  const program = kubectlProgram(session);
  const args = [...forwardArguments(gateway, `:${proxyPort}`, options), "--address=127.0.0.1"];
  const child = startProgram(program, args, {
    name: "kubectl",
    environment: session.environment,
    // Ctrl+C is for the command that uses the forward, which may ignore it.
    detached: true,
  });
  child.stdin.on("error", () => {}).end();
  const stop = () => void child.kill();
  // The caller gets the child only when it listens.
  process.once("exit", stop);
  try {
    return { child, port: await listeningPort(child, program, options.context) };
  } catch (error) {
    stop();
    throw error;
  } finally {
    process.off("exit", stop);
  }
}

function listeningPort(
  child: ChildProcess,
  program: string,
  context: string | undefined,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    const timer = setTimeout(() => {
      const message = `${program} port-forward did not listen within ${listenSecondsMax} s`;
      const details = outputLines(maskSecrets(err || out));
      reject(new OperationError(`${message}. It says:`, { details }));
    }, listenSecondsMax * 1000);
    const end = <Value>(settle: (value: Value) => void, value: Value) => {
      clearTimeout(timer);
      settle(value);
    };
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) ->/m.exec(out) ?? [];
      if (port === undefined) return;
      // It prints a line for each connection, which is dropped.
      child.stdout?.removeAllListeners("data").resume();
      end(resolve, Number(port));
    });
    child.stderr?.on("data", (chunk: Buffer) => void (err += chunk.toString()));
    child.on("error", (error) => end(reject, missingKubectl(program, error)));
    child.on("close", () => end(reject, explain(maskSecrets(err || out), context)));
  });
}
