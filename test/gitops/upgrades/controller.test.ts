import { expect, test } from "vitest";
import { UpgradeController } from "../../../gitops/upgrades/controller.ts";
import { objectsOf, podOf } from "../objects.ts";

const objects = objectsOf((chart) => {
  new UpgradeController(chart, "controller", { image: "controller:1" });
});
const name = "system-upgrade-controller";

test("the upgrades' own account has no rights", () => {
  expect(objects["ServiceAccount upgrade"].automountServiceAccountToken).toBe(false);
  const bindings = ["RoleBinding", "ClusterRoleBinding"].map((kind) => objects[`${kind} ${name}`]);
  for (const { subjects } of bindings) {
    expect(subjects).toEqual([{ kind: "ServiceAccount", name, namespace: "system-upgrade" }]);
  }
});

test("the controller changes objects of its own namespace only, besides nodes and its definition", () => {
  const changes = objects[`ClusterRole ${name}`].rules
    .filter(({ verbs }: any) => verbs.some((verb: string) => !/^(get|list|watch)$/.test(verb)))
    .flatMap(({ resources }: any) => resources);
  expect(changes).toEqual([
    "nodes",
    "events",
    "customresourcedefinitions",
    "customresourcedefinitions",
  ]);
  expect(objects[`Role ${name}`].metadata.namespace).toBe("system-upgrade");
});

test("it is restricted, and connects to API servers only", () => {
  const pod = podOf(objects[`Deployment ${name}`]);
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
  expect(pod.containers[0].env).toContainEqual({
    name: "SYSTEM_UPGRADE_CONTROLLER_NODE_NAME",
    valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } },
  });
  expect(objects[`NetworkPolicy ${name}`].spec).toEqual({
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    egress: [{ ports: [443, 6443].map((port) => ({ protocol: "TCP", port })) }],
  });
});
