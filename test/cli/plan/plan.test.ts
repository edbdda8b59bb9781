import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { deflateRawSync } from "node:zlib";
import { terraformText } from "./terraform.ts";
import { emptyLock, formatLock, withPins } from "../../../fleet/lock/lock.ts";
import { editedWorkplace, fleetText, workplace } from "./workplace.ts";
import { git, isolateGit, pushFile } from "../publish/state-repository.ts";

isolateGit();

const text = (tip: string) => `Plan for harbor: state.git, branch main at ${tip.slice(0, 12)}

Devices: 1 removed, 1 added, 1 to be reinstalled, 2 with other settings, 6 with another workload, 2 unchanged
  + kiosk-1
      boston, canary; gets point-of-sale, telemetry; new image
  ~ store-04
      mobile, stable; generation 1 → 2; reinstall required
  ~ store-05
      mobile, early; ring stable → early; runs point-of-sale, telemetry as in early; image changed
  ~ store-06
      mobile, stable; label role till → kiosk; loses point-of-sale, whose objects stay; image unchanged
  - store-12
      mobile, stable

Workloads on devices
  ~ telemetry in stable: 8 devices
      on store-03, store-04, store-{06..11}
      DaemonSet telemetry
        spec.template.spec.containers[node-exporter].image  quay.io/prometheus/node-exporter:v1.9.0 → v1.9.1

Hub
  ~ gateway
      peers +1, −1, 1 with another key or address
`;

describe("plan", () => {
  test("says what changes, by meaning, and changes nothing", async () => {
    const { folder, run } = await editedWorkplace();
    const tip = git(join(folder, "state.git"), "rev-parse", "main");
    const lock = readdirSync(folder).toSorted();
    const { code, out } = await run(["plan"]);
    expect(code).toBe(0);
    const [start = ""] = out.split("\nSize of the hub");
    expect(start).toBe(text(tip));
    expect(out).toContain("  reinstall required (1): store-04\n");
    expect(out).toContain("  The other 9 images do not change.\n");
    expect(out.trimEnd().split("\n").at(-1)).toBe(
      "1 device removed, 1 device added, 1 device to be reinstalled, 2 devices with other settings, " +
        "6 devices with another workload, 2 devices unchanged, 1 rollout, 1 part of the hub. " +
        "Workloads change on 10 devices; 3 images to make.",
    );
    expect(git(join(folder, "state.git"), "rev-parse", "main")).toBe(tip);
    expect(readdirSync(folder).toSorted()).toEqual(lock);
  });

  test("shows everything as new without a repository, and does not create one", async () => {
    const { folder, run } = workplace();
    const { code, out } = await run(["plan", "--json"]);
    expect(code).toBe(0);
    const plan = JSON.parse(out);
    expect(plan).toMatchObject({ tip: null, repository: "state.git", branch: "main" });
    expect(plan.summary).toMatchObject({
      changes: true,
      devices: { added: 12, changed: 0, removed: 0, unchanged: 0 },
      images: { new: 12, same: 0 },
    });
    expect(plan.hub.every((part: { change: string }) => part.change === "added")).toBe(true);
    expect(readdirSync(folder)).toEqual(["fleet.yaml"]);
  });

  test("says that nothing changes", async () => {
    const { run } = await editedWorkplace(fleetText, fleetText);
    const { code, out } = await run(["plan", "--exit-code"]);
    expect(code).toBe(0);
    expect(out).toMatch(/\nPublishing changes nothing\.\n$/);
  });

  test("exits with 3 for changes if it is asked to", async () => {
    const { run } = await editedWorkplace();
    expect((await run(["plan", "--exit-code"])).code).toBe(3);
    expect((await run(["plan"])).code).toBe(0);
  });

  test("JSON has every device, object and field", async () => {
    const { run } = await editedWorkplace();
    const plan = JSON.parse((await run(["plan", "--json"])).out);
    expect(plan.devices.find((each: { device: string }) => each.device === "store-06")).toEqual({
      device: "store-06",
      change: "changed",
      site: "mobile",
      ring: "stable",
      fields: [{ path: "labels.role", before: "till", after: "kiosk" }],
      image: "same",
      workloads: { gained: [], lost: ["point-of-sale"], moved: [] },
    });
    expect(plan.rollouts).toHaveLength(1);
    // Not store-05, which moves to another ring, nor store-12, which is removed.
    expect(plan.rollouts[0].devices).toEqual([
      "store-03",
      "store-04",
      "store-06",
      "store-07",
      "store-08",
      "store-09",
      "store-10",
      "store-11",
    ]);
    expect(plan.hub).toEqual([
      {
        name: "gateway",
        change: "changed",
        chart: null,
        values: [],
        objects: [],
        peers: { added: ["kiosk-1"], changed: ["store-04"], removed: ["store-12"] },
      },
    ]);
    expect(plan.files.changed).toContain("edge/telemetry/stable/daemonset-telemetry.yaml");
  });

  test("a chart's version and its values are listed separately", async () => {
    const { read, write, run } = await editedWorkplace(fleetText, fleetText);
    const lock = read("fleet.lock.yaml");
    write("fleet.lock.yaml", lock.replace(/(cert-manager:\n.*\n\s+version: )\S+/, "$1v9.9.9"));
    const { out } = await run(["plan"]);
    expect(out).toMatch(/Hub\n {2}~ cert-manager\n {6}chart v[\d.]+ → v9\.9\.9\n\n/);
  });

  test("a removed workload, and a changed value of Argo CD", async () => {
    const after = fleetText
      .replace(/ {2}telemetry:\n.*\n/, "")
      .replace("edge.harbor", "far.harbor");
    const { run } = await editedWorkplace(fleetText, after);
    const { out } = await run(["plan"]);
    expect(out).toContain(
      "  - telemetry in canary: 2 devices\n      on store-01, store-02\n" +
        "      What it deployed stays on store-01, store-02. To remove it there after the publish: flotilla " +
        "kubeconfig DEVICE -- kubectl delete namespace telemetry\n      DaemonSet telemetry\n",
    );
    expect(out).toContain(
      "        global.domain  argocd.edge.harbor.example → argocd.far.harbor.example\n",
    );
  });

  test("a K3s upgrade says which devices restart for it, and from what", async () => {
    const k3s = (stable: string) =>
      `${fleetText}k3s: { versions: { canary: v1.36.5+k3s1, early: v1.36.5+k3s1, stable: ${stable} } }\n`;
    const empty = emptyLock("harbor", "100.64.0.0/16");
    const hashes = { x86_64: "1".repeat(64), aarch64: "2".repeat(64) };
    const upgrades = { "v1.36.5+k3s1": { binary: hashes } };
    const lock = formatLock(withPins(empty, { k3s: { ...empty.pins.k3s, upgrades } }));
    const { run } = await editedWorkplace(k3s("v1.36.4+k3s1"), k3s("v1.36.5+k3s1"), lock);
    const { out } = await run(["plan"]);
    expect(out).toContain("Devices: 10 with another K3s, 2 unchanged\n");
    expect(out).toContain(
      "K3s restarts, inside the maintenance windows\n" +
        "  v1.36.4+k3s1 → v1.36.5+k3s1: 10 devices\n      store-{03..12}\n",
    );
    expect(out).toMatch(/system-upgrade in stable at \S+: 10 devices\n {6}on store-\{03\.\.12\}\n/);
    expect(out).not.toMatch(/Hub\n/);
    expect(out.trimEnd().split("\n").at(-1)).toMatch(
      /^10 devices with another K3s, 2 devices unchanged, 1 rollout\. K3s restarts on 10 devices\./,
    );
  });

  test("a secret says what it changes, and where", async () => {
    const platform = `${fleetText}platform: { email: ops@harbor.example, login: { github: { organization: harbor, administrators: ops } } }\n`;
    const secret = platform.replace(
      "selector: { role: till }",
      "selector: { role: till }\n    secrets: [{ name: till-api, from: till-api }]",
    );
    const { run } = await editedWorkplace(platform, secret);
    const { out } = await run(["plan"]);
    expect(out).toContain("ConfigMap fleet-secrets/store-01 + new");
    expect(out).toMatch(/\+ ExternalSecret \S*till-api|ExternalSecret \S*till-api/);
    expect(out).toContain("fleet-secrets");
    expect(out).not.toMatch(/\n {6}\S+, \S+; image unchanged\n/);
  });

  test("exits with 3 where only the list of files differs, since that is a commit", async () => {
    const { folder, run } = await editedWorkplace(fleetText, fleetText);
    const repository = join(folder, "state.git");
    const list = git(repository, "show", "main:.flotilla-files");
    pushFile(repository, ".flotilla-files", `${list}\n# by hand\n`);
    const { code, out } = await run(["plan", "--exit-code"]);
    expect([code, out.includes("Publishing changes nothing")]).toEqual([3, false]);
    await run(["publish"]);
    expect((await run(["plan", "--exit-code"])).code).toBe(0);
  });

  test("refuses what a publish would refuse, and reports what was broken by hand", async () => {
    const { folder, run } = await editedWorkplace(fleetText, fleetText);
    const repository = join(folder, "state.git");
    pushFile(repository, "hub/fleet/clusters/store-03.yaml", "kind: Secret\nstringData: [\n");
    const { code, out } = await run(["plan"]);
    expect(code).toBe(0);
    expect(out).toContain("registration changed (not shown)");
    pushFile(repository, ".flotilla-files", "# nothing\n");
    const refused = await run(["plan"]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("contains files that Flotilla did not write");
  });
});

describe("on a terminal", () => {
  const terminal = (columns: number) =>
    ({ stream: Object.assign(new Writable(), { isTTY: true, columns }) }) as const;

  test("no line is longer than it is wide, and nothing is left out", async () => {
    const { run } = await editedWorkplace();
    const plain = (await run(["plan"])).out;
    const { out } = await run(["plan"], terminal(50));
    // eslint-disable-next-line no-control-regex
    const lines = out.replaceAll(/\u001b\[[\d;]*m/g, "").split("\n");
    expect(lines.filter((line) => line.length > 50)).toEqual([]);
    const letters = (all: string) => all.replaceAll(/\s/g, "");
    expect(letters(lines.join(""))).toBe(letters(plain));
  });

  test("colours are used only on a terminal", async () => {
    const { run } = await editedWorkplace();
    expect((await run(["plan"], terminal(200))).out).toContain("\u001b[32m+ kiosk-1\u001b[0m");
    expect((await run(["plan"])).out).not.toContain("\u001b");
  });
});

describe("--terraform-plan", () => {
  test("what is replaced or destroyed comes first and is emphasized; values are not shown", async () => {
    const { write, run } = await editedWorkplace(fleetText, fleetText);
    write("hub.json", terraformText);
    const { out } = await run(["plan", "--terraform-plan", "hub.json"]);
    expect(out).toContain(`Terraform (hub.json)
  google_container_node_pool.pool REPLACED: node_config.0.machine_type
  google_compute_address.old DESTROYED
  google_dns_record_set.page["grafana"] created
  google_container_cluster.hub changed in place: endpoint, password
  outputs: gateway
`);
    expect(out).not.toMatch(/(old|new)-secret/);
    expect((await run(["plan", "--exit-code", "--terraform-plan", "hub.json"])).code).toBe(3);
  });

  test.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${terraformText}`)],
    ["UTF-16", Buffer.from(`\ufeff${terraformText}`, "utf16le")],
  ])("reads %s, as shells of Windows write it", async (_, content) => {
    const { write, run } = workplace();
    write("plan.json", content);
    const { code, out } = await run(["plan", "--terraform-plan", "plan.json"]);
    expect([code, out]).toEqual([
      0,
      expect.stringContaining("google_compute_address.old DESTROYED"),
    ]);
  });

  const saved = Buffer.concat([Buffer.from("PK\u0003\u0004"), deflateRawSync("tfplan")]);
  test.each([
    ["a saved plan", saved, "this is a saved plan in Terraform's binary format"],
    ["no JSON", "Terraform will perform", "this is not valid JSON"],
    ["other JSON", '{"resources": []}', "this is not a Terraform plan as JSON"],
    ["half a plan", terraformText.replace("{", '{"errored":true,'), "Terraform reported errors"],
  ])("refuses %s", async (_, content, message) => {
    const { write, run } = workplace();
    write("plan.json", content);
    const { code, err } = await run(["plan", "--terraform-plan", "plan.json"]);
    expect(code).toBe(1);
    expect(err).toContain(`plan.json: ${message}`);
  });
});

test("--html writes a page that is the same every time, and contains no foreign markup", async () => {
  const { folder, write, read, run } = await editedWorkplace();
  write(
    "hub.json",
    terraformText.replace("compute_network.hub", "<b>hub</b>").replace("no-op", "update"),
  );
  const args = ["plan", "--html", "plan.html", "--terraform-plan", "hub.json"];
  expect((await run(args)).err).toContain("Wrote plan.html");
  const page = read("plan.html");
  expect(page).toContain("google_&lt;b&gt;hub&lt;/b&gt;");
  expect(page).not.toMatch(/<script|<b>|https?:\/\/|style=/);
  await run(args);
  expect(read("plan.html")).toBe(page);
  expect(existsSync(join(folder, "dist", "edge"))).toBe(false);
});
