/** What holds a destroy back: nothing goes while something that costs, or isn't ours, is in doubt. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { leftovers, removeLeftovers } from "../../../../cli/hub/deploy/leftovers.ts";
import { gke, paths } from "../bootstrap/bootstrap-workplace.ts";
import { flotilla } from "../../command-line.ts";
import { fakeCloud, type FakeCloud } from "./fake-cloud.ts";
import { temporaryFolder } from "../../temporary.ts";

describe("destroy", { timeout: 60_000 }, () => {
  let folder: string;
  let cloud: FakeCloud;
  const run = () => flotilla(folder, ["destroy", "--yes"], cloud.environment);
  /** What takes something away. */
  const steps = () =>
    cloud.calls().filter((call) => /^terraform: \w+ (plan|apply|state rm)/.test(call));

  beforeEach(async () => {
    folder = temporaryFolder();
    cloud = fakeCloud(gke);
    await flotilla(folder, ["init"]);
    await flotilla(folder, ["keygen"]);
    const file = join(folder, "fleet.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/^cloud:\n/m, "cloud:\n  deletionProtection: false\n"));
    for (const kind of ["services", "persistentvolumeclaims", "persistentvolumes"]) {
      cloud.hub.answer(`get ${kind}`, '{"items": []}');
    }
  });

  test("a cluster that can't be reached is not taken for one that is gone", async () => {
    const said = "ERROR: (gcloud) ResponseError: code=403, message=Required permission";
    cloud.answer("get-credentials", 1, said);
    const { code, err } = await run();
    expect(code).toBe(1);
    expect(err).toContain(`failed: ${said}`);
    expect(steps()).toEqual([]);
  });

  test("another fleet's hub stays", async () => {
    cloud.hub.put(paths.mark, { data: { fleet: "other", keyId: "0123456789abcdef" } });
    const { code, err } = await run();
    expect(code).toBe(1);
    expect(err).toContain("is the hub of the fleet other");
    expect(steps()).toEqual([]);
  });

  test("disks that stay are listed, with the command that deletes them", async () => {
    const spec = {
      persistentVolumeReclaimPolicy: "Retain",
      csi: { volumeHandle: "zones/z/pvc-1" },
    };
    const items = [{ metadata: { name: "pv-1" }, spec }];
    cloud.hub.answer("get persistentvolumes", JSON.stringify({ items }));
    const { code, out } = await run();
    expect(code).toBe(0);
    expect(out).toContain("  gcloud compute disks delete zones/z/pvc-1 # check it first\n");
  });
});

describe("what Kubernetes made in the cloud", () => {
  const service = (namespace: string) => ({
    metadata: { namespace, name: "web" },
    spec: { type: "LoadBalancer" },
  });

  test.each(["kube-system", "gke-managed-system", "gmp-public", "default"])(
    "the namespace %s stays when a load balancer in it goes",
    async (namespace) => {
      const calls: string[] = [];
      let items = [service(namespace)];
      const kubectl = async (args: readonly string[]) => {
        if (args[0] === "delete") {
          calls.push(args.join(" "));
          items = [];
        }
        return JSON.stringify({ items: args[1] === "services" ? items : [] });
      };
      await removeLeftovers(kubectl, await leftovers(kubectl), async () => {});
      expect(calls).toEqual([
        `delete Service web --namespace=${namespace} --ignore-not-found --wait=false`,
      ]);
    },
  );

  test("the disk of a claim that is gone is waited for", async () => {
    let looks = 0;
    const spec = { persistentVolumeReclaimPolicy: "Delete" };
    const volume = { metadata: { name: "pv-1" }, spec };
    const kubectl = async (args: readonly string[]) => {
      const isThere = args[1] === "persistentvolumes" && looks < 3;
      return JSON.stringify({ items: isThere ? [volume] : [] });
    };
    const claim = {
      kind: "PersistentVolumeClaim",
      namespace: "logging",
      name: "data-0",
      what: "disk",
    } as const;
    await removeLeftovers(kubectl, [claim], async () => void (looks += 1));
    expect(looks).toBe(3);
  });
});
