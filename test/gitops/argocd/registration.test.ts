import { expect, test } from "vitest";
import {
  RegistrationChart,
  type RegistrationChartProps,
} from "../../../gitops/argocd/registration.ts";
import { objectsOfChart } from "../objects.ts";

const props: RegistrationChartProps = {
  name: "store-01",
  address: "100.64.0.2",
  serverName: "store-01.harbor.internal",
  rootCertificate: "a certificate\n",
  labels: { role: "till", "flotilla.dev/ring": "canary" },
};

function secret(rest: Partial<RegistrationChartProps> = {}) {
  const objects = objectsOfChart(
    (app) => new RegistrationChart(app, "registration", { ...props, ...rest }),
  );
  return objects["Secret store-01"];
}

test("a registration is a cluster Secret with a command in place of a credential", () => {
  const { metadata, stringData } = secret();
  expect(metadata).toEqual({
    name: "store-01",
    namespace: "argocd",
    labels: { ...props.labels, "argocd.argoproj.io/secret-type": "cluster" },
    // Without a tunnel: nobody else would end a skip.
    annotations: { "argocd.argoproj.io/skip-reconcile": "false" },
  });
  expect(stringData).toMatchObject({ name: "store-01", server: "https://100.64.0.2:6443" });
  expect(JSON.parse(stringData.config)).toEqual({
    tlsClientConfig: {
      serverName: "store-01.harbor.internal",
      caData: Buffer.from("a certificate\n").toString("base64"),
    },
    execProviderConfig: {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "sh",
      args: ["/flotilla/credential.sh"],
    },
  });
});

test("a device behind a gateway has its proxy, and one with an image has its fingerprint", () => {
  const proxyUrl = "http://gateway.flotilla-gateway.svc:3128";
  const { metadata, stringData } = secret({ proxyUrl, imageDigest: "abc" });
  expect(JSON.parse(stringData.config)).toMatchObject({ proxyUrl });
  expect(metadata.annotations).toEqual({ "flotilla.dev/image": "abc" });
});

test("where the controller has several pods, it names the one that compares the device", () => {
  expect(secret({ shard: 0 }).stringData).toMatchObject({ shard: "0" });
  expect(secret().stringData).not.toHaveProperty("shard");
});
