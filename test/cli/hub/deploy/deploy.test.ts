/** deploy, destroy and doctor, with programs that record how they are called. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { terraformAdvice } from "../../../../cli/hub/deploy/terraform-errors.ts";
import { leftovers, removeLeftovers, retainedDisks } from "../../../../cli/hub/deploy/leftovers.ts";
import { delegationCheck } from "../../../../cli/hub/clouds/google-delegation.ts";
import { gke } from "../bootstrap/bootstrap-workplace.ts";
import { flotilla, type Run } from "../../command-line.ts";
import { fakeCloud, type FakeCloud } from "./fake-cloud.ts";
import { temporaryFolder } from "../../temporary.ts";

let folder: string;
let cloud: FakeCloud;
const run = (args: string[], ask?: (question: string) => Promise<string>): Promise<Run> =>
  flotilla(folder, args, cloud.environment, ask ? { ask } : {});
/** The calls that change something, or could. */
const steps = () => cloud.calls().filter((call) => /^terraform: [ha]|credentials/.test(call));

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = fakeCloud(gke);
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
});

const context = gke;
const credentials =
  "gcloud: container clusters get-credentials corner-cafe-hub --location=us-east1" +
  " --project=cornercafe-edge-hub --dns-endpoint ";

describe("deploy", { timeout: 60_000 }, () => {
  test("plans and applies each stack in order, then places the secrets", async () => {
    const { code, out, err } = await run(["deploy", "--yes"]);
    expect(err).toContain("Plan: 3 to add");
    expect(code).toBe(0);
    const plan = "plan -no-color -input=false -detailed-exitcode -out=flotilla.tfplan ";
    const apply = "apply -no-color -input=false flotilla.tfplan ";
    expect(steps()).toEqual([
      "terraform: hub init -no-color -input=false ",
      `terraform: hub ${plan}`,
      `terraform: hub show -json flotilla.tfplan `,
      `terraform: hub ${apply}`,
      "terraform: argocd init -no-color -input=false ",
      `terraform: argocd ${plan}`,
      `terraform: argocd show -json flotilla.tfplan `,
      `terraform: argocd ${apply}`,
      credentials,
      "terraform: hub output -json",
    ]);
    expect(cloud.hub.object("/api/v1/namespaces/argocd/secrets/hub-client-ca")).toBeDefined();
    expect(out).toMatch(/^hub: deployed in [\d.]+ s\nargocd: deployed in /);
    expect(out).toContain(`kubectl --context ${context} -n argocd port-forward`);
    expect(out).toContain(". NS ns-cloud-a1.googledomains.com.\n");
    expect(existsSync(join(folder, "dist/state.git"))).toBe(true);
    expect(err + out).not.toContain("ya29");
  });

  test("a second run applies nothing and asks nothing", async () => {
    cloud.answer(" plan ", 0, "No changes. Your infrastructure matches the configuration.");
    const { code, out } = await run(["deploy"], async () => expect.unreachable());
    expect(code).toBe(0);
    expect(out).toMatch(/^hub: no changes\nargocd: no changes\n/);
    expect(cloud.calls().filter((call) => call.includes(" apply "))).toEqual([]);
  });

  test("asks before each apply; another answer than yes stops it there", async () => {
    const questions: string[] = [];
    const { code, err } = await run(["deploy"], async (question) => {
      questions.push(question);
      return "y";
    });
    expect(code).toBe(1);
    expect(err).toContain("flotilla: stopped: the answer was not the expected one");
    expect(questions).toEqual(["Apply the plan above to the stack hub? Type yes to continue: "]);
    expect(cloud.calls().filter((call) => call.includes(" apply "))).toEqual([]);
  });

  test("without a terminal and without --yes it does nothing at all", async () => {
    const { code, err } = await run(["deploy"]);
    expect(code).toBe(1);
    expect(err).toContain("Add --yes to continue without asking");
    expect(cloud.calls()).toEqual([]);
  });

  test("what is missing stops it before anything is made", async () => {
    cloud.answer("billing projects describe", 0, '{"billingEnabled": false}');
    const { code, err } = await run(["deploy", "--yes"]);
    expect(code).toBe(1);
    expect(err).toContain("→ gcloud billing projects link cornercafe-edge-hub");
    expect(err).toContain("flotilla: 1 thing missing, and nothing was changed.");
    expect(steps()).toEqual([]);
    expect(existsSync(join(folder, "dist"))).toBe(false);
  });

  test("Terraform's own words are shown, and a sentence on what to do", async () => {
    const said = "│ Error: Error waiting for creating: Quota 'CPUS' exceeded.  Limit: 8.0";
    cloud.answer("hub apply", 1, said);
    const { code, err } = await run(["deploy", "--yes"]);
    expect(code).toBe(1);
    expect(err).toContain(`${said}\n`);
    expect(err).toContain(
      "terraform apply of the stack hub failed, see above. Ask Google for more",
    );
    expect(steps().at(-1)).toContain("hub apply");
  });

  test("makes the repository first where it is on GitHub", async () => {
    const file = join(folder, "fleet.yaml");
    const text = readFileSync(file, "utf8").replace(
      /^ {2}url: .*$/m,
      "  url: git@github.com:cornercafe/state.git\n  github: {}",
    );
    writeFileSync(file, text);
    expect((await run(["deploy", "--yes"])).out).toMatch(/^github: .*\nhub: .*\nargocd: /);
    const order = cloud.calls().filter((call) => call.includes(" init "));
    expect(order.map((call) => call.split(" ")[1])).toEqual(["github", "hub", "argocd"]);
  });
});

describe("destroy", { timeout: 60_000 }, () => {
  const unprotect = () => {
    const file = join(folder, "fleet.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/^cloud:\n/m, "cloud:\n  deletionProtection: false\n"));
  };
  const empty = '{"items": []}';

  test("a protected hub stays", async () => {
    const { code, err } = await run(["destroy", "--yes"]);
    expect(code).toBe(1);
    expect(err).toContain("write deletionProtection: false under cloud");
    expect(cloud.calls()).toEqual([]);
  });

  test("Argo CD goes first, then the protection, then the hub", async () => {
    unprotect();
    for (const kind of ["services", "persistentvolumeclaims", "persistentvolumes"]) {
      cloud.hub.answer(`get ${kind}`, empty);
    }
    const stack = () => JSON.parse(readFileSync(join(folder, path), "utf8")) as Stack;
    const path = "dist/infra/stacks/hub/cdk.tf.json";
    await flotilla(folder, ["synth"]);
    const [id = ""] = Object.keys(stack().resource["google_container_cluster"] ?? {});
    const address = `google_container_cluster.${id}`;
    cloud.answer("hub state list", 0, `${address}\ngoogle_compute_network.vpc`);
    const { code, out } = await run(["destroy"], async (question) => {
      expect(question).toContain("Type corner-cafe to continue");
      return "corner-cafe";
    });
    expect(code).toBe(0);
    const options = "-no-color -input=false -detailed-exitcode -out=flotilla.tfplan";
    expect(steps().filter((call) => call.includes(" plan "))).toEqual([
      `terraform: argocd plan ${options} -destroy `,
      `terraform: hub plan ${options} -target=${address} `,
      `terraform: hub plan ${options} -destroy `,
    ]);
    expect(out).toContain("The hub of corner-cafe is deleted");
  });

  test("if the cluster no longer exists, Argo CD's state is forgotten", async () => {
    unprotect();
    cloud.answer(
      "get-credentials",
      1,
      "ERROR: (gcloud) ResponseError: code=404, message=Not found",
    );
    cloud.answer(
      "argocd state list",
      0,
      "data.google_container_cluster.cluster\nhelm_release.root",
    );
    expect(await run(["destroy", "--yes"])).toMatchObject({ code: 0 });
    expect(cloud.calls()).toContain("terraform: argocd state rm helm_release.root ");
    expect(cloud.calls().some((call) => call.includes("argocd plan"))).toBe(false);
  });

  test("an answer other than the fleet's name changes nothing", async () => {
    unprotect();
    for (const kind of ["services", "persistentvolumeclaims", "persistentvolumes"]) {
      cloud.hub.answer(`get ${kind}`, empty);
    }
    expect(await run(["destroy"], async () => "yes")).toMatchObject({ code: 1 });
    expect(cloud.calls().some((call) => / plan | apply | rm /.test(call))).toBe(false);
  });
});

interface Stack {
  readonly resource: Record<string, Record<string, unknown>>;
}

describe("what Kubernetes made in the cloud", () => {
  const item = (namespace: string, name: string, spec: object, status: object = {}) => ({
    metadata: { namespace, name },
    spec,
    status,
  });
  const service = item(
    "flotilla-gateway",
    "gateway-tunnel",
    { type: "LoadBalancer" },
    { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } },
  );
  const loose = item("default", "mine", { type: "LoadBalancer" });
  const claim = item("logging", "data-0", {}, { capacity: { storage: "10Gi" } });
  const csi = { volumeHandle: "projects/p/zones/z/disks/pvc-1" };
  const retained = item("", "pv-1", { persistentVolumeReclaimPolicy: "Retain", csi });

  /** A cluster in which deleted objects are gone after one wait, unless they are stuck. */
  function cluster(isStuck = false) {
    const calls: string[] = [];
    let isGone = false;
    const kubectl = async (args: readonly string[]): Promise<string> => {
      if (args[0] !== "get") {
        calls.push(args.join(" "));
        return "";
      }
      const lists: Record<string, object[]> = {
        services: [service, loose, item("argocd", "argocd-server", { type: "ClusterIP" })],
        persistentvolumeclaims: [claim],
        persistentvolumes: [retained],
      };
      const kept = args[1] === "persistentvolumes";
      return JSON.stringify({ items: isGone && !kept ? [] : (lists[args[1] ?? ""] ?? []) });
    };
    return { calls, kubectl, wait: async () => void (isGone = !isStuck) };
  }

  test("is listed", async () => {
    const { kubectl } = cluster();
    expect(await leftovers(kubectl)).toEqual([
      {
        kind: "Service",
        namespace: "flotilla-gateway",
        name: "gateway-tunnel",
        what: "load balancer at 203.0.113.7",
      },
      { kind: "Service", namespace: "default", name: "mine", what: "load balancer" },
      {
        kind: "PersistentVolumeClaim",
        namespace: "logging",
        name: "data-0",
        what: "disk of 10Gi",
      },
    ]);
    expect(await retainedDisks(kubectl)).toEqual(["projects/p/zones/z/disks/pvc-1"]);
  });

  test("is deleted with its namespace, except in the system's, and is waited for", async () => {
    const { kubectl, calls, wait } = cluster();
    await removeLeftovers(kubectl, await leftovers(kubectl), wait);
    expect(calls).toEqual([
      "delete namespace flotilla-gateway --ignore-not-found --wait=false",
      "delete namespace logging --ignore-not-found --wait=false",
      "delete Service mine --namespace=default --ignore-not-found --wait=false",
    ]);
  });

  test("what is not deleted in time is named in the error", async () => {
    const { kubectl, wait } = cluster(true);
    await expect(removeLeftovers(kubectl, await leftovers(kubectl), wait)).rejects.toThrow(
      "Service flotilla-gateway/gateway-tunnel (load balancer at 203.0.113.7)",
    );
  });
});

describe("doctor", { timeout: 60_000 }, () => {
  test("if nothing is missing, the exit code is 0, and no token is printed", async () => {
    const { code, out, err } = await run(["doctor", "--json"]);
    const { ready, checks } = JSON.parse(out) as { ready: boolean; checks: { name: string }[] };
    expect([code, ready]).toEqual([0, true]);
    expect(checks.map(({ name }) => name).slice(0, 12)).toEqual([
      "node",
      "git",
      "terraform",
      "gcloud",
      "gke-gcloud-auth-plugin",
      "kubectl",
      "helm",
      "gcloud login",
      "Terraform's login",
      "project",
      "billing",
      "APIs",
    ]);
    expect(out + err).not.toContain("ya29");
  });

  test("each missing thing is printed with the command that fixes it", async () => {
    cloud.breaks("gke-gcloud-auth-plugin");
    cloud.answer("terraform: version", 0, '{"terraform_version": "1.3.9"}');
    cloud.answer("print-access-token", 1, "could not find default credentials");
    cloud.answer("services list --enabled", 0, "serviceusage.googleapis.com");
    const quotas = [{ metric: "CPUS", limit: 8, usage: 6 }];
    cloud.answer("regions describe", 0, JSON.stringify({ quotas }));
    const { code, out, err } = await run(["doctor"]);
    expect(code).toBe(1);
    expect(err).toBe("flotilla: 4 things missing for a deployment\n");
    expect(out).toMatch(/^missing +terraform +1\.3\.9 is older than 1\.5\n +→ install it: /m);
    expect(out).toMatch(/^missing +gke-gcloud-auth-plugin .*\n +→ gcloud components install/m);
    expect(out).toMatch(
      /^missing +Terraform's login .*\n +→ gcloud auth application-default login/m,
    );
    expect(out).toMatch(/^missing +APIs .*\n +→ gcloud services enable cloudresourcemanager/m);
    expect(out).toMatch(/^advice +quota CPUS +2 free in us-east1, and a new hub needs up to 16/m);
    expect(out).toMatch(/^advice +state repository +dist\/state.git is on this machine/m);
  });

  test("if the project does not exist, nothing else in it is checked", async () => {
    cloud.answer("projects describe cornercafe-edge-hub --format=json", 1, "not found");
    const { code, out } = await run(["doctor"]);
    expect(code).toBe(1);
    expect(out).toMatch(/^missing +project .*\n +→ make it: gcloud projects create/m);
    expect(out).not.toContain("quota");
  });

  test("hooks and signatures of the user have no say in what a repository accepts", async () => {
    const remote = join(folder, "remote.git");
    spawnSync("git", ["init", "--quiet", "--bare", remote]);
    const config = join(folder, "gitconfig");
    const hooks = join(folder, "hooks");
    mkdirSync(hooks);
    writeFileSync(join(hooks, "pre-commit"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    writeFileSync(config, `[commit]\ngpgSign = true\n[core]\nhooksPath = ${hooks}\n`);
    vi.stubEnv("GIT_CONFIG_GLOBAL", config);
    onTestFinished(() => void vi.unstubAllEnvs());
    const file = join(folder, "fleet.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/^ {2}push: dist.*$/m, `  push: file://${remote}`));
    const { out } = await run(["doctor"]);
    expect(out).toMatch(/^ok +state repository +file:.*remote\.git takes a push$/m);
  });

  test("a repository that does not accept pushes is missing", async () => {
    const file = join(folder, "fleet.yaml");
    const text = readFileSync(file, "utf8").replace(
      /^ {2}url: .*$/m,
      `$&\n  push: file://${folder}/none.git`,
    );
    writeFileSync(file, text.replace(/^ {2}push: dist.*\n/m, ""));
    const { code, out } = await run(["doctor"]);
    expect(code).toBe(1);
    expect(out).toMatch(/^missing +state repository +file:.*none\.git: /m);
  });

  test("a zone is served by Google, by others, or not at all", async () => {
    const failing = (code: string) => async () => {
      throw Object.assign(new Error(code), { code });
    };
    const google = async () => ["ns-cloud-b2.googledomains.com"];
    const states = [google, async () => ["ns.other.example"], failing("ENOTFOUND")];
    const found = await Promise.all(states.map((ask) => delegationCheck("edge.example", ask)));
    expect(found.flat().map(({ state }) => state)).toEqual(["ok", "missing", "missing"]);
    expect(await delegationCheck("edge.example", failing("ETIMEOUT"))).toMatchObject([
      { state: "unknown", needed: false },
    ]);
  });
});

describe("advice on Terraform's errors", () => {
  test.each([
    ["Error: Error acquiring the state lock\n\nLock Info:\n  ID:        12ab-34", "unlock 12ab-34"],
    ["│ Error: Instance cannot be\n│ destroyed", "deletionProtection: false"],
    ["googleapi: Error 403: Compute Engine API has not been used in project 1", "two minutes"],
    ["Error 403: Required 'container.clusters.create' permission", "container.clusters.create"],
    ["Error 403: Forbidden", "You have no permission for this"],
    ["Error: Quota 'SSD_TOTAL_GB' exceeded. Limit: 500.0", "Ask Google for more"],
    ["google: could not find default credentials", "gcloud auth application-default login"],
    ["Error: Kubernetes cluster unreachable: connection refused", "does not answer"],
    ["Error: Failed to query available provider packages", "registry"],
  ])("%j", (said, advice) => {
    expect(terraformAdvice(said)).toContain(advice);
  });

  test("gives no advice on other errors", () => {
    expect(terraformAdvice("Error: something new")).toBeUndefined();
  });
});
