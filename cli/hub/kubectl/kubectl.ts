/**
 * Runs the user's own `kubectl` with the user's kubeconfig against the hub, so that every login of the
 * user works. Secrets are passed on standard input only.
 */
import { messageOf, OperationError } from "../../../fleet/files/operation-error.ts";
import { keepOutput, startProgram } from "../../terminal/child-process.ts";
import { keepSecret, maskSecrets } from "../../terminal/known-secrets.ts";
import { objectIn } from "../../terminal/programs.ts";
import type { Session } from "../../terminal/session.ts";
import { explain, KubectlError } from "./kubectl-errors.ts";

/** The password of the state repository, for `flotilla bootstrap`. */
export const passwordVariable = "FLOTILLA_REPOSITORY_PASSWORD";

/** The path of another program than the `kubectl` on the PATH. */
const programVariable = "KUBECTL";

/** The user's choice of the hub. */
export interface HubOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The cluster of a context in the kubeconfig. */
export interface HubCluster {
  readonly context: string;
  /** URL of its API server. */
  readonly server: string;
}

export interface KubectlInput {
  /** Standard input of kubectl. @default nothing */
  readonly input?: string;
  /** Texts that are masked in errors of kubectl. @default none */
  readonly secrets?: readonly string[];
}

/**
 * Runs kubectl with these arguments and returns what it printed.
 *
 * @throws KubectlError with the fix
 */
export type Kubectl = (args: readonly string[], input?: KubectlInput) => Promise<string>;

export interface Hub extends HubCluster {
  readonly kubectl: Kubectl;
}

/** For one answer of the API server. */
const requestSecondsMax = 30;
/** For one run of kubectl: it may have to log in first. */
const runSecondsMax = 120;

/**
 * Opens the hub. Its context is determined once, so that a change of the current context in another
 * window does not send later requests to another cluster.
 *
 * @throws KubectlError if there is no kubectl, or the kubeconfig has no such cluster
 */
export async function openHub(options: HubOptions, session: Session): Promise<Hub> {
  const base = options.kubeconfig === undefined ? [] : [`--kubeconfig=${options.kubeconfig}`];
  const named = options.context === undefined ? [] : [`--context=${options.context}`];
  const view = ["config", "view", "--minify", "--output=json"];
  const text = await run([...base, ...named, ...view], {}, session);
  const command = `${kubectlProgram(session)} ${view.join(" ")}`;
  const cluster = clusterOf(objectIn(command, text), options.context);
  const fixed = [
    ...base,
    `--context=${cluster.context}`,
    `--request-timeout=${requestSecondsMax}s`,
  ];
  return { ...cluster, kubectl: (args, input = {}) => run([...fixed, ...args], input, session) };
}

/** What `kubectl config view --minify` prints. */
interface ConfigView {
  readonly "current-context"?: string;
  readonly contexts?: readonly { readonly name?: string }[] | null;
  readonly clusters?: readonly { readonly cluster?: { readonly server?: string } }[] | null;
}

function clusterOf(view: ConfigView, named: string | undefined): HubCluster {
  const context = named ?? (view["current-context"] || view.contexts?.[0]?.name);
  const server = view.clusters?.[0]?.cluster?.server;
  if (!context || !server) throw explain("error: current-context is not set", undefined);
  return { context, server };
}

/** The program to run: `$KUBECTL`, or the one on the PATH. */
export function kubectlProgram({ environment }: Pick<Session, "environment">): string {
  return environment[programVariable] || "kubectl";
}

async function run(
  args: readonly string[],
  { input = "", secrets = [] }: KubectlInput,
  session: Session,
): Promise<string> {
  const program = kubectlProgram(session);
  for (const secret of secrets) keepSecret(secret);
  const { environment } = session;
  const child = startProgram(program, args, { name: "kubectl", environment });
  // Not by spawn's own `timeout`, whose clock keeps running even if the program does not exist.
  setTimeout(() => child.kill(), runSecondsMax * 1000).unref();
  const stdout = keepOutput(child, child.stdout);
  const stderr = keepOutput(child, child.stderr);
  const closed = new Promise<number>((resolve, reject) => {
    child.on("error", (error) => reject(missingKubectl(program, error)));
    child.on("close", (code, signal) => {
      if (signal === null) return resolve(code ?? 1);
      reject(new KubectlError("unreachable", `${program} gave no answer in ${runSecondsMax} s`));
    });
  });
  // It may end before it has read everything; the exit code and the message tell why.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  if ((await closed) === 0) return stdout().toString("utf8");
  const said = stderr().toString("utf8");
  throw explain(maskSecrets(said), contextOf(args));
}

function contextOf(args: readonly string[]): string | undefined {
  const flag = "--context=";
  return args.find((each) => each.startsWith(flag))?.slice(flag.length);
}

/** The error for a program that is missing or can't be run. */
export function missingKubectl(program: string, error: Error): KubectlError {
  if (error instanceof OperationError) {
    const { message, details } = messageOf(error.message);
    return new KubectlError("other", message, { details });
  }
  const { code } = error as NodeJS.ErrnoException;
  const reason =
    code === "ENOENT"
      ? "it is not installed. Install it (https://kubernetes.io/docs/tasks/tools/)"
      : `it cannot be run (${code ?? error.message}). Install it again`;
  const message = `${program} is needed to talk to the hub: ${reason}, or name it in $KUBECTL`;
  return new KubectlError("missing", message, { cause: error });
}
