/** The compiler knows the fields of Kubernetes objects: where it accepts a mistake, this fails. */
import { Testing } from "cdk8s";
import { expect, test } from "vitest";
import { ClusterIssuer } from "../../../gitops/imports/cert-manager.io.ts";
import { ExternalSecret } from "../../../gitops/imports/external-secrets.io.ts";
import { KubeIngress } from "../../../gitops/imports/k8s.ts";
import { PodMonitor } from "../../../gitops/imports/monitoring.coreos.com.ts";
import { NginxPolicy } from "../../../gitops/addons/nginx-policy.ts";

test("a misspelled field does not compile, and is not written", () => {
  const chart = Testing.chart();
  // @ts-expect-error: ingressClassName
  new KubeIngress(chart, "a", { spec: { ingresClassName: "nginx" } });
  // @ts-expect-error: server
  new ClusterIssuer(chart, "b", { spec: { acme: { servr: "https://acme.example" } } });
  // @ts-expect-error: refreshInterval
  new ExternalSecret(chart, "c", { spec: { refreshIntervall: "1h" } });
  // @ts-expect-error: podMetricsEndpoints
  new PodMonitor(chart, "d", { spec: { selector: {}, podMetricEndpoints: [] } });
  for (const { spec } of chart.toJson() as { spec: object }[]) {
    expect(Object.keys(spec).filter((key) => /ingresClass|Intervall|podMetricE/.test(key))).toEqual(
      [],
    );
  }
});

test("values of a fixed list are checked as well", () => {
  const chart = Testing.chart();
  new ExternalSecret(chart, "a", { spec: { refreshPolicy: "CreatedOnce" } });
  // @ts-expect-error: CreatedOnce
  new ExternalSecret(chart, "b", { spec: { refreshPolicy: "Once" } });
  // @ts-expect-error: spec
  new NginxPolicy(chart, "c", { metadata: { name: "sign-on" } });
  expect(chart.toJson()).toHaveLength(3);
});
