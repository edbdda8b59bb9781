import { expect, test } from "vitest";
import { TelemetryAgent } from "../../../gitops/telemetry/agent.ts";
import { objectsOf, podOf } from "../objects.ts";

const props = {
  namespace: "telemetry",
  labels: { "app.kubernetes.io/name": "telemetry" },
  image: "fluent-bit:1",
  toolsImage: "busybox:1",
  dailyMegabytes: 50,
  bufferMegabytes: 256,
};

function agent(rest: Partial<typeof props> = {}) {
  const objects = objectsOf((chart) => {
    new TelemetryAgent(chart, "agent", { ...props, ...rest });
  });
  return objects["DaemonSet telemetry-agent"];
}

test("it is on the device's own network, reads the host's logs, and writes its own folder only", () => {
  const pod = podOf(agent());
  expect(pod.hostNetwork).toBe(true);
  const [container] = pod.containers;
  expect(container).toMatchObject({
    image: "fluent-bit:1",
    securityContext: { privileged: false, capabilities: { drop: ["ALL"] } },
  });
  const hostFolders = pod.volumes
    .filter(({ hostPath }: any) => hostPath !== undefined)
    .map(({ name, hostPath }: any) => {
      const mount = container.volumeMounts.find((each: any) => each.name === name);
      return [hostPath.path, mount.readOnly === true ? "read" : "write"];
    });
  expect(hostFolders).toEqual([
    ["/var/log", "read"],
    ["/var/lib/flotilla-telemetry", "write"],
  ]);
});

test("a budget that changes restarts it", () => {
  const template = (object: any) => object.spec.template;
  expect(template(agent())).toEqual(template(agent()));
  expect(template(agent({ dailyMegabytes: 60 }))).not.toEqual(template(agent()));
  expect(template(agent({ bufferMegabytes: 60 }))).not.toEqual(template(agent()));
});
