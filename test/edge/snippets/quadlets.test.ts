/** Quadlets of which Podman makes units in the place of those that a device needs. */
import { expect, test } from "vitest";
import { said, store } from "../snippet-fleet.ts";

const container = "[Container]\nImage=a.example/b:1\n";
const mistakesIn = (quadlet: string) =>
  said(store(`variant: fcos\nversion: 1.8.0-experimental\nsystemd: { quadlets: [${quadlet}] }\n`))
    .mistakes;
const rootful = (name: string, contents = container, more = "") =>
  `{ name: ${name}, rootful: true, contents: ${JSON.stringify(contents)}${more} }`;
const byPath = (path: string, contents = container) =>
  said(
    store(
      `variant: fcos\nversion: 1.5.0\nstorage: { files: [{ path: ${path}, contents: { inline: ${JSON.stringify(contents)} } }] }\n`,
    ),
  ).mistakes;

test.each([
  ["by its name", rootful("NetworkManager.container"), "NetworkManager.service"],
  ["of Flotilla", rootful("k3s.kube", "[Kube]\nYaml=/x\n"), "k3s.service"],
  [
    "by ServiceName",
    rootful("own.container", `${container}ServiceName=zincati\n`),
    "zincati.service",
  ],
  [
    "by an alias",
    rootful("own.container", `${container}[Install]\nAlias=a.service k3s.service\n`),
    "k3s.service",
  ],
  [
    "by a drop-in",
    rootful(
      "own.container",
      container,
      `, dropins: [{ name: a.conf, contents: "[Container]\\nServiceName=chronyd\\n" }]`,
    ),
    "chronyd.service",
  ],
])("a quadlet that replaces a unit %s is refused", (_, quadlet, unit) => {
  expect(mistakesIn(quadlet)).toEqual([
    expect.stringContaining(`Podman makes ${unit} of this, which a device of Flotilla needs.`),
  ]);
});

test("so is one that is written as a file, even in a folder below", () => {
  for (const path of ["zincati.container", "own/polkit.container"]) {
    expect(byPath(`/etc/containers/systemd/${path}`)).toEqual([
      expect.stringContaining("Podman makes"),
    ]);
  }
});

test("others are accepted, and those of users", () => {
  const none = "{ name: NetworkManager.container, contents: '[Container]' }";
  expect(mistakesIn(none)).toEqual([]);
  expect(mistakesIn(rootful("own.container"))).toEqual([]);
  expect(mistakesIn(rootful("NetworkManager.network", "[Network]\n"))).toEqual([]);
  expect(byPath("/etc/containers/systemd/own.pod", "[Pod]\n")).toEqual([]);
});
