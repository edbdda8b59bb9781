/** Checks of the programs on this machine and of the logins. */
import type { Cloud } from "../../../fleet/model/cloud.ts";
import { kubectlProgram } from "../kubectl/kubectl.ts";
import type { Session } from "../../terminal/session.ts";
import { advice, missing, ok, type Check } from "./check.ts";
import { runProgram } from "./programs.ts";

interface Tool {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Finds the version in the output. */
  readonly version: RegExp;
  readonly install: string;
  /** The lowest version that works. @default any */
  readonly lowest?: readonly [major: number, minor: number];
  /** @default true */
  readonly needed?: boolean;
}

const tools = (session: Session, isInGoogle: boolean): readonly Tool[] => [
  ...commonTools,
  ...(isInGoogle ? googleTools : []),
  {
    name: "kubectl",
    program: kubectlProgram(session),
    args: ["version", "--client", "--output=json"],
    version: /"gitVersion":\s*"([^"]+)"/,
    install: isInGoogle
      ? "gcloud components install kubectl"
      : "install it: https://kubernetes.io/docs/tasks/tools/",
  },
  helmTool,
];

const commonTools: readonly Tool[] = [
  {
    name: "git",
    program: "git",
    args: ["--version"],
    version: /(\d+)\.(\d+)[.\d]*/,
    install: "install it: https://git-scm.com/downloads",
  },
  {
    name: "terraform",
    program: "terraform",
    args: ["version", "-json"],
    version: /"terraform_version":\s*"((\d+)\.(\d+)[^"]*)"/,
    install: "install it: https://developer.hashicorp.com/terraform/install",
    lowest: [1, 5],
  },
];

const googleTools: readonly Tool[] = [
  {
    name: "gcloud",
    program: "gcloud",
    args: ["--version"],
    version: /Google Cloud SDK (\S+)/,
    install: "install it: https://cloud.google.com/sdk/docs/install",
  },
  {
    name: "gke-gcloud-auth-plugin",
    program: "gke-gcloud-auth-plugin",
    args: ["--version"],
    version: /v\d\S+/,
    install: "gcloud components install gke-gcloud-auth-plugin",
  },
];

const helmTool: Tool = {
  name: "helm",
  program: "helm",
  args: ["version", "--short"],
  version: /v[\d.]+/,
  install: "only needed to inspect releases: https://helm.sh/docs/intro/install",
  needed: false,
};

/** The tools in their order, and in Google Cloud the two logins. */
export async function machineChecks(
  { provider }: Pick<Cloud, "provider">,
  session: Session,
): Promise<readonly Check[]> {
  const all = tools(session, provider === "google");
  const found = await Promise.all(all.map((tool) => toolCheck(tool, session)));
  const hasGcloud = found[all.findIndex(({ name }) => name === "gcloud")]?.state === "ok";
  // The version of Node is right, or this would not run.
  const node = ok("node", process.versions.node);
  return [node, ...found, ...(hasGcloud ? await loginChecks(session) : [])];
}

async function toolCheck(tool: Tool, session: Session): Promise<Check> {
  const { name, program, args, install, lowest, needed = true } = tool;
  const miss = needed ? missing : advice;
  const result = await runProgram(program, args, session, { name, timeoutSeconds: 60 });
  if (result.code === "missing") return miss(name, "not on this machine", install);
  if (result.code !== 0) return miss(name, `it fails with exit code ${result.code}`, install);
  const match = tool.version.exec(result.stdout);
  const version = match?.[1] !== undefined && lowest ? match[1] : (match?.[0] ?? "there");
  if (lowest && match && isLower([Number(match[2]), Number(match[3])], lowest)) {
    return miss(name, `${version} is older than ${lowest.join(".")}`, install);
  }
  return ok(name, version.replace(/^.*"gitVersion":\s*"([^"]+)".*$/, "$1"));
}

function isLower(found: readonly [number, number], lowest: readonly [number, number]): boolean {
  return found[0] < lowest[0] || (found[0] === lowest[0] && found[1] < lowest[1]);
}

/** Terraform's provider reads credentials from these variables. */
const credentialVariables = ["GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CREDENTIALS"];

async function loginChecks(session: Session): Promise<readonly Check[]> {
  const list = ["auth", "list", "--filter=status:ACTIVE", "--format=value(account)"];
  // It prints a token, which is not used.
  const token = ["auth", "application-default", "print-access-token"];
  const [account, application] = await Promise.all(
    [list, token].map((args) => runProgram("gcloud", args, session, { timeoutSeconds: 60 })),
  );
  const name = account?.stdout.trim() ?? "";
  const variable = credentialVariables.find((each) => session.environment[each]);
  const hasToken = application?.code === 0;
  const login = "gcloud auth application-default login";
  return [
    account?.code === 0 && name !== ""
      ? ok("gcloud login", name)
      : missing("gcloud login", "not logged in", "gcloud auth login"),
    hasToken || variable !== undefined
      ? ok("Terraform's login", hasToken ? "application-default credentials" : `$${variable}`)
      : missing("Terraform's login", "no application-default credentials", login),
  ];
}
