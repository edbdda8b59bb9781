import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { AuditPolicy } from "../../../edge/parts/audit-policy.ts";
import { bareDevice, fileOf, inlineOf } from "../devices.ts";

interface Rule {
  readonly level: string;
  readonly verbs?: readonly string[];
  readonly resources?: readonly {
    readonly group: string;
    readonly resources?: readonly string[];
  }[];
}

const path = "/var/lib/rancher/k3s/server/audit.yaml";
const device = bareDevice();
const audit = new AuditPolicy(device, "audit-policy");
const { rules } = load(inlineOf(device, path)) as { readonly rules: readonly Rule[] };

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
  test.each([
    ["create", "", "secrets"],
    ["delete", "", "pods"],
    ["update", "apps", "deployments"],
    ["patch", "rbac.authorization.k8s.io", "clusterroles"],
    ["create", "", "pods/exec"],
    // A WebSocket is a GET.
    ["get", "", "pods/exec"],
    ["create", "", "nodes/proxy"],
  ])("records %s in %j %s, without the contents", (verb, group, resource) => {
    expect(level(verb, group, resource)).toBe("Metadata");
  });

  test.each([
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
  ])("omits %s in %j %s", (verb, group, resource) => {
    expect(level(verb, group, resource)).toBe("None");
  });

  test("never records what was in a request", () => {
    expect(new Set(rules.map((rule) => rule.level))).toEqual(new Set(["Metadata", "None"]));
  });

  test("takes at most 50 MB of the disk, and 30 days", () => {
    const settings = Object.fromEntries(audit.apiServerArguments.map((each) => each.split("=")));
    const files = Number(settings["audit-log-maxbackup"]) + 1;
    expect(files * Number(settings["audit-log-maxsize"])).toBe(50);
    expect(settings["audit-log-maxage"]).toBe("30");
  });

  test("reads its policy where the part writes it, for root alone", () => {
    expect(audit.apiServerArguments).toContain(`audit-policy-file=${path}`);
    expect(fileOf(device, path).mode).toBe(0o600);
  });
});
