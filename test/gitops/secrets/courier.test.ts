/** The courier's chart alone: no fleet file. */
import { expect, test } from "vitest";
import { CourierChart } from "../../../gitops/secrets/courier.ts";
import { objectsOfChart, podOf } from "../objects.ts";

const settings = {
  rootCertificate: "a certificate\n",
  workloads: { board: { selector: { role: "till" }, secrets: ["bank"] } },
};

const objects = objectsOfChart(
  (app) => new CourierChart(app, "courier", { ...settings, image: "node:24" }),
);

test("it may list what is in fleet-secrets, and has no other right", () => {
  expect(objects["Role courier"]).toMatchObject({
    metadata: { namespace: "fleet-secrets" },
    rules: [{ apiGroups: [""], resources: ["configmaps", "secrets"], verbs: ["list"] }],
  });
  expect(objects["ServiceAccount courier"].metadata.namespace).toBe("argocd");
});

test("its settings are those of the workloads, without the name of the image", () => {
  expect(JSON.parse(objects["ConfigMap courier"].data["settings.json"])).toEqual(settings);
});

test("it shows devices the hub's certificate", () => {
  const pod = podOf(objects["Deployment courier"]);
  expect(pod.volumes).toContainEqual({
    name: "identity",
    secret: { secretName: "fleet-client", optional: true, defaultMode: 0o440 },
  });
});
