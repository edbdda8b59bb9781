import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { auditArguments, auditPolicy } from "../../../edge/parts/audit.ts";
import { k3s } from "../../../edge/parts/k3s.ts";
import { context, inlineOf } from "./context.ts";

interface Rule {
  readonly level: string;
  readonly verbs?: readonly string[];
  readonly resources?: readonly {
    readonly group: string;
    readonly resources?: readonly string[];
  }[];
}

const { rules } = load(auditPolicy) as { readonly rules: readonly Rule[] };

/** What kube-apiserver does: the first rule that matches decides. */
function level(verb: string, group: string, resource: string): string | undefined {
  return rules.find(
    ({ verbs, resources }) =>
      (verbs?.includes(verb) ?? true) &&
      (resources?.some(
        (each) => each.group === group && (each.resources?.includes(resource) ?? true),
      ) ??
        true),
  )?.level;
}

describe("the audit log", () => {
  it.each([
    ["create", "", "secrets"],
    ["delete", "", "pods"],
    ["update", "apps", "deployments"],
    ["patch", "rbac.authorization.k8s.io", "clusterroles"],
    ["create", "", "pods/exec"],
    // A WebSocket is a GET.
    ["get", "", "pods/exec"],
    ["create", "", "nodes/proxy"],
  ])("tells of %s in %j %s, without the contents", (verb, group, resource) => {
    expect(level(verb, group, resource)).toBe("Metadata");
  });

  it.each([
    ["get", "", "secrets"],
    ["list", "apps", "deployments"],
    ["watch", "", "pods"],
    ["update", "coordination.k8s.io", "leases"],
    ["create", "", "events"],
    ["patch", "events.k8s.io", "events"],
    ["create", "", "serviceaccounts/token"],
    ["patch", "", "nodes/status"],
    ["patch", "", "pods/status"],
    ["create", "authentication.k8s.io", "tokenreviews"],
    ["create", "authorization.k8s.io", "subjectaccessreviews"],
  ])("is silent of %s in %j %s", (verb, group, resource) => {
    expect(level(verb, group, resource)).toBe("None");
  });

  it("never tells what was in a request", () => {
    expect(new Set(rules.map((rule) => rule.level))).toEqual(new Set(["Metadata", "None"]));
  });

  it("takes 50 MB of the disk and 30 days at most", () => {
    const settings = Object.fromEntries(auditArguments("/x").map((each) => each.split("=")));
    const files = Number(settings["audit-log-maxbackup"]) + 1;
    expect(files * Number(settings["audit-log-maxsize"])).toBe(50);
    expect(settings["audit-log-maxage"]).toBe("30");
  });

  it("has its policy where K3s' argument says", () => {
    const contribution = k3s(context("store-01"));
    const [policy = ""] = auditArguments("/var/lib/rancher/k3s/server");
    expect(inlineOf(contribution, policy.split("=")[1] ?? "")).toBe(auditPolicy);
    expect(contribution.directories).toEqual([
      { path: "/var/lib/rancher/k3s/server", mode: 0o700 },
    ]);
  });
});
