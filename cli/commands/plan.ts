/** `flotilla plan`: what the next publish changes, by meaning. */
import { Command } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import { screenOf } from "../terminal/screen.ts";
import { formatJson, shownPath, type GlobalOptions, type Session } from "../terminal/session.ts";

interface PlanOptions extends GlobalOptions {
  readonly terraformPlan: readonly string[];
  readonly html?: string;
  readonly exitCode?: boolean;
}

/** With --exit-code. Terraform's own would be 2, which here is for a wrong command line. */
const exitChanges = 3;

export function planCommand(session: Session): Command {
  return new Command("plan")
    .summary("show what the next publish changes, by meaning")
    .description(
      "Compares the state that publish would push with the tip of the state repository's branch:\n" +
        "devices that come, change and go, what changes on the devices of each ring and how many\n" +
        "feel it, what changes on the hub, and which devices need a new image for it. Pushes\n" +
        "nothing and writes nothing but the page. Where there is no repository yet, everything is\n" +
        "new. Secrets are never shown.",
    )
    .option(
      "--terraform-plan <file>",
      "what `terraform show -json PLAN` printed; may be repeated, once for each stack",
      (file: string, files: readonly string[]) => [...files, file],
      [] as readonly string[],
    )
    .option("--html <file>", "write it as one page with a picture of the fleet, too")
    .option(
      "--exit-code",
      `exit with ${exitChanges} if there are changes, with 0 if there are none`,
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla plan
  $ flotilla plan --html plan.html
  $ terraform -chdir=dist/infra/stacks/hub show -json hub.tfplan > hub.json
  $ flotilla plan --terraform-plan hub.json
  $ flotilla plan --exit-code > /dev/null || echo "something waits to be published"
  $ flotilla plan --json | jq -r '.devices[] | select(.image == "reinstall") | .device'

JSON: fleet, domain, repository, branch, tip (null: nothing is there yet), summary (changes,
devices, affectedDevices, images, rollouts, hub, terraform: numbers by kind), devices (device,
change, site, ring, fields, image, workloads), rollouts (workload, ring, change, objects, devices),
hub (name, change, chart, values, objects, peers), hubSize (lines), terraform (file, resources, outputs), files
(added, changed, removed). A change is added, changed or removed; an image new, reinstall, changed,
same or unknown; a field has path, before and after, or secret: true.`,
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      if (await showPlan(options, session)) throw new ToolExit(exitChanges);
    });
}

/** @returns whether the exit code is to say that there are changes */
async function showPlan(options: PlanOptions, session: Session): Promise<boolean> {
  const [{ loadProject }, { planProject }, { readTerraformPlans }, { formatPlan }] =
    await Promise.all([
      import("../project/project.ts"),
      import("../plan/plan.ts"),
      import("../plan/terraform.ts"),
      import("../plan/text.ts"),
    ]);
  const terraform = readTerraformPlans(options.terraformPlan);
  const project = loadProject(options.fleet, session);
  const plan = await planProject(project, terraform, session);
  if (options.html !== undefined) {
    const { writePlanPage } = await import("../plan/page.ts");
    writePlanPage(options.html, plan, project.fleet);
    session.progress(`Wrote ${shownPath(options.html)}`);
  }
  session.out(options.json ? formatJson(plan) : formatPlan(plan, screenOf(session)));
  return options.exitCode === true && plan.summary.changes;
}
