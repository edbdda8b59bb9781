/** The errors of kubectl, with the fix. */
import {
  OperationError,
  type OperationErrorOptions,
  outputLines,
} from "../../../fleet/files/operation-error.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

/**
 * `missing`: there is no kubectl; `context`: the kubeconfig has no such cluster; `forbidden`: the user
 * has no permission; `absent`: there is no such object or kind; `conflict`: somebody else changed the
 * object at the same time.
 */
export type KubectlErrorKind =
  "missing" | "context" | "unreachable" | "login" | "forbidden" | "absent" | "conflict" | "other";

export class KubectlError extends OperationError {
  readonly kind: KubectlErrorKind;

  constructor(kind: KubectlErrorKind, message: string, options?: OperationErrorOptions) {
    super(message, options);
    this.name = "KubectlError";
    this.kind = kind;
  }
}

/** Whether every other request to this cluster would fail as well. */
export function isFatal({ kind }: KubectlError): boolean {
  return ["missing", "context", "unreachable", "login"].includes(kind);
}

interface Meaning {
  readonly kind: KubectlErrorKind;
  readonly pattern: RegExp;
  readonly message: (found: RegExpExecArray, cluster: string) => string;
}

/**
 * The first match counts. The texts are those of kubectl 1.28 to 1.35 and of the API server:
 * `forbidden` is of apiserver's pkg/endpoints/handlers/responsewriters/errors.go, the ones about
 * contexts of client-go's tools/clientcmd.
 */
const meanings: readonly Meaning[] = [
  {
    // The API server answers; a pod behind it does not (apiserver's proxy, and its tunnel to the nodes).
    kind: "other",
    pattern: /error trying to reach service: ([^\n]*)|proxy error from ([^\n]*)/,
    message: ([, service, node], cluster) =>
      `the API server of ${cluster} can't reach a pod (${(service ?? node ?? "").trim()})`,
  },
  {
    // What kubectl tries if there is no kubeconfig.
    kind: "context",
    pattern: /(?:localhost|127\.0\.0\.1|\[::1\]):8080\b/,
    message: () =>
      `kubectl has no kubeconfig, so it does not know the hub. Make the hub first (${flotillaCommand("deploy")}), ` +
      "or give its kubeconfig: --kubeconfig FILE",
  },
  {
    kind: "context",
    pattern: /current-context (?:is not set|must exist)|no configuration has been provided/i,
    message: () =>
      "kubectl has no current context. Give one: --context NAME (kubectl config get-contexts " +
      "lists them), or --kubeconfig FILE",
  },
  {
    kind: "context",
    pattern:
      /cannot locate context "?([^\s"]+)|context "?([^\s"]+)"? does not exist|specified context: (\S+)/i,
    message: ([, ...names]) =>
      `the kubeconfig has no context ${names.find(Boolean)}. kubectl config get-contexts lists them`,
  },
  {
    kind: "context",
    pattern: /stat ([^\n]*): no such file|error loading config file "([^"]*)"/i,
    message: ([, one, other]) => `the kubeconfig ${one ?? other} can't be read`,
  },
  {
    kind: "login",
    pattern: /executable (\S+) not found/i,
    message: ([, plugin]) =>
      `the kubeconfig logs in with ${plugin}, which is not installed. Install it` +
      (plugin === "gke-gcloud-auth-plugin"
        ? ": gcloud components install gke-gcloud-auth-plugin"
        : ""),
  },
  {
    kind: "login",
    // Not the digits alone: names, times and process ids have them too.
    pattern:
      /Unauthorized|must be logged in|provide credentials|getting credentials|(?:status|code|HTTP)[^\n\d]{0,12}401\b/i,
    message: (_, cluster) => `${cluster} does not accept this login. Log in again`,
  },
  {
    kind: "forbidden",
    pattern:
      /User "([^"]*)" cannot (\w+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?/,
    message: ([, user, verb, resource, group, namespace]) => {
      const where = namespace ? `in the namespace ${namespace}` : "of the cluster";
      const what = group ? `${resource} (${group})` : resource;
      return (
        `${user} may not ${verb} ${what} ${where}. Give this user the permission (a ` +
        `${namespace ? "Role" : "ClusterRole"} with the verb ${verb}), or log in as another one`
      );
    },
  },
  {
    kind: "forbidden",
    pattern: /User "([^"]*)" cannot (\w+) path "([^"]*)"|\(?Forbidden\)?: ([^\n]*)/,
    message: ([, user, verb, path, rest]) =>
      user ? `${user} may not ${verb} ${path}` : `this user has no permission: ${rest}`,
  },
  {
    kind: "conflict",
    pattern: /\((?:Conflict|AlreadyExists)\)|object has been modified/,
    message: () => "it was changed by somebody else in the meantime. Run the same command again",
  },
  {
    kind: "unreachable",
    pattern:
      /Unable to connect to the server: ([^\n]*)|connection to the server [^\n]*|(?:dial tcp|no such host|i\/o timeout|deadline exceeded|TLS handshake timeout|connection refused|x509:)[^\n]*/,
    message: ([found, reason], cluster) =>
      `${cluster} can't be reached (${(reason ?? found).trim()}). Check the network, a VPN, and ` +
      "that this is the right kubeconfig",
  },
  {
    kind: "absent",
    pattern: /\(NotFound\)[^\n]*|doesn't have a resource type[^\n]*|no endpoints available[^\n]*/,
    message: ([found]) => `not found: ${found.replace("(NotFound): ", "")}`,
  },
];

/**
 * The error for a message of kubectl on standard error.
 *
 * @param context of the kubeconfig, if it is known
 */
export function explain(said: string, context: string | undefined): KubectlError {
  const cluster = context === undefined ? "the cluster" : `the cluster of context ${context}`;
  for (const { kind, pattern, message } of meanings) {
    const found = pattern.exec(said);
    if (found !== null) return new KubectlError(kind, message(found, cluster));
  }
  return new KubectlError("other", "kubectl failed. It says:", { details: outputLines(said) });
}
