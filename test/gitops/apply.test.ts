/**
 * The whole state, applied server-side to real API servers as Argo CD does it: nothing is refused,
 * no other owner of a field is in the way, and a second time changes nothing.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../fleet/model/device.ts";
import { formatRootKey, parseRootKey } from "../../fleet/keys/root-key.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../cli/hub/api-server.ts";
import { peerPath } from "../peers/peers.ts";
import { samplePublicKeys } from "../sample.ts";
import { applyDefinitions } from "./definitions.ts";
import { isUnproven, stateObjects, title, wholeFleet, type StateObject } from "./whole-state.ts";

const definitions = [
  "argo-cd-crds-3.6.1",
  "cert-manager-crds-1.21.1",
  "prometheus-operator-crds-0.85.0",
  "external-secrets-crds-1.3.2",
  "eck-crds-3.5.0",
].map(peerPath);
const isReady = hasApiServer && definitions.every((path) => path !== undefined);
const why = isReady
  ? ""
  : " (SKIPPED: no control plane or no definitions; run test/peers/build.sh test e2e)";

const objects = stateObjects(synthesizeState(wholeFleet, samplePublicKeys)).filter(
  (object) => !isUnproven(object),
);
const edge = objects.filter(({ path }) => path.startsWith("edge/"));
const hub = objects.filter(({ path }) => !path.startsWith("edge/"));

/** The rendering of the device's ring and site in each folder under `edge/`, else that of its ring. */
function edgeObjects({ ring, site }: Device): readonly StateObject[] {
  const byRendering = new Map<string, StateObject[]>();
  for (const object of edge) {
    const [, workload = "", rendering = ""] = object.path.split("/");
    const key = `${workload}/${rendering}`;
    byRendering.set(key, [...(byRendering.get(key) ?? []), object]);
  }
  const names = new Set(edge.map(({ path }) => path.split("/")[1] ?? ""));
  return [...names].flatMap((name) => {
    // Those of K3s' upgrades are by calendar, and alike.
    const any = [...byRendering.keys()].find((key) => key.startsWith(`${name}/${ring}@`));
    const keys = [`${name}/${ring}@${site.name}`, `${name}/${ring}`, any ?? ""];
    return keys.map((key) => byRendering.get(key)).find((found) => found !== undefined) ?? [];
  });
}

describe.skipIf(!isReady)(`a real API server${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "apply-"));
  const started: ApiServer[] = [];

  async function start(name: string): Promise<ApiServer> {
    const key = parseRootKey(formatRootKey(new Uint8Array(32).fill(7)));
    const [device] = wholeFleet.devices;
    if (key === undefined || device === undefined) throw new Error("no key or no device");
    mkdirSync(join(folder, name));
    const server = await startApiServer(join(folder, name), wholeFleet, device, key);
    started.push(server);
    return server;
  }

  afterAll(async () => {
    for (const server of started) await server.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  describe("as the hub", () => {
    let server: ApiServer;

    beforeAll(async () => {
      server = await start("hub");
      await applyDefinitions(
        server,
        definitions.flatMap((path) => path ?? []),
      );
      // As `flotilla bootstrap` does.
      await server.admin(["create", "namespace", "argocd"]);
    }, 300_000);

    test("takes everything once, and then has nothing to change", async () => {
      expect(hub.length).toBeGreaterThan(80);
      await expectSettled(server, hub);
    }, 300_000);
  });

  describe("as a device", () => {
    let server: ApiServer;

    beforeAll(async () => {
      server = await start("device");
    }, 180_000);

    // The same server: each device's objects have to be a change of those before, as in a promotion.
    test.each(wholeFleet.devices)(
      "takes everything that is for $name",
      async (device) => {
        const own = edgeObjects(device);
        expect(own.length).toBeGreaterThan(10);
        await expectSettled(server, own);
      },
      180_000,
    );
  });

  async function expectSettled(server: ApiServer, all: readonly StateObject[]): Promise<void> {
    const first = await applied(server, all);
    const second = await applied(server, all);
    const changed = all.filter((object, index) => {
      const [before, after] = [first[index], second[index]];
      if (object.kind !== "PersistentVolumeClaim") return version(before) !== version(after);
      // Kubernetes stores the default of any claim's status at the second write: a new version of
      // the same content, once.
      return withoutVersion(before) !== withoutVersion(after);
    });
    expect(changed.map(title)).toEqual([]);
  }

  /** What the server made of each, in their order. */
  async function applied(server: ApiServer, all: readonly StateObject[]): Promise<Answer[]> {
    const inOrder = all.toSorted((a, b) => Number(isNamespace(b)) - Number(isNamespace(a)));
    const items = inOrder.map((object) => ({ ...object, path: undefined }));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const options = ["--show-managed-fields", "-o", "json", "-f", "-"];
    const { items: answers } = JSON.parse(await server.admin([...apply, ...options], list)) as {
      readonly items: Answer[];
    };
    expect(answers).toHaveLength(all.length);
    const byObject = new Map(inOrder.map((object, index) => [object, answers[index]]));
    return all.flatMap((object) => byObject.get(object) ?? []);
  }
});

interface Answer {
  readonly metadata: { readonly resourceVersion: string };
}

function isNamespace({ kind }: StateObject): boolean {
  return kind === "Namespace";
}

function version(answer: Answer | undefined): string | undefined {
  return answer?.metadata.resourceVersion;
}

function withoutVersion(answer: Answer | undefined): string {
  return JSON.stringify({ ...answer, metadata: { ...answer?.metadata, resourceVersion: "" } });
}

/** As Argo CD, and without its `--force-conflicts`. */
const apply = ["apply", "--server-side", "--field-manager=argocd-controller"];
