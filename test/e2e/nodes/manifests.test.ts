import { expect, test } from "vitest";
import { imagesOf } from "./manifests.ts";
import { nameOf, repositoryOf } from "./oci-archive.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test.each([
  ["docker.io/library/node:24.21.0-alpine", "docker.io/library/node:24.21.0-alpine"],
  [`ghcr.io/wg-easy/wg-easy:15.4.0@${digest}`, `ghcr.io/wg-easy/wg-easy@${digest}`],
  [`localhost:5000/a/b:1@${digest}`, `localhost:5000/a/b@${digest}`],
  [`localhost:5000/a/b@${digest}`, `localhost:5000/a/b@${digest}`],
])("containerd has %s as %s", (reference, name) => {
  expect(nameOf(reference)).toBe(name);
  expect(repositoryOf(reference)).toBe(name.replace(/[@]sha256.*$|:[^:/]*$/, ""));
});

test("the images of manifests, in YAML and in JSON", () => {
  const yaml = `spec:
  initContainers:
    - image: quay.io/a/b:v1
  containers:
    - name: c
      image: "quay.io/c/d:1@${digest}"
      imagePullPolicy: IfNotPresent
`;
  const json = '{"containers":[{"image":"registry.k8s.io/e:3","name":"e"}]}';
  expect(imagesOf(yaml, json)).toEqual([
    "quay.io/a/b:v1",
    `quay.io/c/d:1@${digest}`,
    "registry.k8s.io/e:3",
  ]);
});
