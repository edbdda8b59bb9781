/** What kubectl says when something is wrong, as a person can use it. */
import { OperationError } from "../../../fleet/files/operation-error.ts";

/**
 * The kind of trouble. `missing`: no kubectl; `context`: the kubeconfig names no such cluster;
 * `forbidden`: this user lacks a right; `absent`: there is no such object, or no such kind;
 * `conflict`: somebody else changed it meanwhile.
 */
export type Trouble =
  "missing" | "context" | "unreachable" | "login" | "forbidden" | "absent" | "conflict" | "other";

export class KubectlError extends OperationError {
  readonly trouble: Trouble;

  constructor(trouble: Trouble, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KubectlError";
    this.trouble = trouble;
  }
}

/** Whether no other request to this cluster would fare better. */
export function isHopeless({ trouble }: KubectlError): boolean {
  return ["missing", "context", "unreachable", "login"].includes(trouble);
}

interface Meaning {
  readonly trouble: Trouble;
  readonly pattern: RegExp;
  readonly message: (found: RegExpExecArray, cluster: string) => string;
}

/**
 * The first that fits is taken. The texts are of kubectl 1.28 to 1.35 and of the API server:
 * `forbidden` is of apiserver's pkg/endpoints/handlers/responsewriters/errors.go, the ones about
 * contexts of client-go's tools/clientcmd.
 */
const meanings: readonly Meaning[] = [
  {
    trouble: "context",
    pattern: /current-context (?:is not set|must exist)|no configuration has been provided/i,
    message: () =>
      "kubectl is pointed at no cluster. Name one: --context NAME (kubectl config get-contexts " +
      "lists them), or --kubeconfig FILE",
  },
  {
    trouble: "context",
    pattern:
      /cannot locate context "?([^\s"]+)|context "?([^\s"]+)"? does not exist|specified context: (\S+)/i,
    message: ([, ...names]) =>
      `the kubeconfig has no context ${names.find(Boolean)}. kubectl config get-contexts lists them`,
  },
  {
    trouble: "context",
    pattern: /stat ([^\n]*): no such file|error loading config file "([^"]*)"/i,
    message: ([, one, other]) => `the kubeconfig ${one ?? other} can't be read`,
  },
  {
    trouble: "login",
    pattern: /executable (\S+) not found/i,
    message: ([, plugin]) =>
      `the kubeconfig logs in by ${plugin}, which is not on this machine. Install it` +
      (plugin === "gke-gcloud-auth-plugin"
        ? ": gcloud components install gke-gcloud-auth-plugin"
        : ""),
  },
  {
    trouble: "login",
    pattern: /Unauthorized|must be logged in|provide credentials|getting credentials|401/,
    message: (_, cluster) => `${cluster} doesn't accept this login. Log in again`,
  },
  {
    trouble: "forbidden",
    pattern:
      /User "([^"]*)" cannot (\w+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?/,
    message: ([, user, verb, resource, group, namespace]) => {
      const where = namespace ? `in the namespace ${namespace}` : "of the cluster";
      const what = group ? `${resource} (${group})` : resource;
      return (
        `${user} may not ${verb} ${what} ${where}. Let this user do so (a ` +
        `${namespace ? "Role" : "ClusterRole"} with the verb ${verb}), or log in as another one`
      );
    },
  },
  {
    trouble: "forbidden",
    pattern: /User "([^"]*)" cannot (\w+) path "([^"]*)"|\(?Forbidden\)?: ([^\n]*)/,
    message: ([, user, verb, path, rest]) =>
      user ? `${user} may not ${verb} ${path}` : `this user has no right to do so: ${rest}`,
  },
  {
    trouble: "conflict",
    pattern: /\((?:Conflict|AlreadyExists)\)|object has been modified/,
    message: () => "it was changed by somebody else in the meantime. Run the same command again",
  },
  {
    trouble: "unreachable",
    pattern:
      /Unable to connect to the server: ([^\n]*)|connection to the server [^\n]*|(?:dial tcp|no such host|i\/o timeout|deadline exceeded|TLS handshake timeout|connection refused|x509:)[^\n]*/,
    message: ([found, reason], cluster) =>
      `${cluster} can't be reached (${(reason ?? found).trim()}). Check the network, a VPN, and ` +
      "that this is the right kubeconfig",
  },
  {
    trouble: "absent",
    pattern: /\(NotFound\)[^\n]*|doesn't have a resource type[^\n]*|no endpoints available[^\n]*/,
    message: ([found]) => `there is none: ${found.replace("(NotFound): ", "")}`,
  },
];

/**
 * The failure behind what kubectl wrote to its standard error.
 *
 * @param context of the kubeconfig, where it is known
 */
export function explain(said: string, context: string | undefined): KubectlError {
  const cluster = context === undefined ? "the cluster" : `the cluster of context ${context}`;
  for (const { trouble, pattern, message } of meanings) {
    const found = pattern.exec(said);
    if (found !== null) return new KubectlError(trouble, message(found, cluster));
  }
  const text = said.trim().replaceAll(/^/gm, "  ");
  return new KubectlError("other", `kubectl failed. It says:\n${text}`);
}
