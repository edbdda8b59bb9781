/**
 * `flotilla deploy` and `flotilla destroy` from end to end, as a user starts them: the programs and
 * servers are those of workplace.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorkplace, workplaceMissing, type Workplace } from "./workplace.ts";

const project = "cornercafe-edge-hub";

interface Deployed {
  readonly context: string;
  readonly stacks: readonly { readonly stack: string; readonly changed: boolean }[];
  readonly bootstrap: { readonly objects: readonly { readonly change: string }[] };
  readonly outputs: Readonly<Record<string, unknown>>;
}

describe.skipIf(workplaceMissing !== undefined)(
  "the hub of a first fleet, by the real programs" +
    (workplaceMissing === undefined ? "" : ` (skipped: ${workplaceMissing})`),
  { timeout: 300_000 },
  () => {
    let place: Workplace;
    beforeAll(async () => void (place = await startWorkplace(project)), 180_000);
    afterAll(() => place?.end());

    const names = async (kind: string, ...options: string[]) =>
      (await place.api.admin(["get", kind, "-o", "name", ...options])).trim().split("\n");
    /** What is in the project but its enabled APIs. */
    const inCloud = () =>
      [...place.emulator.cloud.resources.keys()].filter(
        (path) => !path.startsWith("serviceusage/"),
      );

    test("what is missing is reported, and the command in the report fixes it", async () => {
      const refused = await place.flotilla("deploy", "--yes");
      expect(refused.err).toContain("flotilla: 1 thing missing, and nothing was changed.");
      expect(refused.code).toBe(1);
      const fix = /→ (gcloud services enable .*)$/m.exec(refused.err)?.[1] ?? "";
      expect(await place.execute(fix.split(" "))).toMatchObject({ code: 0 });
      expect(await place.flotilla("doctor")).toMatchObject({ code: 0 });
      expect(inCloud()).toEqual([`cloudresourcemanager/projects/${project}`]);
    });

    test("is deployed by one command, each part once", async () => {
      const { code, out, err } = await place.flotilla("deploy", "--yes", "--json");
      expect(err).not.toContain("Error");
      expect(code).toBe(0);
      const { context, stacks, outputs } = JSON.parse(out) as Deployed;
      expect(context).toBe(`gke_${project}_us-east1_corner-cafe-hub`);
      expect(stacks).toMatchObject([
        { stack: "hub", changed: true },
        { stack: "argocd", changed: true },
      ]);
      expect(outputs["cluster_name"]).toBe("corner-cafe-hub");
      expect(place.emulator.unknown).toEqual([]);
      expect(new Set(place.emulator.cloud.creations.values())).toEqual(new Set([1]));
      expect(await names("applications", "-n", "argocd")).toEqual(["application.argoproj.io/root"]);
      expect(await names("secrets", "-n", "argocd")).toContain("secret/hub-client-ca");
      expect(await names("secrets", "-n", "flotilla-gateway")).toEqual(["secret/gateway-keys"]);
    });

    test("a second time nothing is changed, anywhere", async () => {
      const seen = place.emulator.requests.length;
      const { code, out } = await place.flotilla("deploy", "--yes", "--json");
      expect(code).toBe(0);
      const { stacks, bootstrap } = JSON.parse(out) as Deployed;
      expect(stacks.map(({ changed }) => changed)).toEqual([false, false]);
      expect(new Set(bootstrap.objects.map(({ change }) => change))).toEqual(
        new Set(["unchanged"]),
      );
      const writing = place.emulator.requests.slice(seen).filter(isChange);
      expect(writing).toEqual([]);
    });

    test("stays where it is protected", async () => {
      const { code, err } = await place.flotilla("destroy", "--yes");
      expect(code).toBe(1);
      expect(err).toContain("write deletionProtection: false under cloud");
    });

    test("is taken down, with what Kubernetes made", async () => {
      const { api, emulator } = place;
      await api.admin(["create", "service", "loadbalancer", "tunnel", "--tcp=443", "-n=default"]);
      await api.admin(["create", "namespace", "logging"]);
      await api.admin(["apply", "-f=-"], JSON.stringify(claim));
      place.edit("cloud:\n", "cloud:\n  deletionProtection: false\n");
      const { code, out, err } = await place.flotilla("destroy", "--yes", "--json");
      expect(err).not.toContain("Error");
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        removed: [
          { kind: "Service", namespace: "default", name: "tunnel" },
          { kind: "PersistentVolumeClaim", namespace: "logging", name: "data-0" },
        ],
        keptDisks: [],
      });
      expect(await names("services", "-n", "default")).toEqual(["service/kubernetes"]);
      expect(await names("namespaces")).not.toContain("namespace/logging");
      expect(await names("applications", "-A")).toEqual([""]);
      expect(inCloud()).toEqual([`cloudresourcemanager/projects/${project}`]);
      expect(emulator.cloud.bindings()).toEqual([]);
      expect(emulator.unknown).toEqual([]);
    });

    test("where it is gone, destroy finds nothing to do", async () => {
      const seen = place.emulator.requests.length;
      const { code, err } = await place.flotilla("destroy", "--yes");
      expect(err).toContain("The cluster is already deleted");
      expect(code).toBe(0);
      const writing = place.emulator.requests.slice(seen).filter(isChange);
      expect(writing).toEqual([]);
    });

    test("cdktf deploys the same, and flotilla finds it done", async () => {
      place.linkSources();
      expect(await place.flotilla("synth")).toMatchObject({ code: 0 });
      const options = ["--auto-approve", "--skip-provider-lock"];
      const { code, out, err } = await place.execute([place.cdktf, "deploy", "*", ...options]);
      expect(code, out + err).toBe(0);
      const again = await place.flotilla("deploy", "--yes", "--json");
      expect(again.code, again.err).toBe(0);
      const { stacks } = JSON.parse(again.out) as Deployed;
      expect(stacks.map(({ changed }) => changed)).toEqual([false, false]);
    });
  },
);

/** Rights are read by POST. */
const isChange = (request: string) => !/^GET |:getIamPolicy$/.test(request);

/** Its disk is never made: there is nobody who could. */
const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data-0", namespace: "logging" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
