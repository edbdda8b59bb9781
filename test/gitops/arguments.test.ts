/** What plain JavaScript gives to the constructs that own workloads and add-ons are made of. */
import { App, Chart } from "cdk8s";
import { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import { Addon } from "../../gitops/addons/addon.ts";
import { SharedSecret } from "../../gitops/addons/shared-secret.ts";
import { Namespace } from "../../gitops/kubernetes/namespace.ts";
import {
  inNamespace,
  inNamespaces,
  NamespaceNetwork,
  tcpPorts,
  udpPort,
} from "../../gitops/kubernetes/network.ts";

type Props = Readonly<Record<string, unknown>>;
type Class = new (scope: Construct, id: string, props: never) => Construct;

const peer = { namespaces: ["a"], ports: [443] };
const repository = { url: "https://git.example.com/state.git", branch: "main" };
const chart = { name: "till", repository: "https://charts.example.com", version: "1.0.0" };

/** Valid props, which of them are optional, and some that are wrong. */
const classes: readonly (readonly [
  made: Class,
  valid: Props,
  optional: readonly string[],
  wrong: readonly (readonly [props: Props, message: string])[],
])[] = [
  [
    Namespace,
    { name: "till", podSecurity: "restricted", labels: { a: "b" } },
    ["labels"],
    [
      [{ podSecurity: "strict" }, 'podSecurity: found "strict". Write one of: '],
      [{ labels: { a: 1 } }, 'labels.a: found 1. Write text, in quotes: "1".'],
    ],
  ],
  [
    NamespaceNetwork,
    { namespace: "till", from: [peer], to: [{ ...peer, namespaces: "all" }], apiServerPort: 6443 },
    ["apiServerPort"],
    [
      [{ from: peer }, "from: found a mapping. Write a list."],
      [
        { from: [{ ...peer, namespaces: "a" }] },
        'from.0.namespaces: found "a". Write a list of namespaces, or "all".',
      ],
      [{ to: [{ ports: ["443"] }] }, 'to.0.ports.0: found "443". Write a number.'],
      [{ to: [{ ports: [0] }] }, "to.0.ports.0: 0 is too small. Write at least 1."],
      [{ to: [{}] }, 'to.0: "ports" is missing. Write it here.'],
    ],
  ],
  [
    SharedSecret,
    {
      namespace: "till",
      name: "login",
      cloudSecret: "fleet-login",
      keys: { password: "password" },
      labels: { a: "b" },
      texts: { user: "till" },
    },
    ["keys", "labels", "texts"],
    [
      [{ keys: ["password"] }, "keys: found a list. Write a mapping."],
      [{ cloudSecret: "" }, "cloudSecret: found "],
    ],
  ],
  [
    Addon,
    {
      name: "till",
      releaseName: "till",
      namespace: "till",
      chart,
      repository,
      defaults: {},
      values: {},
      podSecurity: "restricted",
      from: [peer],
      to: [],
      wave: 1,
      clusterKinds: [{ group: "", kind: "Node", namespaced: false }],
      skipSchemaValidation: true,
    },
    [
      "name",
      "releaseName",
      "values",
      "podSecurity",
      "from",
      "to",
      "clusterKinds",
      "skipSchemaValidation",
    ],
    [
      [{ wave: "1" }, 'wave: found "1". Write a number.'],
      [{ defaults: undefined }, '"defaults" is missing. Write it here.'],
      [{ clusterKinds: ["Node"] }, 'clusterKinds.0: found "Node". Write a mapping.'],
    ],
  ],
];

/** The mistakes of `chart/it`, one in each line. */
function said(MadeClass: Class, props: unknown): readonly string[] {
  try {
    new MadeClass(new Chart(new App(), "chart"), "it", props as never);
    return [];
  } catch (error) {
    // The add-on's own rule for names has no class of its own.
    if (/^name: |^namespace: /.test((error as Error).message)) return [];
    expect([props, error]).toEqual([props, expect.objectContaining({ name: "InputError" })]);
    return (error as Error).message.split("\n");
  }
}

describe.each(classes)("%o", (MadeClass, valid, optional, wrong) => {
  test("takes valid props", () => {
    expect(said(MadeClass, valid)).toEqual([]);
  });

  test("misses what is required", () => {
    for (const key of Object.keys(valid)) {
      const { [key]: _, ...rest } = valid;
      const message = `chart/it: "${key}" is missing. Write it here.`;
      expect(said(MadeClass, rest)).toEqual(optional.includes(key) ? [] : [message]);
    }
    for (const value of [undefined, null, "till", []]) {
      expect(said(MadeClass, value)).toEqual([
        expect.stringMatching(/^chart\/it: found .* in place of the props\. Write an object with /),
      ]);
    }
  });

  test("takes no value of another type", () => {
    for (const key of Object.keys(valid)) {
      for (const value of [null, 5.5, 1n, [null], () => "", Symbol("a"), Object.create(null)]) {
        for (const line of said(MadeClass, { ...valid, [key]: value })) {
          expect(line).toMatch(new RegExp(`^chart/it: ${key}(\\.|: ).*Write .*[.]$`));
        }
      }
    }
  });

  test.each(wrong)("refuses %j", (props, message) => {
    expect(said(MadeClass, { ...valid, ...props })).toEqual([
      expect.stringContaining(`chart/it: ${message}`),
    ]);
  });
});

const functions: readonly (readonly [work: () => unknown, message: string])[] = [
  [() => inNamespaces("kube-system" as never), "inNamespaces: namespaces: found"],
  [() => inNamespaces(undefined as never), 'inNamespaces: namespaces: "namespaces" is missing.'],
  [() => inNamespaces([5] as never), "inNamespaces: namespaces: found a list. Write a list of nam"],
  [() => inNamespace(undefined as never), 'inNamespace: namespace: "namespace" is missing.'],
  [() => tcpPorts("443" as never), 'tcpPorts: numbers.0: found "443". Write a number.'],
  [() => tcpPorts([443] as never), "tcpPorts: numbers.0: found a list. Write a number."],
  [() => udpPort(70_000), "udpPort: number: 70000 is too large. Write at most 65535."],
];
test.each(functions)("%o is refused", (work, message) => {
  expect(work).toThrow(message);
});
