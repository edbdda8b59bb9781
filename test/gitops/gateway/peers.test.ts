import { expect, test } from "vitest";
import { PeersChart } from "../../../gitops/gateway/peers.ts";
import { objectsOfChart } from "../objects.ts";

const peers = [
  { name: "store-01", address: "100.64.0.2", publicKey: "one=", site: "boston", ring: "canary" },
  { name: "store-02", address: "100.64.0.3", publicKey: "two=", site: "lagos", ring: "stable" },
];

function data(hasCollector: boolean) {
  const objects = objectsOfChart(
    (app) => new PeersChart(app, "peers", { gateway: "gateway", peers, hasCollector }),
  );
  return objects["ConfigMap gateway-peers"].data;
}

test("each peer is a section for `wg syncconf`, with its one address", () => {
  expect(data(false)).toEqual({
    "peers.conf": `# store-01
[Peer]
PublicKey=one=
AllowedIPs=100.64.0.2/32
# store-02
[Peer]
PublicKey=two=
AllowedIPs=100.64.0.3/32
`,
  });
});

test("a collector gets a line for each device", () => {
  expect(data(true)["devices.txt"]).toBe(
    "100.64.0.2 store-01 boston canary\n100.64.0.3 store-02 lagos stable\n",
  );
});

test("reconnect may change the registrations of these devices, and of no others", () => {
  const of = (some: typeof peers) =>
    objectsOfChart(
      (app) =>
        new PeersChart(app, "peers", { gateway: "gateway", peers: some, hasCollector: false }),
    );
  const objects = of(peers);
  // The plan reads the first one.
  expect(Object.keys(objects)[0]).toBe("ConfigMap gateway-peers");
  expect(objects["Role reconnect-gateway"].rules).toEqual([
    {
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: ["store-01", "store-02"],
      verbs: ["patch"],
    },
  ]);
  expect(objects["RoleBinding reconnect-gateway"].subjects).toEqual([
    { kind: "ServiceAccount", name: "reconnect", namespace: "argocd" },
  ]);
  // An empty list of names is a right to all of them.
  expect(Object.keys(of([]))).toEqual(["ConfigMap gateway-peers"]);
});
