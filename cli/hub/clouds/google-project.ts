/** Checks of the Google Cloud project: existence, billing, APIs, quotas. */
import {
  gatewayDiskGigabytes,
  gatewayMachine,
  gatewayNodesMax,
  generalDiskGigabytes,
  surgeNodes,
} from "../../../fleet/model/contract.ts";
import { fleetHubSize } from "../../../fleet/rules/hub-size.ts";
import type { GoogleCloud } from "../../../fleet/model/cloud.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Session } from "../../terminal/session.ts";
import { advice, missing, ok, unknown, type Check } from "../checks/check.ts";
import { objectIn, runProgram, type ProgramResult } from "../../terminal/programs.ts";

/** Terraform needs them to read a project and to enable the other APIs. */
const firstServices = ["cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"];

/** A fleet whose hub is in Google Cloud. */
export type GoogleFleet = Fleet & { readonly cloud: GoogleCloud };

/** @param machine the earlier checks: everything here needs gcloud and a login */
export async function projectChecks(
  fleet: GoogleFleet,
  machine: readonly Check[],
  session: Session,
): Promise<readonly Check[]> {
  const { project, state } = fleet.cloud;
  const login = machine.find(({ name }) => name === "gcloud login");
  if (login?.state !== "ok") {
    const bucket = state === null ? [] : ["state bucket"];
    return ["project", "billing", "APIs", ...bucket, "quotas"].map((name) =>
      unknown(name, "gcloud must be installed and logged in first"),
    );
  }
  const gcloud = (...args: readonly string[]) =>
    runProgram("gcloud", [...args, "--quiet"], session, { timeoutSeconds: 120 });
  const described = await gcloud("projects", "describe", project, "--format=json");
  if (described.code !== 0) {
    const fix = `make it: gcloud projects create ${project}; or ask its owner for a role in it`;
    return [missing("project", `${project} does not exist, or you have no access to it`, fix)];
  }
  const [billing, services, quotas, bucket] = await Promise.all([
    gcloud("billing", "projects", "describe", project, "--format=json").then((answer) =>
      billingCheck(project, answer),
    ),
    gcloud("services", "list", "--enabled", `--project=${project}`, "--format=value(config.name)"),
    quotaChecks(fleet, gcloud),
    state === null ? [] : bucketCheck(state.bucket, fleet, gcloud),
  ]);
  return [ok("project", project), billing, servicesCheck(project, services), ...bucket, ...quotas];
}

type Gcloud = (...args: readonly string[]) => Promise<ProgramResult>;

function billingCheck(project: string, { code, stdout }: ProgramResult): Check {
  const fix = `gcloud billing projects link ${project} --billing-account=ACCOUNT (gcloud billing accounts list)`;
  if (code !== 0) return unknown("billing", "this account cannot read it", fix);
  const command = `gcloud billing projects describe ${project} --format=json`;
  const { billingEnabled, billingAccountName } = objectIn(command, stdout) as {
    billingEnabled?: boolean;
    billingAccountName?: string;
  };
  return billingEnabled
    ? ok("billing", billingAccountName ?? "on")
    : missing("billing", "the project has no billing account", fix);
}

function servicesCheck(project: string, { code, stdout }: ProgramResult): Check {
  const fix = `gcloud services enable ${firstServices.join(" ")} --project=${project}`;
  if (code !== 0) return missing("APIs", "the enabled ones can't be listed", fix);
  const enabled = new Set(stdout.split(/\s+/));
  const absent = firstServices.filter((service) => !enabled.has(service));
  return absent.length === 0
    ? ok("APIs", "the first ones are enabled; a deployment enables the others")
    : missing("APIs", `disabled: ${absent.join(", ")}`, fix);
}

async function bucketCheck(bucket: string, fleet: GoogleFleet, gcloud: Gcloud): Promise<Check[]> {
  const url = `gs://${bucket}`;
  const { project, region } = fleet.cloud;
  const answer = await gcloud("storage", "buckets", "describe", url, "--format=json");
  if (answer.code !== 0) {
    const fix =
      `gcloud storage buckets create ${url} --project=${project} --location=${region} ` +
      `--uniform-bucket-level-access --public-access-prevention; gcloud storage buckets update ${url} --versioning`;
    return [missing("state bucket", `${url} does not exist, or you have no access to it`, fix)];
  }
  return /"versioning(_enabled)?":\s*(true|\{\s*"enabled":\s*true)/.test(answer.stdout)
    ? [ok("state bucket", `${url}, with versioning`)]
    : [
        advice(
          "state bucket",
          `${url} has no versioning`,
          `gcloud storage buckets update ${url} --versioning`,
        ),
      ];
}

interface Quota {
  readonly metric: string;
  readonly limit: number;
  readonly usage: number;
}

/** The reserved addresses of the hub and of NAT. */
const addresses = 4;

async function quotaChecks(fleet: GoogleFleet, gcloud: Gcloud): Promise<readonly Check[]> {
  const { project, region } = fleet.cloud;
  const options = [`--project=${project}`, "--format=json"];
  const [inRegion, inAll] = await Promise.all([
    gcloud("compute", "regions", "describe", region, ...options),
    gcloud("compute", "project-info", "describe", ...options),
  ]);
  if (inRegion.code !== 0) {
    return [
      unknown(
        "quotas",
        "they can be read when the API compute is enabled, after the first deployment",
      ),
    ];
  }
  const quotas = [inRegion, inAll].flatMap(({ code, stdout }) =>
    code === 0 ? quotasIn(stdout) : [],
  );
  const checks = Object.entries(wantedQuotas(fleet)).flatMap(([metric, wanted]) => {
    const quota = quotas.find((each) => each.metric === metric);
    const free = quota === undefined ? wanted : quota.limit - quota.usage;
    return free >= wanted ? [] : [{ metric, wanted, free }];
  });
  if (checks.length === 0) return [ok("quotas", `enough in ${region}`)];
  const link = `https://console.cloud.google.com/iam-admin/quotas?project=${project}`;
  // An existing hub uses a part of what it needs.
  return checks.map(({ metric, wanted, free }) => {
    const where = metric === allRegions ? "all regions" : region;
    const found = `${free} free in ${where}, and a new hub needs up to ${wanted}`;
    return advice(`quota ${metric}`, found, `ask for more: ${link}`);
  });
}

function quotasIn(stdout: string): readonly Quota[] {
  const found = objectIn("gcloud compute … describe --format=json", stdout);
  return (found as { quotas?: readonly Quota[] }).quotas ?? [];
}

/** Counts the processors of all families, and is low in a new project. */
const allRegions = "CPUS_ALL_REGIONS";

/** What a fleet's hub needs at its largest size, by Compute Engine's metrics. */
export function wantedQuotas(fleet: GoogleFleet): Readonly<Record<string, number>> {
  const { maxNodes } = fleet.cloud.nodePool;
  const { machineType } = fleetHubSize(fleet);
  const generalNodes = maxNodes + surgeNodes;
  const gatewayNodes = gatewayNodesMax + surgeNodes;
  const general = generalNodes * processorsOf(machineType);
  const gateway = gatewayNodes * gatewayMachine.processors;
  const family = familyQuota(machineType);
  return {
    ...(family === sharedQuota
      ? { [sharedQuota]: general + gateway }
      : { [sharedQuota]: gateway, [family]: general }),
    [allRegions]: general + gateway,
    SSD_TOTAL_GB: generalNodes * generalDiskGigabytes + gatewayNodes * gatewayDiskGigabytes,
    IN_USE_ADDRESSES: addresses,
  };
}

/** `e2-standard-4`, `n2-custom-8-16384`; small types without a number have two. */
function processorsOf(machineType: string): number {
  return Number(/^[a-z]\w*-[a-z]+-(\d+)/.exec(machineType)?.[1] ?? 2);
}

/** Shared by the first families; each later family has its own quota. */
const sharedQuota = "CPUS";

function familyQuota(machineType: string): string {
  const family = machineType.split("-")[0] ?? "";
  return ["e2", "n1", "f1", "g1", ""].includes(family)
    ? sharedQuota
    : `${family.toUpperCase()}_${sharedQuota}`;
}
