/** Keys of labels: Kubernetes' own rule, without the prefixes that belong to programs. */
import { describe, expect, test } from "vitest";
import { labels } from "../../../fleet/grammar/label-schemas.ts";

const problems = (key: string) =>
  labels
    .safeParse({ [key]: "1" })
    .error?.issues.flatMap((issue) =>
      "issues" in issue && Array.isArray(issue.issues)
        ? issue.issues.map(({ message }: { readonly message: string }) => message)
        : issue.message,
    );

describe("a key", () => {
  test.each([
    "till",
    "Till_1.a",
    "example.com/till",
    "example/till",
    "a-b.example.com/Till_1.a",
    "notkubernetes.io/till",
    "flotilla.dev.example.com/till",
    `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}/${"e".repeat(63)}`,
  ])("%s is valid", (key) => {
    expect(problems(key)).toBeUndefined();
  });

  test.each([
    "",
    "/till",
    "example.com/",
    "a/b/c",
    "Example.com/-till",
    "example..com/till",
    "-example.com/till",
    "example_x.com/till",
    "example.com/-till",
    "example.com/till\n",
    "e".repeat(64),
    `${"a".repeat(64)}.com/till`,
    `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(62)}/till`,
  ])("%j is not valid", (key) => {
    expect(problems(key)).toEqual([
      `${JSON.stringify(key)} is not a valid label key. Write letters, digits, hyphens, dots and underscores, like till or example.com/till.`,
    ]);
  });

  test("a prefix with capital letters is answered with the right one", () => {
    expect(problems("Example.COM/Till")).toEqual([
      '"Example.COM/Till" has capital letters in its prefix, which is a domain. Write example.com/Till.',
    ]);
  });

  test.each([
    ["kubernetes.io/hostname", "Kubernetes"],
    ["app.kubernetes.io/name", "Kubernetes"],
    ["k8s.io/x", "Kubernetes"],
    ["argocd.argoproj.io/secret-type", "Argo CD"],
    ["k3s.io/x", "K3s"],
    ["flotilla.dev/site", "Flotilla"],
    ["x.flotilla.dev/site", "Flotilla"],
  ])("%s belongs to %s", (key, owner) => {
    const name = key.slice(key.indexOf("/") + 1);
    expect(problems(key)).toEqual([
      `"${key}" has a prefix of ${owner}. Write a prefix of your own, like example.com/${name}.`,
    ]);
  });
});
