import fc from "fast-check";
import { load, loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { fleetFiles } from "../../edge/fleet-devices.ts";
import { imageDigests } from "../../edge/fleet-devices.ts";
import { publishingKey } from "../../fleet/keys/publishing-key.ts";
import { RootKey } from "../../fleet/keys/root-key.ts";
import { deviceSecrets, publicKeys } from "../../fleet/keys/secrets.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { kindsOf } from "../../gitops/kubernetes/kinds.ts";
import type { Manifest } from "../../gitops/kubernetes/manifests.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { parseAddons } from "../../gitops/addons/index.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../sample.ts";
import { derivedSecrets, secretSearch } from "../secret-search.ts";
import { withoutPrograms } from "./golden.ts";
import { wholeFleet, publicKeysOf, stateObjects } from "./whole-state.ts";
import type { Device } from "../../fleet/model/device.ts";
import type { PublicKeys } from "../../fleet/model/secrets.ts";

const sample = synthesizeState(sampleFleet, samplePublicKeys);

describe("the state of the sample fleet", () => {
  test("is made of these files", async () => {
    const list = [...sample.keys()].map((path) => `${path}\n`).join("");
    await expect(list).toMatchFileSnapshot("../golden/gitops/files.txt");
  });

  test.each([...sample.keys()])("%s", async (path) => {
    await expect(withoutPrograms(sample.get(path))).toMatchFileSnapshot(`../golden/gitops/${path}`);
  });

  test("has each pinned image with the digest of the lock, wherever it runs", () => {
    const { images } = wholeFleet.pins;
    const digest = `sha256:${"d".repeat(64)}`;
    const pinned = Object.fromEntries(
      Object.entries(images).map(([name, image]) => [name, `${image}@${digest}`]),
    ) as typeof images;
    const fleet = { ...wholeFleet, pins: { ...wholeFleet.pins, images: pinned } };
    const text = [...synthesizeState(fleet, publicKeysOf(fleet)).values()].join("\n");
    for (const image of Object.values(images)) {
      const found = text.split(image).length - 1;
      expect(found, image).toBeGreaterThan(0);
      expect(text.split(`${image}@${digest}`).length - 1, image).toBe(found);
    }
  });

  test("has no host without an ingress controller", () => {
    const hostsOf = (written: Readonly<Record<string, unknown>>) => {
      const platform = { ...samplePlatform, addons: parseAddons(written) };
      const tree = synthesizeState({ ...wholeFleet, platform }, publicKeysOf(wholeFleet));
      const ofHub = stateObjects(tree).filter(({ path }) => path.startsWith("hub/"));
      const values = load(tree.get("hub/argocd/values.yaml") ?? "") as { server: object };
      const isArgoCdShown = "ingress" in values.server;
      return [ofHub.filter(({ kind }) => kind === "Ingress").length, isArgoCdShown];
    };
    expect(hostsOf({})).toEqual([5, true]);
    expect(hostsOf({ "nginx-ingress": { enabled: false } })).toEqual([0, false]);
  });

  test("is the same every time", () => {
    expect([...synthesizeState(sampleFleet, samplePublicKeys)]).toEqual([...sample]);
  });

  test("contains nothing private that is derived from its root key", () => {
    const keyBytes = Uint8Array.from({ length: 32 }, (_, index) => 200 - index);
    const key = new RootKey(keyBytes);
    const find = secretSearch(derivedSecrets(sampleFleet, keyBytes));
    const keys = publicKeys(sampleFleet, key);
    const digests = imageDigests(sampleFleet, publishingKey(sampleFleet.name, key));
    expect(find(synthesizeState(sampleFleet, keys, digests))).toEqual([]);

    // The same search finds derived secrets in a device's files.
    const secretsOf = (device: Device) => deviceSecrets(sampleFleet, device, key);
    const files = [...fleetFiles(sampleFleet, secretsOf)];
    expect(find(files.map(({ path, text }) => [path, text]))).toContain(
      "store-01/device.bu: k3s-token store-01 2",
    );
  });

  test("contains nothing that looks like a credential", () => {
    const text = [...sample.values()].join("");
    // The script of the hub's identity names clientKeyData, and has none.
    expect(text).not.toMatch(/PRIVATE KEY|password|bearerToken|\bcertData|\bkeyData|insecure/i);
  });

  test("pins every image", () => {
    const images = [...sample.values()].flatMap((text) =>
      [...text.matchAll(/^\s*(?:- )?image: (.*)$/gm)].map(([, image]) => image),
    );
    expect(images).toHaveLength(11);
    for (const image of images) expect(image).toMatch(/^[a-z.]+\/[a-z-]+\/[a-z-]+:v?\d[\w.-]*$/);
  });
});

describe("what Argo CD may see and do on devices", () => {
  const edge = documents(sample, "edge/");
  const kinds = kindsOf(edge);

  test("is every kind in a workload, and the kinds that come from it", () => {
    expect(kinds.map(({ group, kind }) => `${group}/${kind}`)).toEqual([
      "/Namespace",
      "/PersistentVolumeClaim",
      "/Pod",
      "/Service",
      "apps/DaemonSet",
      "apps/Deployment",
      "apps/ReplicaSet",
      "networking.k8s.io/Ingress",
      "networking.k8s.io/NetworkPolicy",
    ]);
  });

  test("is limited to the namespace that the ApplicationSet of its workload names", () => {
    for (const [path, text] of sample) {
      const [top, workload] = path.split("/");
      if (top !== "edge") continue;
      const { kind, metadata } = load(text) as Manifest;
      expect(kind === "Namespace" ? metadata.name : metadata.namespace).toBe(workload);
    }
  });
});

describe("a fleet that cannot be rendered", () => {
  test("names the workload that has no construct", () => {
    const workloads = [{ ...sampleFleet.workloads[0]!, name: "stock-taking" }];
    expect(() => synthesizeState({ ...sampleFleet, workloads }, samplePublicKeys)).toThrow(
      "no construct for the workload stock-taking",
    );
  });

  test("names the device that has no public key", () => {
    const keys = { ...samplePublicKeys, devices: new Map() };
    expect(() => synthesizeState(sampleFleet, keys)).toThrow(
      "no public key for the device kiosk-01",
    );
  });
});

/** Random fleets: any devices, with what the sample has for everything else. */
const devices: fc.Arbitrary<readonly Device[]> = fc
  .uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[0-9]{1,4})?$/),
      // The host is in the first slice: the first device of another slice adds a gateway.
      host: fc.integer({ min: 2, max: 2_047 }),
      ring: fc.constantFrom(...sampleFleet.rings),
      connectivity: fc.constantFrom("gateway", "direct"),
      labels: fc.dictionary(fc.constantFrom("role", "lane", "yes"), fc.constantFrom("till", "on")),
    }),
    { minLength: 1, maxLength: 12, selector: (device) => device.name },
  )
  .map((drafts) =>
    drafts
      .map(({ host, ...draft }): Device => ({
        ...sampleFleet.devices[0]!,
        ...draft,
        address: `100.64.${host >> 8}.${host & 255}`,
        serverName: `${draft.name}.harbor.internal`,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );

function synthesize(fleetDevices: readonly Device[]): Tree {
  const fleet: Fleet = { ...sampleFleet, devices: fleetDevices };
  const behindGateway = fleetDevices.filter((device) => device.connectivity === "gateway");
  const keys: PublicKeys = {
    ...samplePublicKeys,
    devices: new Map(behindGateway.map(({ name }) => [name, Buffer.from(name).toString("base64")])),
  };
  return synthesizeState(fleet, keys);
}

describe("adding or removing one device", () => {
  test("changes its registration, and the peers if it dials in; nothing else", () => {
    fc.assert(
      fc.property(devices, fc.nat(), (all, seed) => {
        const device = all[seed % all.length]!;
        const without = synthesize(all.filter((other) => other !== device));
        const whole = synthesize(all);
        const changed = [...whole].filter(([path, text]) => without.get(path) !== text);
        expect(changed.map(([path]) => path)).toEqual([
          `hub/fleet/clusters/${device.name}.yaml`,
          ...(device.connectivity === "gateway" ? ["hub/gateway/gateway-peers.yaml"] : []),
        ]);
        expect(without.size).toBe(whole.size - 1);
      }),
      { seed: 7, numRuns: 40 },
    );
  });

  test("adds one section to the peers, which are in the order of their names", () => {
    fc.assert(
      fc.property(devices, (all) => {
        const [peers] = documents(synthesize(all), "hub/gateway/gateway-peers.yaml");
        const text = (peers as Manifest & { data: Record<string, string> }).data["peers.conf"]!;
        expect(text.match(/^# .*$/gm) ?? []).toEqual(
          all.filter((d) => d.connectivity === "gateway").map((d) => `# ${d.name}`),
        );
      }),
      { seed: 7, numRuns: 40 },
    );
  });
});

describe("a promotion", () => {
  test("changes one line of one file of the ring", () => {
    const workloads = sampleFleet.workloads.map((workload) =>
      workload.name === "point-of-sale"
        ? { ...workload, versions: new Map(workload.versions).set("early", "6.9.2") }
        : workload,
    );
    const after = synthesizeState({ ...sampleFleet, workloads }, samplePublicKeys);
    const changed = [...after].filter(([path, text]) => sample.get(path) !== text);
    expect(changed.map(([path]) => path)).toEqual([
      "edge/point-of-sale/early/deployment-point-of-sale.yaml",
    ]);
    const [path, text] = changed[0]!;
    const before = new Set(sample.get(path)?.split("\n"));
    expect(text.split("\n").filter((line) => !before.has(line))).toEqual([
      "          image: ghcr.io/stefanprodan/podinfo:6.9.2",
    ]);
  });
});

function documents(tree: Tree, prefix: string): readonly Manifest[] {
  return [...tree]
    .filter(([path]) => path.startsWith(prefix))
    .flatMap(([, text]) => loadAll(text) as Manifest[]);
}

describe("where commits are signed", () => {
  const key = {
    fingerprint: "87F42FA0523530CCA14B20BF1B841BCA264B0B3D",
    signing: [
      "87F42FA0523530CCA14B20BF1B841BCA264B0B3D",
      "24266E977BDA87FD24951F985FC0C87B2C2187F8",
    ],
    text: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
  };
  const { url } = wholeFleet.repository;
  const unsigned = {
    ...wholeFleet,
    // Refused together with signatures.
    workloads: wholeFleet.workloads.filter(({ chart }) => chart === undefined),
  };
  const signed: Fleet = {
    ...unsigned,
    repository: { ...wholeFleet.repository, signing: { keys: [key] } },
  };

  interface Source {
    readonly repoURL: string;
    readonly chart?: string;
  }
  const made = new Map<Fleet, readonly any[]>();
  const objectsOf = (fleet: Fleet): readonly any[] => {
    const tree = new Map(synthesizeState(fleet, publicKeysOf(fleet)));
    // What is applied by hand is also in Git.
    expect(tree.get("root.yaml")).toBe(tree.get("hub/argocd/root.yaml"));
    tree.delete("root.yaml");
    const objects = made.get(fleet) ?? stateObjects(tree);
    made.set(fleet, objects);
    return objects;
  };
  const specs = (fleet: Fleet) =>
    objectsOf(fleet).flatMap(({ kind, metadata, spec }) => {
      if (kind === "Application") return [{ name: metadata.name as string, ...spec }];
      if (kind === "ApplicationSet") return [{ name: metadata.name, ...spec.template.spec }];
      return [];
    });
  const sourcesOf = (spec: any): readonly Source[] => spec.sources ?? [spec.source];
  const projectsOf = (fleet: Fleet) =>
    new Map<string, any>(
      objectsOf(fleet)
        .filter(({ kind }) => kind === "AppProject")
        .map(({ metadata, spec }) => [metadata.name, spec]),
    );
  const named = (project: string) => (project.startsWith("{{") ? "fleet" : project);

  test("each project that may read the state repository accepts only signed commits", () => {
    for (const [name, spec] of projectsOf(signed)) {
      const reads = spec.sourceRepos.includes(url);
      const keys = key.signing.map((keyID) => ({ keyID }));
      expect([name, spec.signatureKeys]).toEqual([name, reads ? keys : undefined]);
    }
    expect(projectsOf(signed).get("hub").sourceRepos).not.toContain(url);
    // Argo CD 3.4 refuses an Application there that has a source without a signature, and does not look
    // at a source that is only read for values.
    for (const spec of specs(signed)) {
      const sources = sourcesOf(spec);
      const verified = projectsOf(signed).get(named(spec.project)).signatureKeys !== undefined;
      expect(sources, spec.name).toHaveLength(1);
      expect(sources[0]?.repoURL === url, spec.name).toBe(verified);
      expect(sources[0], spec.name).not.toHaveProperty("ref");
    }
  });

  test("each Application has an existing project, and `default` allows nothing", () => {
    for (const fleet of [signed, unsigned]) {
      const { default: nothing, ...projects } = Object.fromEntries(projectsOf(fleet));
      const { description: _, ...rights } = nothing;
      expect(Object.values(rights)).toEqual([[], [], [], []]);
      for (const { name, project } of specs(fleet)) {
        expect(Object.keys(projects), name).toContain(named(project));
      }
    }
  });

  test("everything in the repository is still read by one Application, which has the rights for it", () => {
    const paths = (fleet: Fleet) =>
      specs(fleet)
        .flatMap((spec) => sourcesOf(spec))
        .flatMap((source: any) => source.path ?? [])
        .toSorted();
    expect(paths(signed)).toEqual(paths(unsigned));
    const names = specs(signed).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const { "hub-objects": objects, hub } = Object.fromEntries(projectsOf(signed));
    expect(objects.destinations).toEqual(hub.destinations);
    // What a hub had before stays until its new Application has it.
    const pruning = (name: string) =>
      specs(signed).find((spec) => spec.name === name).syncPolicy.automated.prune;
    expect([pruning("elasticsearch"), pruning("elasticsearch-objects")]).toEqual([false, true]);
    expect(pruning("nginx-ingress")).toBe(true);
  });

  test("Argo CD has the keys in its ring", () => {
    const values = load(
      synthesizeState(signed, publicKeysOf(signed)).get("hub/argocd/values.yaml") ?? "",
    ) as any;
    expect(values.configs.gpg.keys).toEqual({ "1B841BCA264B0B3D": key.text });
    const argocd = specs(signed).find(({ name }) => name === "argocd");
    expect(argocd.source.helm.valuesObject).toEqual(values);
  });
});
