/** Checks of the programs on this machine and of the logins. */
import { kubectlProgram } from "../kubectl/kubectl.ts";
import type { Session } from "../../terminal/session.ts";
import { advice, missing, ok, type Check } from "./check.ts";
import { runProgram } from "../../terminal/programs.ts";

export interface Tool {
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

/** What a cloud adds to the tools. */
export interface CloudTools {
  /** Its own programs. */
  readonly tools: readonly Tool[];
  /** How kubectl is installed there: a command, or where to read about it. */
  readonly kubectlInstall: string;
  /** Checks of the logins. @param tools the checks of the programs */
  readonly loginChecks: (tools: readonly Check[], session: Session) => Promise<readonly Check[]>;
}

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

const kubectlTool = ({ kubectlInstall }: CloudTools, session: Session): Tool => ({
  name: "kubectl",
  program: kubectlProgram(session),
  args: ["version", "--client", "--output=json"],
  version: /"gitVersion":\s*"([^"]+)"/,
  install: kubectlInstall,
});

const helmTool: Tool = {
  name: "helm",
  program: "helm",
  args: ["version", "--short"],
  version: /v[\d.]+/,
  install: "only needed to inspect releases: https://helm.sh/docs/intro/install",
  needed: false,
};

/** The tools in their order, and the cloud's logins. */
export async function machineChecks(
  cloud: CloudTools,
  session: Session,
): Promise<readonly Check[]> {
  const all = [...commonTools, ...cloud.tools, kubectlTool(cloud, session), helmTool];
  const found = await Promise.all(all.map((tool) => toolCheck(tool, session)));
  // The version of Node is right, or this would not run.
  const node = ok("node", process.versions.node);
  return [node, ...found, ...(await cloud.loginChecks(found, session))];
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
