/**
 * Records of the hub's hosts by the real external-dns, with the rights and arguments that its chart makes of our
 * values and of those that your own name server needs, on a real API server and a real name server.
 * Program and chart are 0.21.0 and 1.20.0, the nearest to the pinned ones that can be built here.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { App } from "cdk8s";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatRootKey, parseRootKey } from "../../../fleet/keys/root-key.ts";
import { ExternalDns, externalDns } from "../../../gitops/addons/external-dns.ts";
import { ProtectedHost } from "../../../gitops/addons/protected-host.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../../cli/hub/api-server.ts";
import { manifestText } from "../../e2e/nodes/manifests.ts";
import { processes, run, until, type Processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet } from "../../sample.ts";
import { freePort } from "../telemetry/telemetry-hub.ts";
import { objectsIn, parsed, valuesOf } from "./platform.ts";
import { argumentsOf, renderedChart } from "./rendered-chart.ts";

const release = "external-dns";
const binary = peerPath("external-dns-0.21.0");
const bind = peerPath("bind-debian-12");
const chart = "external-dns-chart-1.20.0";
const isReady =
  hasApiServer && [binary, bind, ...[chart, "helm-4.1.4"].map(peerPath)].every(Boolean);
const why = isReady ? "" : " (SKIPPED: test/peers/build.sh e2e was not run)";

const zone = "edge.harbor.example";
const key = { name: "external-dns", secret: "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=" };

/** Terraform made the gateway's record, and somebody the one of Kibana. */
const zoneFile = `$ORIGIN ${zone}.
@ 60 IN SOA ns.${zone}. ops.${zone}. 1 60 60 600 60
@ 60 IN NS ns
ns 60 IN A 127.0.0.1
gateway 60 IN A 203.0.113.2
kibana 60 IN A 192.0.2.77
`;

describe.skipIf(!isReady)(`records of hosts${why}`, { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "dns-"));
  let all: Processes;
  let server: ApiServer;
  let port: number;

  beforeAll(async () => {
    all = processes(join(folder, "run"));
    port = await freePort();
    const rootKey = parseRootKey(formatRootKey(new Uint8Array(32).fill(7)));
    const [device] = sampleFleet.devices;
    if (rootKey === undefined || device === undefined) throw new Error("no key or no device");
    server = await startApiServer(folder, sampleFleet, device, rootKey);
    await startNameServer();
    const addon = new ExternalDns(new App(), "external-dns", {
      // As the operator of your own cluster writes them: docs/how-to/use-your-own-cluster.md.
      ...parsed(externalDns, {
        values: {
          provider: { name: "rfc2136" },
          interval: "1s",
          extraArgs: {
            "rfc2136-host": "127.0.0.1",
            "rfc2136-port": String(port),
            "rfc2136-zone": zone,
            "rfc2136-tsig-keyname": key.name,
            "rfc2136-tsig-secret": key.secret,
            "rfc2136-tsig-secret-alg": "hmac-sha256",
            "metrics-address": `127.0.0.1:${await freePort()}`,
          },
        },
      }),
      domain: zone,
      owner: "harbor",
      accountAnnotations: {},
    });
    const rendered = await renderedChart({
      chart,
      folder,
      values: valuesOf(addon),
      release,
      namespace: release,
    });
    await server.admin(["create", "namespace", release]);
    const rights = rendered.filter(({ kind }) => /Account$|Role$|RoleBinding$/.test(kind));
    await server.admin(["apply", "-f", "-"], manifestText(rights));
    const account = `/O=system:serviceaccounts/CN=system:serviceaccount:${release}:${release}`;
    const kubeconfig = `--kubeconfig=${await server.user(account)}`;
    // It looks at what is there. A text for it is an error, and our map of arguments takes nothing else.
    const look = "--rfc2136-tsig-axfr";
    const command = [binary ?? "", ...argumentsOf(rendered, release), look, kubeconfig];
    await all.service({ name: release, command }).start();
  }, 180_000);

  afterAll(async () => {
    await all.end();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const library = { LD_LIBRARY_PATH: join(bind ?? "", "lib") };

  async function startNameServer(): Promise<void> {
    writeFileSync(join(folder, "zone"), zoneFile);
    const file = join(folder, "named.conf");
    writeFileSync(
      file,
      `options {
        directory "${folder}"; pid-file none; session-keyfile "${folder}/session.key";
        listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
        recursion no; dnssec-validation no;
      };
      controls {};
      key "${key.name}" { algorithm hmac-sha256; secret "${key.secret}"; };
      zone "${zone}" {
        type primary; file "${folder}/zone";
        allow-update { key "${key.name}"; }; allow-transfer { key "${key.name}"; };
      };\n`,
    );
    const named = all.service({
      name: "named",
      command: [join(bind ?? "", "bin/named"), "-f", "-c", file],
      environment: library,
      ready: async () => (await records("gateway", "A"))[0] === "203.0.113.2",
    });
    await named.start();
  }

  async function records(name: string, type: "A" | "TXT"): Promise<readonly string[]> {
    const where = ["@127.0.0.1", "-p", String(port), "+short", "+tries=1", "+time=2"];
    const dig = [join(bind ?? "", "bin/dig"), ...where, `${name}.${zone}`, type];
    const text = await run(dig, { environment: library });
    return text.split("\n").filter(Boolean);
  }

  const resolves = (name: string, wanted: readonly string[]) =>
    until(
      `${name} is ${wanted.join()}`,
      async () => {
        const found = await records(name, "A");
        if (found.join() === wanted.join()) return true;
        throw new Error(found.join());
      },
      120,
    );

  /** A host with the address that the ingress controller writes into the Ingress. */
  async function host(name: string, address = "203.0.113.11"): Promise<void> {
    const [service = ""] = name.split(".");
    const objects = objectsIn((scope) => {
      new ProtectedHost(scope, "host", { host: name, namespace: "default", service, port: 80 });
    });
    await server.admin(["apply", "-f", "-"], JSON.stringify(objects[`Ingress ${service}`]));
    const status = { loadBalancer: { ingress: [{ ip: address }] } };
    const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
    await server.admin(["patch", "ingress", service, ...patch]);
  }

  test("a host gets the ingress controller's address, and a mark of the fleet", async () => {
    await host(`grafana.${zone}`);
    await resolves("grafana", ["203.0.113.11"]);
    const marks = await until(
      "there is a mark",
      async () => {
        const found = (await records("a-grafana", "TXT")).join();
        return found !== "" && found;
      },
      60,
    );
    expect(marks).toContain("external-dns/owner=harbor");
  });

  test("another address is another record", async () => {
    await host(`grafana.${zone}`, "203.0.113.12");
    await resolves("grafana", ["203.0.113.12"]);
  });

  test("records of others stay, even at a name of Flotilla, and hosts of other zones are left alone", async () => {
    await host(`kibana.${zone}`);
    await host("prometheus.example.com");
    await host(`alertmanager.${zone}`);
    await resolves("alertmanager", ["203.0.113.11"]);
    await sleep(3_000);
    expect(await records("kibana", "A")).toEqual(["192.0.2.77"]);
    expect(await records("gateway", "A")).toEqual(["203.0.113.2"]);
  });

  test("an Ingress of another class is not the hub's", async () => {
    const { metadata, spec } = objectsIn((scope) => {
      const props = { host: `other.${zone}`, namespace: "default", service: "other", port: 80 };
      new ProtectedHost(scope, "host", props);
    })["Ingress other"] as { metadata: object; spec: object };
    const ingress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: { ...spec, ingressClassName: "traefik" },
    };
    await server.admin(["apply", "-f", "-"], JSON.stringify(ingress));
    const status = { loadBalancer: { ingress: [{ ip: "203.0.113.99" }] } };
    const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
    await server.admin(["patch", "ingress", "other", ...patch]);
    await sleep(4_000);
    expect(await records("other", "A")).toEqual([]);
  });

  test("a host that is gone loses its record, and no other one does", async () => {
    await server.admin(["delete", "ingress", "grafana"]);
    await resolves("grafana", []);
    expect(await records("gateway", "A")).toEqual(["203.0.113.2"]);
    expect(await records("kibana", "A")).toEqual(["192.0.2.77"]);
    expect(await records("alertmanager", "A")).toEqual(["203.0.113.11"]);
  });
});
