/**
 * The hub's Secrets, made by the real controller of External Secrets with the rights and arguments that its
 * chart makes from Flotilla's values: every ExternalSecret of a fleet that uses everything. Controller and
 * chart are 0.16.2, the newest that can be built here; the pinned ones are newer.
 *
 * Stand-ins: a provider of the controller that needs no cloud, for the cloud's store; and the test itself
 * for the operator of Elasticsearch, which makes a certificate.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatRootKey, parseRootKey } from "../../../fleet/keys/root-key.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../../cli/hub/api-server.ts";
import { processes, until, type Processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet } from "../../sample.ts";
import { applyDefinitions } from "../definitions.ts";
import { freePort } from "../telemetry/telemetry-hub.ts";
import { publicKeysOf, stateObjects, wholeFleet, type StateObject } from "../whole-state.ts";
import { argumentsOf, renderedChart } from "./rendered-chart.ts";

const [binary = "", definitions = ""] = [
  "external-secrets-0.16.2-2",
  "external-secrets-crds-1.3.2",
].map((name) => peerPath(name) ?? "");
const chart = "external-secrets-chart-0.16.2";
const isReady =
  hasApiServer && [binary, definitions, peerPath(chart), peerPath("helm-4.1.4")].every(Boolean);
const why = isReady ? "" : " (SKIPPED: test/peers/build.sh test e2e was not run)";

interface ExternalSecret {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    /** Without one its value is generated. */
    readonly secretStoreRef?: { readonly kind: string; readonly name: string };
    readonly target: {
      readonly name: string;
      readonly template?: {
        readonly type?: string;
        readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
        readonly data?: Readonly<Record<string, string>>;
      };
    };
    readonly data?: readonly {
      readonly secretKey: string;
      readonly remoteRef: { readonly key: string; readonly property: string };
    }[];
    readonly dataFrom?: readonly { readonly extract?: { readonly key: string } }[];
  };
}

interface Secret {
  readonly type: string;
  readonly metadata: ExternalSecret["metadata"] & {
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
}

type Texts = Readonly<Record<string, string>>;

const name = "external-secrets";
const state = stateObjects(synthesizeState(wholeFleet, publicKeysOf(wholeFleet)));
const ofKind = (kind: string) => state.filter((each) => each.kind === kind);
const wanted = ofKind("ExternalSecret") as unknown as readonly ExternalSecret[];
const fromStore = (kind: string | undefined) =>
  wanted.filter(({ spec }) => spec.secretStoreRef?.kind === kind);
const ofCloud = fromStore("ClusterSecretStore");
const ofCluster = fromStore("SecretStore");
const generated = fromStore(undefined);

/** What ExternalSecrets need, from the same folders of the state: everything but the cloud's store. */
const needed = state.filter(
  ({ path, kind }) =>
    path.startsWith("hub/platform/") &&
    ["SecretStore", "Password", "ServiceAccount", "Role", "RoleBinding"].includes(kind),
);

/** A certificate in the form of the operator of Elasticsearch. */
const certificate = { "ca.crt": "an authority", "tls.crt": "a certificate" };

describe.skipIf(!isReady)(`secrets of a store${why}`, { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "eso-"));
  let all: Processes;
  let server: ApiServer;
  const apply = (objects: readonly object[]) =>
    server.admin(
      ["apply", "--server-side", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );

  beforeAll(async () => {
    all = processes(join(folder, "run"));
    const rootKey = parseRootKey(formatRootKey(new Uint8Array(32).fill(7)));
    const [device] = sampleFleet.devices;
    if (rootKey === undefined || device === undefined) throw new Error("no key or no device");
    server = await startApiServer(folder, sampleFleet, device, rootKey);
    await applyDefinitions(server, [definitions]);
    const namespaces = new Set([name, ...wanted.map(({ metadata }) => metadata.namespace)]);
    for (const namespace of namespaces) await server.admin(["create", "namespace", namespace]);
    const rendered = await renderedChart({
      chart,
      folder,
      values: valuesOf(name),
      release: name,
      namespace: name,
    });
    const rights = rendered.filter(({ kind }) => /Account$|Role$|RoleBinding$/.test(kind));
    await apply(rights);
    const metrics = `--metrics-addr=127.0.0.1:${await freePort()}`;
    const command = [
      binary,
      ...argumentsOf(rendered, name).filter((one) => !one.startsWith("--metrics-addr")),
      metrics,
    ];
    const account = `/O=system:serviceaccounts/CN=system:serviceaccount:${name}:${name}`;
    const environment = { KUBECONFIG: await server.user(account) };
    await all.service({ name, command, environment }).start();
  }, 180_000);

  afterAll(async () => {
    await all.end();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What is in the store, as the documents say: one JSON object for each purpose. */
  const valueOf = (key: string, property: string, round: string) => `${key}/${property} ${round}`;
  const others = ["pin", "other"];

  async function putStore(round: string): Promise<void> {
    const fields = new Map<string, Set<string>>();
    for (const { spec } of ofCloud) {
      for (const { remoteRef } of spec.data ?? []) {
        const known = fields.get(remoteRef.key) ?? new Set();
        fields.set(remoteRef.key, known.add(remoteRef.property));
      }
      for (const { extract } of spec.dataFrom ?? []) {
        if (extract !== undefined) fields.set(extract.key, new Set(others));
      }
    }
    const data = [...fields].map(([key, properties]) => ({
      key,
      value: JSON.stringify(
        Object.fromEntries([...properties].map((each) => [each, valueOf(key, each, round)])),
      ),
    }));
    const [store] = ofKind("ClusterSecretStore");
    await apply([{ ...applied(store!), spec: { provider: { fake: { data } } } }]);
  }

  const items = async <Item>(kind: string) =>
    JSON.parse(await server.admin(["get", kind, "--all-namespaces", "--output", "json"]))
      .items as Item[];
  const of = ({ metadata: { namespace, name: own } }: Pick<ExternalSecret, "metadata">) =>
    `${namespace}/${own}`;

  /** By namespace and name, which are the same as the ExternalSecret's. */
  async function secrets(): Promise<ReadonlyMap<string, Secret>> {
    return new Map((await items<Secret>("secrets")).map((one) => [of(one), one]));
  }

  async function texts(one: ExternalSecret): Promise<Texts> {
    const { data } = (await secrets()).get(of(one))!;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
    );
  }

  /** Makes the controller look now, before its interval ends. */
  const sync = () =>
    server.admin(
      ["annotate", "externalsecret", "--all", "--all-namespaces", "--overwrite"].concat(
        `force-sync=${performance.now()}`,
      ),
    );

  /** Why an ExternalSecret is not in sync, or undefined. */
  async function reasons(): Promise<ReadonlyMap<string, string | undefined>> {
    interface Status {
      readonly metadata: ExternalSecret["metadata"];
      readonly status?: { readonly conditions?: readonly { status: string; reason: string }[] };
    }
    const found = (await items<Status>("externalsecrets")).map((one) => {
      const [condition = { status: "Unknown", reason: "none yet" }] = one.status?.conditions ?? [];
      return [of(one), condition.status === "True" ? undefined : condition.reason] as const;
    });
    return new Map(found);
  }

  const untilReason = (those: readonly ExternalSecret[], reason: string | undefined) =>
    until(
      `${those.map(of).join(", ")}: ${reason ?? "in sync"}`,
      async () => {
        const found = await reasons();
        expect(those.map((one) => [of(one), found.get(of(one))])).toEqual(
          those.map((one) => [of(one), reason]),
        );
        return true;
      },
      120,
    );

  const filled = (those: readonly ExternalSecret[], content: (one: ExternalSecret) => Texts) =>
    until(
      `${those.map(of).join(", ")}: filled`,
      async () => {
        const found = await secrets();
        for (const one of those) {
          const { template } = one.spec.target;
          const data = Object.entries(content(one)).map(([key, value]) => [
            key,
            Buffer.from(value).toString("base64"),
          ]);
          expect(found.get(of(one))).toMatchObject({
            type: template?.type ?? "Opaque",
            metadata: { labels: template?.metadata?.labels ?? {} },
          });
          expect(found.get(of(one))?.data).toEqual(Object.fromEntries(data));
        }
        return true;
      },
      120,
    );

  function ofStore({ spec }: ExternalSecret, round: string): Texts {
    const ofKeys = (spec.data ?? []).map(
      ({ secretKey, remoteRef: { key, property } }) =>
        [secretKey, valueOf(key, property, round)] as const,
    );
    const ofObjects = (spec.dataFrom ?? []).flatMap(({ extract }) =>
      others.map((each) => [each, valueOf(extract?.key ?? "", each, round)] as const),
    );
    return {
      ...Object.fromEntries([...ofKeys, ...ofObjects]),
      ...spec.target.template?.data,
    };
  }

  test("a fleet has secrets of all three sources", () => {
    for (const those of [ofCloud, ofCluster, generated]) {
      expect(those.length).toBeGreaterThan(1);
    }
    expect(ofKind("ClusterSecretStore")).toHaveLength(1);
  });

  test("without their sources no Secret exists, and each ExternalSecret says so", async () => {
    await apply(ofKind("ExternalSecret").map(applied));
    await untilReason(wanted, "SecretSyncedError");
    const found = await secrets();
    expect(wanted.filter((one) => found.has(of(one)))).toEqual([]);
  });

  const passwords = new Map<string, string>();

  test("passwords are generated, and all are different", async () => {
    await apply(needed.filter(({ kind }) => kind !== "SecretStore").map(applied));
    await sync();
    await untilReason(generated, undefined);
    for (const one of generated) {
      const data = Object.entries(one.spec.target.template?.data ?? {});
      const [key = ""] = data.find(([, value]) => value === "{{ .password }}") ?? [];
      passwords.set(of(one), (await texts(one))[key] ?? "");
    }
    for (const password of passwords.values()) expect(password).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(new Set(passwords.values()).size).toBe(generated.length);
    await filled(generated, withPassword);
  });

  const withPassword = (one: ExternalSecret): Texts =>
    Object.fromEntries(
      Object.entries(one.spec.target.template?.data ?? {}).map(([key, value]) => [
        key,
        value.replace("{{ .password }}", passwords.get(of(one)) ?? ""),
      ]),
    );

  test("a program that writes logs gets its user and the certificate, and its account can read nothing else", async () => {
    const metadata = { name: "elasticsearch-es-http-certs-public", namespace: "logging" };
    await apply([{ apiVersion: "v1", kind: "Secret", metadata, stringData: certificate }]);
    const stores = needed.filter(({ kind }) => kind === "SecretStore").map(applied);
    // As kube-controller-manager makes it.
    const data = { "ca.crt": readFileSync(join(folder, "tls/server-ca.crt"), "utf8") };
    const roots = ofCluster.map(({ metadata: { namespace } }) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kube-root-ca.crt", namespace },
      data,
    }));
    await apply([...roots, ...stores.map((each) => atServer(each, server.url))]);
    await sync();
    const writer = generated.find(({ metadata: { name: own } }) => own.endsWith("log-writer"))!;
    const { username = "", password = "" } = withPassword(writer);
    await filled(ofCluster, () => ({ username, password, "ca.crt": certificate["ca.crt"] }));
    for (const {
      metadata: { namespace },
    } of ofCluster) {
      const account = `--as=system:serviceaccount:${namespace}:elasticsearch-reader`;
      const may = (verb: string, resource: string) =>
        server.admin(["auth", "can-i", verb, resource, "--namespace=logging", account]);
      expect((await may("get", "secrets/elasticsearch-log-writer")).trim()).toBe("yes");
      await expect(may("get", "secrets/elasticsearch-log-keeper")).rejects.toThrow("exit code 1");
      await expect(may("list", "secrets")).rejects.toThrow("exit code 1");
    }
  });

  test("each Secret from the cloud's store has exactly its keys, texts and labels", async () => {
    await putStore("one");
    await sync();
    await filled(ofCloud, (one) => ofStore(one, "one"));
  });

  test("a new value in the store is copied, and passwords stay the same", async () => {
    await putStore("two");
    await sync();
    await filled(ofCloud, (one) => ofStore(one, "two"));
    await filled(generated, withPassword);
  });

  test("nothing is deleted if the store is gone", async () => {
    await server.admin(["delete", "clustersecretstore", "--all"]);
    await sync();
    await untilReason(ofCloud, "SecretSyncedError");
    await filled(ofCloud, (one) => ofStore(one, "two"));
  });
});

function applied(object: StateObject): object {
  return { ...object, path: undefined };
}

/** Inside a cluster the server has a name. */
function atServer(store: object, url: string): object {
  interface Store {
    readonly spec: { readonly provider: { readonly kubernetes: { readonly server: object } } };
  }
  const { kubernetes } = (store as Store).spec.provider;
  const server = { ...kubernetes.server, url };
  return { ...store, spec: { provider: { kubernetes: { ...kubernetes, server } } } };
}

function valuesOf(addon: string): Readonly<Record<string, unknown>> {
  interface Source {
    readonly helm?: { readonly valuesObject: Readonly<Record<string, unknown>> };
  }
  interface Spec {
    readonly source?: Source;
    readonly sources?: readonly Source[];
  }
  const found = ofKind("Application").find(({ metadata }) => metadata.name === addon);
  const { source, sources = [] } = (found?.spec ?? {}) as Spec;
  const helm = [...(source ? [source] : []), ...sources].find((one) => one.helm)?.helm;
  if (helm === undefined) throw new Error(`${addon} has no chart`);
  return helm.valuesObject;
}
