/** `flotilla plan`: what the next publish changes. */
import { Command } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import { checkOutput } from "../project/named-output.ts";
import { screenOf } from "../terminal/screen.ts";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
  printReport,
} from "../terminal/session.ts";

interface PlanOptions extends GlobalOptions {
  readonly terraformPlan: readonly string[];
  readonly html?: string;
  readonly markdown?: boolean;
  readonly exitCode?: boolean;
  readonly between?: readonly string[];
}

/** With --exit-code. Terraform uses 2, which here means a wrong command line. */
const exitChanges = 3;

export function planCommand(session: Session): Command {
  return new Command("plan")
    .summary("show what the next publish changes")
    .description(
      "Compares the state that publish would push with the tip of the state repository's branch.\n" +
        "Shows devices that are added, changed and removed, changes of workloads in each ring and\n" +
        "how many devices they affect, where K3s restarts, changes on the hub, and which devices need\n" +
        "a new image. It pushes nothing, and writes only the HTML page. If there is no repository\n" +
        "yet, everything is new. Secrets are never shown.",
    )
    .option(
      "--terraform-plan <file>",
      "the output of `terraform show -json PLAN`; may be repeated, once for each stack",
      (file: string, files: readonly string[]) => [...files, file],
      [] as readonly string[],
    )
    .option("--html <file>", "write an HTML page with a diagram of the fleet")
    .option("--markdown", "print it as Markdown, for a comment on a pull request")
    .option(
      "--between <environments...>",
      "show how two environments of the project differ instead",
    )
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
  $ flotilla plan --markdown > plan.md
  $ terraform -chdir=dist/infra/stacks/hub show -json hub.tfplan > hub.json
  $ flotilla plan --terraform-plan hub.json
  $ flotilla plan --between staging production
  $ flotilla plan --exit-code > /dev/null || echo "there are unpublished changes"
  $ flotilla plan --json | jq -r '.devices[] | select(.image == "reinstall") | .device'

JSON: fleet, domain, repository, branch, tip (null: no commit yet), summary (changes, devices,
affectedDevices, restartingDevices, images, rollouts, hub, terraform: numbers by kind), outcomes
(removed, added, reinstall, changed, restart, workload, unchanged: names; each device is in one),
devices (device, change, site, ring, fields, image, workloads), restarts (before, after, devices),
rollouts (workload, ring, change, objects, devices), hub (name, change, chart, values, objects,
peers), hubKeys (before, after, following, direct, cutOff; only if their generation changes), hubSize
(lines), terraform (file, resources, outputs), files (added, changed, removed),
staleMedia (site, architecture, path, command, missing, changed, gone; absent if none). A change is added, changed or removed; an image
new, reinstall, changed, same or unknown; a field has path, before and after, or secret: true.
With --between: from, to, declared (fields of the fleet files), pinned (fields of the locks).`,
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      if (options.markdown && options.json) {
        command.error("error: give --markdown or --json, not both");
      }
      const { between, html: page } = options;
      if (page !== undefined) checkOutput("--html", page, options.fleet, command);
      if (between !== undefined) {
        const { html, markdown, terraformPlan } = options;
        const [from, to, ...more] = between;
        if (from === undefined || to === undefined || more.length > 0) {
          command.error("error: give two environments: --between staging production");
        }
        if (html !== undefined || markdown || terraformPlan.length > 0) {
          command.error("error: --between goes with --json and --exit-code only");
        }
        if (await showDifferences(options, from, to, session)) throw new ToolExit(exitChanges);
        return;
      }
      if (await showPlan(options, session)) throw new ToolExit(exitChanges);
    });
}

/** @returns whether the exit code should say that there are differences */
async function showDifferences(
  { fleet, json, exitCode }: PlanOptions,
  from: string,
  to: string,
  session: Session,
): Promise<boolean> {
  const { environmentDifferences, formatDifferences } =
    await import("../plan/environment-differences.ts");
  const found = await environmentDifferences(fleet, from, to);
  print(session, json ? formatJson(found) : formatDifferences(found, screenOf(session)));
  return exitCode === true && found.declared.length + found.pinned.length > 0;
}

/** @returns whether the exit code should say that there are changes */
async function showPlan(options: PlanOptions, session: Session): Promise<boolean> {
  const [{ loadProject }, { planProject }, { readTerraformPlans }, { formatPlan }] =
    await Promise.all([
      import("../project/project.ts"),
      import("../plan/project-plan.ts"),
      import("../plan/terraform-plan.ts"),
      import("../plan/plan-text.ts"),
    ]);
  const terraform = readTerraformPlans(options.terraformPlan);
  const project = await loadProject(options.fleet, session, { makes: "plan" });
  let problem: string | undefined;
  const plan = await planProject(project, terraform, session, (found) => {
    problem = found;
    session.progress(`A publish would be refused: ${found}`);
  });
  if (options.html !== undefined) {
    const { writePlanPage } = await import("../plan/plan-page.ts");
    writePlanPage(options.html, plan, project.fleet);
    session.progress(`Wrote ${shownPath(options.html)}`);
  }
  if (options.markdown) {
    const { planMarkdown } = await import("../plan/plan-markdown.ts");
    print(session, planMarkdown(plan, problem));
  } else {
    printReport(session, options, plan, () => formatPlan(plan, screenOf(session)));
  }
  return options.exitCode === true && plan.summary.changes;
}
