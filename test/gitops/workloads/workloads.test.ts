import { describe, expect, test } from "vitest";
import type { Values } from "../../../fleet/model/values.ts";
import { manifests } from "../../../gitops/kubernetes/manifests.ts";
import type { Manifest } from "../../../gitops/kubernetes/manifests.ts";
import { workloadNames, workloads } from "../../../gitops/workloads/index.ts";
import { propsOf } from "../../../gitops/workloads/workload.ts";

type Pod = {
  readonly hostPID?: boolean;
  readonly securityContext: Record<string, unknown>;
  readonly containers: readonly {
    readonly resources: { readonly limits: { readonly memory: string } };
    readonly securityContext: Record<string, unknown>;
  }[];
};

function render(name: string, values: Values = {}): readonly Manifest[] {
  const Construct = workloads.get(name)!;
  return manifests(name, (chart) => {
    const props = { namespace: name, ring: "stable", version: "1.2.3" };
    new Construct(chart, "workload", propsOf(Construct, props, values));
  });
}

function podsOf(objects: readonly Manifest[]): readonly Pod[] {
  return objects.flatMap((object) => {
    const spec = (object as { spec?: { template?: { spec: Pod } } }).spec;
    return spec?.template ? [spec.template.spec] : [];
  });
}

describe("the registry", () => {
  test("has no two names that could make the same Application or ApplicationSet", () => {
    // <device>-<workload> and <workload>-<ring> are told apart as long as this holds.
    for (const one of workloadNames) {
      for (const other of workloadNames) {
        expect(one.endsWith(`-${other}`) || one.startsWith(`${other}-`)).toBe(false);
      }
    }
  });
});

describe.each(workloadNames)("%s", (name) => {
  const objects = render(name);
  const namespace = objects.find((object) => object.kind === "Namespace")!;
  const level = namespace.metadata.labels!["pod-security.kubernetes.io/enforce"];

  test("keeps to its namespace and says how much its pods may do", () => {
    expect(namespace.metadata.name).toBe(name);
    expect(["restricted", "baseline", "privileged"]).toContain(level);
    for (const { kind, metadata } of objects) {
      if (kind !== "Namespace") expect(metadata.namespace).toBe(name);
    }
  });

  test("names each object once", () => {
    const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("fits beside others on a device with 2 GiB, and keeps its containers small in rights", () => {
    const pods = podsOf(objects);
    expect(pods).not.toHaveLength(0);
    for (const pod of pods) {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      for (const container of pod.containers) {
        expect(Number.parseInt(container.resources.limits.memory, 10)).toBeLessThanOrEqual(128);
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          privileged: false,
          readOnlyRootFilesystem: true,
        });
      }
    }
  });

  test("takes more of its node only where its namespace says so", () => {
    const text = JSON.stringify(podsOf(objects));
    if (level !== "privileged") expect(text).not.toMatch(/hostPath|hostPID|"hostNetwork":true/);
    else expect(text).toMatch(/"hostPID":true.*"hostPath"/);
  });

  test("selects its pods by labels that no promotion changes", () => {
    const text = JSON.stringify(objects);
    expect(text).not.toContain("cdk8s.io");
    const other = JSON.stringify(render(name)).replaceAll("1.2.3", "2.0.0");
    expect(other).toBe(text.replaceAll("1.2.3", "2.0.0"));
    expect(text.match(/1\.2\.3/g)).toHaveLength(1);
  });
});

describe("the values of point-of-sale", () => {
  const container = (values: Values) => podsOf(render("point-of-sale", values))[0]!.containers[0]!;

  test("are a greeting and a limit of memory, and change nothing else", () => {
    const plain = container({});
    const own = container({ message: "Ahoy", memoryMebibytes: 256 });
    expect(plain.resources.limits.memory).toBe("128Mi");
    expect(own).toEqual({
      ...plain,
      env: [{ name: "PODINFO_UI_MESSAGE", value: "Ahoy" }],
      resources: { ...plain.resources, limits: { ...plain.resources.limits, memory: "256Mi" } },
    });
  });

  test("are refused where they are unsound", () => {
    expect(() => container({ memoryMebibytes: "256Mi" })).toThrow("expected number");
    expect(() => container({ greeting: "Ahoy" })).toThrow("Unrecognized key");
  });
});
