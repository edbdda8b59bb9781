/**
 * Runs Terraform on one stack, in the folder where `cdktf deploy` runs it, so that either can continue
 * after the other. The output of Terraform is printed unchanged.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { kubeconfigVariable } from "../../../fleet/model/contract.ts";
import { messageOf, OperationError, outputLines } from "../../../fleet/files/operation-error.ts";
import { shownPath, type Session } from "../../terminal/session.ts";
import { importAdvice, type StackFile } from "./google-imports.ts";
import { childEnvironment } from "../../terminal/child-environment.ts";
import { maskSecrets } from "../../terminal/known-secrets.ts";
import { objectIn, runProgram, type ProgramResult } from "../../terminal/programs.ts";
import { onOneLine, terraformAdvice } from "./terraform-errors.ts";

const planName = "flotilla.tfplan";

/** Terraform's exit code for a plan with changes (`-detailed-exitcode`). */
const exitChanges = 2;

/** A stack of the synthesis, initialized. */
export interface Stack {
  readonly name: string;
  /** Makes a plan. @returns whether it has changes */
  plan(options?: PlanOptions): Promise<boolean>;
  /** Applies the last plan. */
  apply(): Promise<void>;
  /** The last plan or the state, in Terraform's documented JSON. */
  show(what: "plan" | "state"): Promise<unknown>;
  /** By name, without those that are sensitive; empty before the first deployment. */
  outputs(): Promise<Readonly<Record<string, unknown>>>;
  /** Addresses of the resources in the state. */
  resources(): Promise<readonly string[]>;
  /** Removes resources from the state that were deleted together with something else. */
  forget(addresses: readonly string[]): Promise<void>;
}

interface Output {
  readonly sensitive?: boolean;
  readonly value: unknown;
}

export interface PlanOptions {
  /** Delete everything. */
  readonly destroy?: boolean;
  /** Only these. @default all */
  readonly targets?: readonly string[];
}

/**
 * @param folder of all stacks: `dist/infra/stacks`
 * @throws OperationError after Terraform's own messages were printed
 */
export async function openStack(folder: string, name: string, session: Session): Promise<Stack> {
  const directory = join(folder, name);
  const run = (args: readonly string[], allowed: readonly number[] = [0], quiet = false) =>
    terraform(name, directory, args, allowed, quiet, session);
  await run(["init", "-input=false"]);
  return {
    name,
    async plan({ destroy = false, targets = [] } = {}) {
      const options = [
        ...(destroy ? ["-destroy"] : []),
        ...targets.map((target) => `-target=${target}`),
      ];
      const args = ["plan", "-input=false", "-detailed-exitcode", `-out=${planName}`, ...options];
      const { code } = await run(args, [0, exitChanges]);
      if (code === 0) rmSync(join(directory, planName), { force: true });
      return code === exitChanges;
    },
    async apply() {
      try {
        await run(["apply", "-input=false", planName]);
      } finally {
        rmSync(join(directory, planName), { force: true });
      }
    },
    async show(what) {
      const { stdout } = await run(
        ["show", "-json", ...(what === "plan" ? [planName] : [])],
        [0],
        true,
      );
      return objectIn("terraform show -json", stdout);
    },
    async outputs() {
      const { stdout } = await run(["output", "-json"], [0], true);
      const outputs = objectIn("terraform output -json", stdout) as Record<string, Output>;
      const shown = Object.entries(outputs).filter(([, { sensitive }]) => sensitive !== true);
      return Object.fromEntries(shown.map(([key, { value }]) => [key, value]));
    },
    async resources() {
      // It fails if there is no state yet.
      const { code, stdout } = await run(["state", "list"], [0, 1], true);
      const lines = code === 0 ? stdout.split("\n") : [];
      return lines.filter((line) => line !== "" && !line.startsWith("data."));
    },
    async forget(addresses) {
      if (addresses.length > 0) await run(["state", "rm", ...addresses]);
    },
  };
}

/** Addresses of resources with a deletion protection in the provider. */
export function protectedResources(folder: string, name: string): readonly string[] {
  const { resource = {} } = stackFile(join(folder, name));
  return Object.entries(resource).flatMap(([type, resources]) =>
    Object.entries(resources).flatMap(([id, one]) =>
      "deletion_protection" in one ? [`${type}.${id}`] : [],
    ),
  );
}

function stackFile(directory: string): StackFile {
  return JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")) as StackFile;
}

/**
 * For a stack that takes the user's kubeconfig: its path, as Terraform's provider does not read
 * $KUBECONFIG, and what kubectl gets, as the provider starts the same programs to log in.
 */
function kubeconfigOf(
  directory: string,
  environment: Session["environment"],
): Readonly<Record<string, string>> {
  if (stackFile(directory).variable?.[kubeconfigVariable] === undefined) return {};
  const name = `TF_VAR_${kubeconfigVariable}`;
  const value = environment[name] ?? environment["KUBECONFIG"];
  return { ...childEnvironment("kubectl", environment), ...(value && { [name]: value }) };
}

async function terraform(
  name: string,
  directory: string,
  args: readonly string[],
  allowed: readonly number[],
  quiet: boolean,
  session: Session,
): Promise<ProgramResult> {
  const { NO_COLOR: noColour, TERM: kind } = session.environment;
  const isPlain = session.redraw === undefined || Boolean(noColour) || kind === "dumb";
  const colours = isPlain && args[0] !== "state" ? ["-no-color"] : [];
  const [verb = "", ...rest] = args;
  const options = quiet ? rest : [...colours, ...rest];
  const result = await runProgram("terraform", [verb, ...options], session, {
    directory,
    environment: {
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      ...kubeconfigOf(directory, session.environment),
    },
    ...(!quiet && { onLine: session.progress }),
  });
  if (result.code === "missing") {
    throw new OperationError(
      "terraform is needed to deploy, and it is not installed. Install it " +
        "(https://developer.hashicorp.com/terraform/install)",
    );
  }
  if (allowed.includes(result.code)) return result;
  const said = onOneLine(maskSecrets(`${result.stdout}\n${result.stderr}`));
  const advice =
    importAdvice(said, stackFile(directory), shownPath(directory)) ?? terraformAdvice(said);
  const { message: first, details: more } = messageOf(advice ?? "");
  const [reason = "", ...others] = quiet ? outputLines(result.stderr) : [];
  const where = quiet ? `: ${reason.trim()}` : ", see above";
  throw new OperationError(
    `terraform ${verb} of the stack ${name} failed${where}.${first ? ` ${first}` : ""}`,
    { details: [...more, ...others] },
  );
}
