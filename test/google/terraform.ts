/**
 * The real terraform, in a folder of its own, with the real google provider that talks to an
 * emulator.
 *
 * The provider in the mirror is a development build of version 8 under the label 6.50.0: see
 * test/infra/terraform.test.ts. Only version 8 takes endpoints without TLS.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deployStack } from "../../cli/hub/deploy/stack-deployment.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { synthesizeInfra } from "../../cli/project/infra-files.ts";
import { peerPath } from "../peers/peers.ts";

const mirror = peerPath("terraform-mirror");

/** Why the tests of this folder can't run here, or undefined where they can. */
export const missing =
  mirror === undefined
    ? "no mirror that test/peers/build.sh makes"
    : spawnSync("terraform", ["version"]).status === 0
      ? undefined
      : "no terraform";

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a plan or an apply did or would do to each resource: address → actions. */
export type Changes = Readonly<Record<string, string>>;

/** Makes terraform take the providers from the mirror, and nothing from elsewhere. */
export function mirrorEnvironment(folder: string): Readonly<Record<string, string>> {
  const cliConfig = join(folder, "terraform.rc");
  const installation = `filesystem_mirror { path = ${JSON.stringify(mirror)} }`;
  writeFileSync(cliConfig, `provider_installation {\n  ${installation}\n}\n`);
  return { TF_CLI_CONFIG_FILE: cliConfig, CHECKPOINT_DISABLE: "1" };
}

export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "flotilla-google-"));
  readonly stack = join(this.folder, "dist/infra/stacks/hub");
  readonly state = join(this.folder, "terraform.hub.tfstate");
  readonly environment: NodeJS.ProcessEnv;

  constructor(endpoints: Readonly<Record<string, string>>) {
    this.environment = {
      PATH: process.env["PATH"],
      HOME: this.folder,
      ...mirrorEnvironment(this.folder),
      ...endpoints,
    };
  }

  /** Writes the stack as the product writes it. */
  write(fleet: Fleet): void {
    for (const [path, text] of synthesizeInfra(fleet)) {
      const file = join(this.folder, "dist/infra", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  start(...options: readonly string[]): ChildProcess {
    return spawn("terraform", [...options], {
      cwd: this.stack,
      stdio: ["ignore", "pipe", "pipe"],
      env: this.environment,
    });
  }

  /** Runs terraform to its end, whatever that is. */
  run(...options: readonly string[]): Promise<Result> {
    const child = this.start(...options);
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve) => {
      child.on("close", (status) => resolve({ status, stdout, stderr }));
    });
  }

  apply(...options: readonly string[]): Promise<Result> {
    return this.run("apply", "-auto-approve", "-input=false", "-no-color", ...options);
  }

  /** Brings the stack up as `flotilla deploy --yes` does. Told is what a person sees of it. */
  async deploy(): Promise<{ readonly changed: boolean; readonly told: string }> {
    const lines: string[] = [];
    const progress = (line: string) => void lines.push(line);
    const session = { environment: this.environment, out: progress, progress };
    const folder = join(this.folder, "dist/infra/stacks");
    const { report } = await deployStack(folder, "hub", { yes: true }, session);
    return { changed: report.changed, told: lines.join("\n") };
  }

  /** The words with which that fails. */
  async failedDeploy(): Promise<string> {
    const done = await this.deploy().catch((error: unknown) => error);
    if (!(done instanceof OperationError)) throw new Error("it did not fail", { cause: done });
    return done.message;
  }

  /** Runs the commands of terraform that a text names, each on a line of its own. */
  async follow(text: string, pattern: RegExp): Promise<number> {
    const commands = text.split("\n").map((line) => line.trim());
    const chosen = commands.filter((line) => line.startsWith("terraform ") && pattern.test(line));
    for (const command of chosen) {
      const { status, stderr } = await this.run(...command.split(" ").slice(1));
      if (status !== 0) throw new Error(`${command}: ${stderr}`);
    }
    return chosen.length;
  }

  /** A plan: status 0 means no changes, 2 changes. */
  plan(): Promise<Result> {
    return this.run("plan", "-detailed-exitcode", "-input=false", "-no-color");
  }

  /** What terraform's own list of resources says. */
  resources(): string[] {
    if (!existsSync(this.state)) return [];
    const state = JSON.parse(readFileSync(this.state, "utf8")) as {
      resources: { mode: string; type: string; name: string; instances: unknown[] }[];
    };
    // What was being made when terraform was killed is there without an instance.
    return state.resources
      .filter(({ mode, instances }) => mode === "managed" && instances.length > 0)
      .map(({ type, name }) => `${type}.${name}`);
  }

  /** Address of the stack's only resource of a type. */
  address(type: string): string {
    const stack = JSON.parse(readFileSync(join(this.stack, "cdk.tf.json"), "utf8")) as {
      resource: Record<string, Record<string, unknown>>;
    };
    return `${type}.${Object.keys(stack.resource[type] ?? {}).join()}`;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The changes that the output of a plan or apply announces, by short name of the resource. */
export function announced({ stdout }: Result): Changes {
  const pattern =
    /^ {2}# (\S+)(?: \(tainted\))? (?:will be|must be|is tainted, so must be) (.+)$/gm;
  return Object.fromEntries(
    [...stdout.matchAll(pattern)].map(([, address = "", actions = ""]) => [address, actions]),
  );
}
