/** What bootstrap makes, when it refuses to, and that it never shows a secret. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BootstrapReport } from "../../../../cli/hub/bootstrap/bootstrap.ts";
import { gatewayPrivateKey } from "../../../../fleet/keys/wireguard.ts";
import {
  decoded,
  fleetOf,
  gke,
  keyOf,
  paths,
  workplace,
  type Workplace,
} from "./bootstrap-workplace.ts";
import { flotilla } from "../../command-line.ts";
import { keyId } from "../../../../fleet/keys/root-key.ts";

describe("a fresh hub", () => {
  test("gets its namespaces, the mark and its secrets; the second run changes nothing", async () => {
    const { folder, hub, run } = await workplace();
    const first = await run();
    expect(first).toMatchObject({
      code: 0,
      out: `placed   Namespace   argocd
placed   Namespace   flotilla-gateway
placed   ConfigMap   argocd/flotilla-fleet
placed   Secret      argocd/hub-client-ca
placed   Secret      flotilla-gateway/gateway-keys
`,
    });
    expect(first.err).toContain("Argo CD reads https://git.cornercafe.example/fleet-state.git");
    expect(first.err).toContain(`kubectl --context ${gke} apply --filename dist/gitops/root.yaml`);
    const writes = hub.calls().filter(({ input }) => input !== "").length;
    expect(writes).toBe(5);

    const again = await run();
    expect(again.out.match(/^unchanged/gm)).toHaveLength(5);
    expect(hub.calls().filter(({ input }) => input !== "")).toHaveLength(writes);
    expect(again.code).toBe(0);

    const fleet = fleetOf(folder);
    const key = keyOf(folder);
    expect(hub.object(paths.mark)?.data).toEqual({
      fleet: "corner-cafe",
      keyId: keyId("corner-cafe", key),
    });
    expect(decoded(hub, paths.gateways)).toEqual({ gateway: gatewayPrivateKey(fleet, 1, key) });
    const { "tls.crt": certificate = "", "tls.key": privateKey = "" } = decoded(
      hub,
      paths.authority,
    );
    const authority = new X509Certificate(certificate);
    expect(authority.ca).toBe(true);
    expect(authority.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
    expect(hub.object(paths.authority)?.type).toBe("kubernetes.io/tls");
  });

  test("is not changed with --dry-run", async () => {
    const { folder, hub, run } = await workplace();
    rmSync(join(folder, "fleet.lock.yaml"));
    const { code, out, err } = await run("--dry-run");
    expect(code).toBe(0);
    expect(out.match(/^to be placed {3}/gm)).toHaveLength(5);
    expect(err).toContain("Nothing was written (--dry-run).");
    expect(hub.calls().filter(({ input }) => input !== "")).toEqual([]);
    expect(() => readFileSync(join(folder, "fleet.lock.yaml"))).toThrow("ENOENT");
  });

  test("as JSON, and while Argo CD runs", async () => {
    const { hub, run } = await workplace();
    hub.put("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/root", { metadata: {} });
    const { out, err } = await run("--json");
    const report = JSON.parse(out) as BootstrapReport;
    expect(report).toMatchObject({
      fleet: "corner-cafe",
      context: gke,
      dryRun: false,
      isRunning: true,
    });
    expect(report.objects[3]).toEqual({
      kind: "Secret",
      namespace: "argocd",
      name: "hub-client-ca",
      change: "placed",
    });
    expect(err).toContain("Argo CD runs here. See the fleet: flotilla status\n");
  });
});

describe("what exists already", () => {
  test("is replaced if it differs and has the fleet's mark; what others added stays", async () => {
    const { hub, run } = await workplace();
    await run();
    const found = hub.object(paths.gateways);
    const labels = { owner: "ada" };
    hub.put(paths.gateways, {
      ...found,
      metadata: { ...found?.metadata, labels, resourceVersion: "7" },
      data: { gateway: "b3RoZXI=" },
    });
    const { out } = await run();
    expect(out).toContain("replaced    Secret      flotilla-gateway/gateway-keys\n");
    expect(out.match(/^unchanged/gm)).toHaveLength(4);
    expect(hub.object(paths.gateways)).toMatchObject({
      metadata: { labels, resourceVersion: "7" },
      data: found?.data ?? {},
    });
  });

  test("is made again if its type differs", async () => {
    const { hub, run } = await workplace();
    await run();
    hub.put(paths.authority, { ...hub.object(paths.authority), type: "Opaque" });
    expect((await run()).out).toContain("replaced    Secret      argocd/hub-client-ca\n");
    expect(hub.object(paths.authority)?.type).toBe("kubernetes.io/tls");
    expect((await run()).out.match(/^unchanged/gm)).toHaveLength(5);
  });

  test("and does not have the mark is not changed: nothing at all is written", async () => {
    const { hub, run } = await workplace();
    hub.put(paths.gateways, { metadata: { name: "gateway-keys" }, data: { gateway: "b3RoZXI=" } });
    const { code, out, err } = await run("--context", "mine");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe(
      "flotilla: this cluster has flotilla-gateway/gateway-keys with other contents, and no recorded " +
        "fleet. Make sure that this is the right cluster. If nothing needs them, " +
        "delete them and run this again:\n" +
        "  kubectl delete secret gateway-keys -n flotilla-gateway\n",
    );
    expect(hub.calls().filter(({ input }) => input !== "")).toEqual([]);
  });
});

describe("the wrong cluster", () => {
  const refusal = async ({ hub, run }: Workplace, ...args: string[]) => {
    const { code, out, err } = await run(...args);
    expect([code, out]).toEqual([1, ""]);
    expect(hub.calls().filter(({ input }) => input !== "")).toEqual([]);
    return err;
  };

  test("of another fleet", async () => {
    const place = await workplace();
    place.hub.put(paths.mark, {
      metadata: {},
      data: { fleet: "harbor", keyId: "0123456789abcdef" },
    });
    const own = keyId("corner-cafe", keyOf(place.folder));
    expect(await refusal(place, "--context", gke)).toBe(
      `flotilla: the context ${gke} (https://192.0.2.10) is the hub of the fleet harbor (root key ` +
        `0123456789abcdef), and this is the fleet corner-cafe (root key ${own}). Give this ` +
        "fleet's own hub: --context NAME; or the other fleet's file: --fleet FILE\n",
    );
  });

  test("of another root key", async () => {
    const place = await workplace();
    const data = { fleet: "corner-cafe", keyId: "0123456789abcdef" };
    place.hub.put(paths.mark, { metadata: {}, data });
    const own = keyId("corner-cafe", keyOf(place.folder));
    expect(await refusal(place)).toContain(
      `was set up with the root key 0123456789abcdef, and your root key is ${own}. Every device ` +
        "would be locked out. Restore the right key.",
    );
  });

  test("with a later generation of its keys: devices do not go back", async () => {
    const place = await workplace();
    const own = keyId("corner-cafe", keyOf(place.folder));
    const data = { fleet: "corner-cafe", keyId: own, hubGeneration: "2" };
    place.hub.put(paths.mark, { metadata: {}, data });
    expect(await refusal(place)).toContain(
      "have generation 2, and hub.generation in the fleet file is 1. Devices do not go back to older " +
        "keys. Write hub.generation: 2 or a higher one.",
    );
  });

  test("that is a device", async () => {
    const place = await workplace("laptop");
    const data = { device: "cafe-01", fleet: "corner-cafe" };
    const path = "/api/v1/namespaces/kube-system/configmaps/flotilla-device";
    place.hub.put(path, { metadata: {}, data });
    expect(await refusal(place, "--context", "laptop")).toBe(
      "flotilla: the context laptop (https://192.0.2.10) is the device cafe-01 of the fleet " +
        "corner-cafe, not a hub. Give the hub's context: --context NAME\n",
    );
  });

  test("that was not named", async () => {
    const place = await workplace("minikube");
    expect(await refusal(place)).toBe(
      "flotilla: the current context minikube (https://192.0.2.10) has no recorded fleet, and " +
        `is not ${gke}. If it is the hub of corner-cafe, confirm it: --context minikube. ` +
        "To get the hub's context: gcloud container clusters get-credentials corner-cafe-hub " +
        "--location us-east1 --project cornercafe-edge-hub\n",
    );
    expect((await place.run("--context", "minikube")).code).toBe(0);
    // Now it has the mark.
    expect((await place.run()).code).toBe(0);
  });
});

describe("a problem with the cluster is reported with its fix", () => {
  test.each([
    [
      'Error from server (Forbidden): secrets "hub-client-ca" is forbidden: User "ada@example.com" ' +
        'cannot get resource "secrets" in API group "" in the namespace "argocd"',
      "ada@example.com may not get secrets in the namespace argocd. Give this user the permission (a Role " +
        "with the verb get), or log in as another one",
    ],
    [
      "Unable to connect to the server: dial tcp 192.0.2.10:443: i/o timeout",
      `the cluster of context ${gke} can't be reached (dial tcp 192.0.2.10:443: i/o timeout). Check ` +
        "the network, a VPN, and that this is the right kubeconfig",
    ],
    [
      "error: You must be logged in to the server (Unauthorized)",
      `the cluster of context ${gke} does not accept this login. Log in again`,
    ],
    [
      "Unable to connect to the server: getting credentials: exec: executable " +
        "gke-gcloud-auth-plugin not found",
      "the kubeconfig logs in with gke-gcloud-auth-plugin, which is not installed. Install it: " +
        "gcloud components install gke-gcloud-auth-plugin",
    ],
    ["something new", "kubectl failed. It says:\n  something new"],
  ])("%s", async (said, message) => {
    const { hub, run } = await workplace();
    hub.fail("hub-client-ca", said);
    expect(await run()).toEqual({ code: 1, out: "", err: `flotilla: ${message}\n` });
  });

  test("no kubectl, and no cluster", async () => {
    const { folder, hub, run } = await workplace();
    const none = await flotilla(folder, ["bootstrap"], { KUBECTL: join(folder, "nothing") });
    expect(none.err).toBe(
      `flotilla: ${join(folder, "nothing")} is needed to talk to the hub: it is not installed. ` +
        "Install it (https://kubernetes.io/docs/tasks/tools/), or name it in $KUBECTL\n",
    );
    hub.fail("config", "error: current-context must exist in order to minify");
    expect((await run()).err).toContain("kubectl has no current context. Give one: --context");
    hub.fail("config", "error: cannot locate context nowhere");
    expect((await run("--context", "nowhere")).err).toContain("has no context nowhere.");
  });
});

/** Where kubectl prints everything that it was given: nowhere, or when it writes a Secret. */
const placesOfFailure = ["", "argocd/secrets --filename", "flotilla-gateway/secrets --filename"];

test("no secret is in the output, in an argument or in kubectl's environment", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^[!-~]{12,40}$/),
      fc.constantFrom(...placesOfFailure),
      async (password, failing) => {
        const { folder, hub } = await workplace();
        const key = keyOf(folder);
        if (failing !== "") hub.fail(failing, "Error from server (Invalid): {input}");
        const environment = {
          ...hub.environment,
          FLOTILLA_KEY: readFileSync(join(folder, "fleet.key"), "utf8").trim(),
          FLOTILLA_REPOSITORY_PASSWORD: password,
        };
        const args = ["bootstrap", "--repository-user", "argocd", "--verbose"];
        const runs = [
          await flotilla(folder, args, environment),
          await flotilla(folder, [...args, "--json"], environment),
        ];
        const inputs = hub.calls().map(({ input }) => input);
        const calls = hub.calls().map(({ args: given, environment: env }) => ({ given, env }));
        const shown = JSON.stringify([runs, calls]);
        const gateway = gatewayPrivateKey(fleetOf(folder), 1, key);
        const tlsKey = decoded(hub, paths.authority)["tls.key"];
        const secrets = [
          password,
          gateway,
          environment.FLOTILLA_KEY,
          ...(tlsKey?.split("\n").filter((line) => line && !line.startsWith("-----")) ?? []),
        ];
        for (const secret of secrets) {
          expect(shown).not.toContain(JSON.stringify(secret).slice(1, -1));
          expect(shown).not.toContain(Buffer.from(secret).toString("base64"));
        }
        if (failing === "") expect(runs.map(({ code }) => code)).toEqual([0, 0]);
        else expect(runs[0]?.err).toContain("<secret>");
        if (failing === "") {
          expect(inputs.join()).toContain(Buffer.from(password).toString("base64"));
        }
      },
    ),
    {
      numRuns: 8,
      endOnFailure: true,
      examples: placesOfFailure.map((place) => ["open sesame", place]),
    },
  );
}, 120_000);
