import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldChanges } from "../../../cli/plan/field-changes.ts";
import { objectChanges } from "../../../cli/plan/object-changes.ts";

describe("fieldChanges", () => {
  test("tells every difference by its path, lists of named things by name", () => {
    const pod = (image: string, more: object[] = []) => ({
      spec: { containers: [...more, { name: "app", image, ports: [80] }], "a.b/c": 1 },
    });
    const sidecar = { name: "log", image: "i:1" };
    expect(fieldChanges(pod("i:1"), pod("i:2", [sidecar]))).toEqual([
      { path: "spec.containers[log]", after: sidecar },
      { path: "spec.containers[app].image", before: "i:1", after: "i:2" },
    ]);
    expect(fieldChanges({ "a.b/c": 1 }, {})).toEqual([{ path: '["a.b/c"]', before: 1 }]);
    expect(fieldChanges({ a: [1, 2] }, { a: [2] })).toEqual([
      { path: "a", before: [1, 2], after: [2] },
    ]);
    expect(fieldChanges({ a: [{ b: 1 }] }, { a: [{ b: 2 }, { b: 3 }] })).toEqual([
      { path: "a[0].b", before: 1, after: 2 },
      { path: "a[1]", after: { b: 3 } },
    ]);
  });

  test("the same named things in another order are a difference", () => {
    const [a, b] = [{ name: "a" }, { name: "b" }];
    expect(fieldChanges({ all: [a, b] }, { all: [b, a] })).toHaveLength(1);
  });

  test("never shows what is under the name of a secret, or in an address", () => {
    const before = { adminPassword: "hunter2", url: "https://me:hunter2@git.example/x" };
    const after = { adminPassword: "hunter3", url: "https://me:hunter3@git.example/y" };
    const changes = fieldChanges(before, after);
    expect(changes).toEqual([
      { path: "adminPassword", secret: true },
      { path: "url", before: "https://***@git.example/x", after: "https://***@git.example/y" },
    ]);
    expect(JSON.stringify(fieldChanges({}, { login: after }))).not.toContain("hunter");
  });

  test("nothing between equal values, something between others, each path once", () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(value, value, (before, after) => {
        expect(fieldChanges(before, structuredClone(before))).toEqual([]);
        const changes = fieldChanges({ before }, { before: after });
        const same = JSON.stringify(before) === JSON.stringify(after);
        expect(changes.length > 0).toBe(!same);
        const paths = changes.map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
      }),
    );
  });
});

describe("objectChanges", () => {
  const secret = (password: string) => `apiVersion: v1
kind: Secret
metadata:
  name: login
  annotations: { kubectl.kubernetes.io/last-applied-configuration: "${password}" }
data: { ${password === "b" ? "other: eA==, " : ""}password: ${password} }
`;
  const file = (before: string | undefined, after: string | undefined) =>
    objectChanges([{ path: "hub/x.yaml", before, after }]);

  test("of a Secret only which keys change", () => {
    const changes = file(secret("first-secret"), secret("second-secret"));
    expect(changes[0]?.fields.every((field) => field.secret)).toBe(true);
    expect(changes[0]?.fields.at(-1)).toEqual({ path: "data.password", secret: true });
    expect(JSON.stringify(changes)).not.toMatch(/first-secret|second-secret/);
  });

  test("objects are known by kind and name, wherever they stand in the file", () => {
    const object = (name: string, value: number) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { value: ${value} }\n`;
    const changes = file(
      [object("a", 1), object("b", 1), object("c", 1)].join("---\n"),
      [object("b", 1), object("a", 2), object("d", 1)].join("---\n"),
    );
    expect(changes.map(({ name, change }) => [name, change])).toEqual([
      ["a", "changed"],
      ["d", "added"],
      ["c", "removed"],
    ]);
  });

  test("values of a chart are listed by path, and what is not YAML as a text", () => {
    expect(file("replicas: 1\n", "replicas: 2\n")).toEqual([
      {
        kind: "File",
        name: "x.yaml",
        namespace: null,
        change: "changed",
        fields: [{ path: "content.replicas", before: 1, after: 2 }],
      },
    ]);
    expect(file("a: [", "a: 1\n")[0]?.fields).toEqual([{ path: "text", secret: true }]);
  });
});
