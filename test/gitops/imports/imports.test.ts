/**
 * A misspelled field is an error of `tsc`, in one class of each family. The compiler checks these
 * lines (`npm run typecheck`): it reports every @ts-expect-error that no error follows.
 */
import { expect, test } from "vitest";
import { ApplicationSet } from "../../../gitops/argocd/application-set.ts";
import { Application, AppProject } from "../../../gitops/imports/argoproj.io.ts";
import { Certificate } from "../../../gitops/imports/cert-manager.io.ts";
import { IntOrString, KubeDeployment, KubeService } from "../../../gitops/imports/k8s.ts";
import { Plan } from "../../../gitops/upgrades/plan.ts";
import { objectsOf } from "../objects.ts";

const destination = { server: "https://10.0.0.1" };

test("Kubernetes' own kinds", () => {
  const objects = objectsOf((chart) => {
    new KubeDeployment(chart, "deployment", {
      metadata: { name: "misspelled" },
      spec: {
        selector: {},
        // @ts-expect-error: it is `replicas`
        replica: 1,
        template: { spec: { containers: [{ name: "one", image: "one:1" }] } },
      },
    });
    new KubeDeployment(chart, "nested", {
      metadata: { name: "nested" },
      spec: {
        selector: {},
        // @ts-expect-error: it is `readOnlyRootFilesystem`
        template: { spec: { containers: [{ name: "one", securityContext: { readOnly: true } }] } },
      },
    });
    new KubeService(chart, "service", {
      metadata: { name: "numeric" },
      // @ts-expect-error: a port is a number or a name, as IntOrString
      spec: { ports: [{ port: 80, targetPort: 8080 }] },
    });
    new KubeService(chart, "right", {
      metadata: { name: "right" },
      spec: { ports: [{ port: 80, targetPort: IntOrString.fromNumber(8080) }] },
    });
  });
  // And it does not get into the state repository.
  expect(objects["Deployment misspelled"].spec).not.toHaveProperty("replica");
  expect(objects["Service right"].spec.ports).toEqual([{ port: 80, targetPort: 8080 }]);
});

test("generated classes", () => {
  const objects = objectsOf((chart) => {
    const metadata = { name: "one" };
    new Application(chart, "application", {
      metadata,
      // @ts-expect-error: the class calls the field `repoUrl`
      spec: { project: "hub", destination, source: { repoURL: "https://git.example.com" } },
    });
    // @ts-expect-error: it is `sourceRepos`
    new AppProject(chart, "project", { metadata, spec: { sourceRepositories: ["*"] } });
    new Certificate(chart, "certificate", {
      metadata,
      spec: {
        secretName: "one",
        issuerRef: { name: "one" },
        // @ts-expect-error: it is "client auth"
        usages: ["client"],
      },
    });
  });
  expect(Object.keys(objects)).toEqual(["Application one", "AppProject one", "Certificate one"]);
});

test("Flotilla's own narrow classes", () => {
  const metadata = { name: "one" };
  const objects = objectsOf((chart) => {
    new ApplicationSet(chart, "set", {
      metadata,
      spec: {
        goTemplate: true,
        // @ts-expect-error: Flotilla uses the generator `clusters` only
        generators: [{ cluster: { selector: {} } }],
        template: { metadata, spec: { project: "fleet", destination } },
      },
    });
    new Plan(chart, "plan", {
      metadata,
      // @ts-expect-error: it is `jobActiveDeadlineSecs`
      spec: { version: "v1", upgrade: { image: "one" }, jobActiveDeadlineSeconds: 60 },
    });
  });
  expect(Object.keys(objects)).toEqual(["ApplicationSet one", "Plan one"]);
});
