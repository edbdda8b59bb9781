/** The three forms of a workload in fleet.yaml, and the message for each mistake in them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import type { Workload } from "../../../fleet/model/workload.ts";
import { grammar } from "../../../gitops/grammar.ts";

const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub, region: us-east1 }
rings: [canary, stable]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda, labels: { role: till } }
  raspberry-pi-4: { architecture: aarch64, disk: /dev/mmcblk0, labels: { role: kiosk } }
sites:
  boston: { profile: mini-pc }
  gulf: { profile: mini-pc, ring: canary }
devices:
  store-{01..04}: { site: boston }
  store-05: { site: gulf }
  kiosk-{1..5}: { site: boston, profile: raspberry-pi-4 }
workloads:
`;
/** The number of the first line below \`workloads:\`. */
const first = head.split("\n").length;

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: prices
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-workloads-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function load(workloads: string): readonly Workload[] {
  write("fleet.yaml", head + workloads);
  return loadFleet(join(folder, "fleet.yaml"), grammar).fleet.workloads;
}

/** Every mistake; lines of fleet.yaml count from the first one below \`workloads:\`. */
function complaints(workloads: string): string[] {
  try {
    load(workloads);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => {
      const isOwn = mistake.file.endsWith("fleet.yaml");
      const line = mistake.line! - (isOwn ? first - 1 : 0);
      return formatMistake({ ...mistake, file: mistake.file.slice(folder.length + 1), line });
    });
  }
  return [];
}

const versions = "versions: { canary: 1.2.4, stable: 1.2.3 }";
const chart = "chart: { repository: https://charts.example.com/, name: board }";

describe("the three forms", () => {
  test("a construct, with its values as they are written", () => {
    const [workload] = load(`  point-of-sale:
    ${versions}
    values: { message: Ahoy }
    sites: { gulf: { memoryMebibytes: 256 } }
`);
    expect(workload).toMatchObject({
      name: "point-of-sale",
      values: { message: "Ahoy" },
      // The schema's defaults are not added: they would hide the values for all sites.
      sites: new Map([["gulf", { memoryMebibytes: 256 }]]),
      place: { file: join(folder, "fleet.yaml"), line: first, column: 3 },
    });
    expect(workload).not.toHaveProperty("chart");
    expect(workload).not.toHaveProperty("manifests");
  });

  test("manifests, in the order of the files' names", () => {
    write("board/b.yml", "# nothing\n");
    write("board/a.yaml", configMap);
    write("board/notes.md", "not read");
    write("board/sub/c.yaml", "not read: [");
    const [workload] = load(`  price-board:\n    ${versions}\n    manifests: board\n`);
    expect(workload?.manifests).toEqual([
      { file: join(folder, "board/a.yaml"), text: configMap },
      { file: join(folder, "board/b.yml"), text: "# nothing\n" },
    ]);
  });

  test("a chart, with the kinds of most charts or its own", () => {
    const [plain, own] = load(`  board-a:
    ${versions}
    ${chart}
  board-b:
    ${versions}
    ${chart}
    kinds: [apps/StatefulSet, Service, rbac.authorization.k8s.io/ClusterRole]
    podSecurity: baseline
`);
    expect(plain?.chart).toMatchObject({ repository: "https://charts.example.com", name: "board" });
    expect(plain?.chart?.kinds.map(({ group, kind }) => `${group}/${kind}`)).toEqual([
      "/ConfigMap",
      "/PersistentVolumeClaim",
      "/Secret",
      "/Service",
      "/ServiceAccount",
      "apps/Deployment",
      "networking.k8s.io/Ingress",
    ]);
    expect(own?.podSecurity).toBe("baseline");
    expect(own?.chart?.kinds).toEqual([
      { group: "apps", kind: "StatefulSet", namespaced: true },
      { group: "", kind: "Service", namespaced: true },
      { group: "rbac.authorization.k8s.io", kind: "ClusterRole", namespaced: false },
    ]);
  });
});

describe("mistakes in fleet.yaml", () => {
  const w = "workloads";
  test.each<[name: string, workloads: string, messages: string[]]>([
    [
      "a value that its construct doesn't know, or of a wrong type",
      `  point-of-sale:
    ${versions}
    values: { mesage: Ahoy, memoryMebibytes: 256Mi }
    sites: { gulf: { memoryMebibytes: 16 } }
`,
      [
        `fleet.yaml:3:15: ${w}.point-of-sale.values.mesage: unknown key "mesage". Did you mean message?`,
        `fleet.yaml:3:46: ${w}.point-of-sale.values.memoryMebibytes: found "256Mi". Write a number.`,
        `fleet.yaml:4:39: ${w}.point-of-sale.sites.gulf.memoryMebibytes: 16 is too small. Write at least 32.`,
      ],
    ],
    [
      "an unknown site, ring and key",
      `  board:
    versions: { canary: 1.2.3, stabel: 1.2.3 }
    ${chart}
    sites: { bostn: {} }
    value: {}
`,
      [
        `fleet.yaml:2:5: ${w}.board.versions: the version for stable is missing. Write one for every ring.`,
        `fleet.yaml:2:32: ${w}.board.versions.stabel: found "stabel". Write one of: canary, stable. Did you mean stable?`,
        `fleet.yaml:4:14: ${w}.board.sites.bostn: found "bostn". Write one of: boston, gulf. Did you mean boston?`,
        `fleet.yaml:5:5: ${w}.board.value: unknown key "value". Did you mean values?`,
      ],
    ],
    [
      "chart versions that are ranges",
      `  board:
    versions: { canary: ">=1.2.0 <2", stable: "1.2" }
    ${chart}
`,
      [
        `fleet.yaml:2:25: ${w}.board.versions.canary: ">=1.2.0 <2" is not an exact chart version. Write all three numbers, like 1.2.3, so that every device of the ring gets the same version.`,
        `fleet.yaml:2:47: ${w}.board.versions.stable: "1.2" is not an exact chart version. Write all three numbers, like 1.2.3, so that every device of the ring gets the same version.`,
      ],
    ],
    [
      "a version that is not a tag",
      `  telemetry: { versions: { canary: ^1.9, stable: 1.9.0 } }\n`,
      [
        `fleet.yaml:1:36: ${w}.telemetry.versions.canary: "^1.9" is not a valid version. Write an image tag: letters, digits, dots, hyphens and underscores.`,
      ],
    ],
    [
      "a chart without versions",
      `  board:\n    ${chart}\n`,
      [`fleet.yaml:1:3: ${w}.board: "versions" is missing. Write it here.`],
    ],
    [
      "a chart from an invalid place",
      `  board:\n    ${versions}\n    chart: { repository: "ftp://ghcr.io/x", name: X }\n`,
      [
        `fleet.yaml:3:26: ${w}.board.chart.repository: "ftp://ghcr.io/x" is not a valid URL of a chart repository. Write one like https://charts.example.com or oci://registry.example.com/charts.`,
        `fleet.yaml:3:51: ${w}.board.chart.name: "X" is not a valid chart name. Write its name in the repository, in lower case.`,
      ],
    ],
    [
      "both a chart and manifests",
      `  board:\n    ${versions}\n    ${chart}\n    manifests: board\n`,
      [
        `fleet.yaml:3:5: ${w}.board.chart: a workload has either manifests or a chart. Delete one of the two.`,
        `fleet.yaml:4:16: ${w}.board.manifests: folder not found: "board".`,
      ],
    ],
    [
      "none of the three forms",
      `  board:\n    ${versions}\n    kinds: [Service]\n    podSecurity: baseline\n`,
      [
        `fleet.yaml:1:3: ${w}.board: unknown workload "board". Write one of: ${grammar.workloads.join(", ")}. Or write manifests or chart here, or add a class to flotilla.config.ts.`,
        `fleet.yaml:3:5: ${w}.board.kinds: kinds are for charts only. Delete this line.`,
        `fleet.yaml:4:5: ${w}.board.podSecurity: a construct sets this in its namespace. Delete this line.`,
      ],
    ],
    [
      "a kind with its version",
      `  board:\n    ${versions}\n    ${chart}\n    kinds: [v1/Service, apps/v1/Deployment]\n`,
      ["v1/Service", "apps/v1/Deployment"].map(
        (kind, index) =>
          `fleet.yaml:4:${[13, 25][index]}: ${w}.board.kinds.${index}: "${kind}" is not a valid kind. Write group and kind without a version, like apps/Deployment. For the core group write the kind only, like Service.`,
      ),
    ],
    [
      "a kind without its group",
      `  board:\n    ${versions}\n    ${chart}\n    kinds: [Service, Deployment, ingress]\n`,
      [
        `fleet.yaml:4:22: ${w}.board.kinds.1: "Deployment" is not a kind of Kubernetes' core group. Write apps/Deployment.`,
        `fleet.yaml:4:34: ${w}.board.kinds.2: "ingress" is not a valid kind. Write group and kind without a version, like apps/Deployment. For the core group write the kind only, like Service.`,
      ],
    ],
    [
      "names that Kubernetes reserves, or that are not valid",
      `  kube-system:\n    ${versions}\n    ${chart}\n  Board:\n    ${versions}\n    ${chart}\n`,
      [
        `fleet.yaml:1:3: ${w}.kube-system: "kube-system" is a namespace of Kubernetes, and the name of a workload is its namespace. Write another name.`,
        `fleet.yaml:4:3: ${w}.Board: "Board" is not a valid DNS label. Write 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.`,
      ],
    ],
    [
      "devices of an architecture for which it has no image",
      `  board:\n    ${versions}\n    ${chart}\n    architectures: [x86_64]\n`,
      [
        `fleet.yaml:4:5: ${w}.board.architectures: the selector matches kiosk-1 (aarch64), kiosk-2 (aarch64), kiosk-3 (aarch64) and 2 more, and there is no image for that architecture. Select other devices, or add the architecture when there is an image.`,
      ],
    ],
    [
      "a selector that matches no device",
      `  board:\n    ${versions}\n    ${chart}\n    selector: { role: oven }\n`,
      [
        `fleet.yaml:4:5: ${w}.board.selector: no device has role: oven. Write labels of devices, sites or profiles in this file.`,
      ],
    ],
  ])("%s", (_name, workloads, messages) => {
    expect(complaints(workloads)).toEqual(messages);
  });

  test("manifests in place of a construct", () => {
    expect(complaints(`  telemetry:\n    ${versions}\n    manifests: board\n`)).toEqual([
      expect.stringContaining(
        `fleet.yaml:3:5: ${w}.telemetry.manifests: unknown key "manifests". Known keys: selector, versions, `,
      ),
    ]);
  });

  test("a folder without YAML", () => {
    write("board/notes.md", "");
    expect(complaints(`  board:\n    ${versions}\n    manifests: board\n`)).toEqual([
      `fleet.yaml:3:16: ${w}.board.manifests: no YAML file in this folder: "board".`,
    ]);
  });

  test("names that would make one Application of two", () => {
    const text = `  board:\n    ${versions}\n    ${chart}\n  05-board:\n    ${versions}\n    ${chart}\n`;
    expect(complaints(text)).toEqual([]);
    const clashing = head.replace("  kiosk-", "  store: { site: boston }\n  kiosk-");
    write("fleet.yaml", clashing + text);
    expect(() => loadFleet(join(folder, "fleet.yaml"), grammar)).toThrow(
      "workloads.05-board: this name would create the Application store-05-board, of board on store-05 twice. Write another name.",
    );
  });

  test("names that would make one ApplicationSet of two", () => {
    const text = `  board:\n    versions: { a: 1.0.0, b-a: 1.0.0 }\n    ${chart}\n  board-b:\n    versions: { a: 1.0.0, b-a: 1.0.0 }\n    ${chart}\n`;
    const rings = head.replace("[canary, stable]", "[a, b-a]").replace(", ring: canary", "");
    write("fleet.yaml", rings + text);
    expect(() => loadFleet(join(folder, "fleet.yaml"), grammar)).toThrow(
      "workloads.board-b: this name would create the ApplicationSet board-b-a, of board in the ring b-a twice. Write another name.",
    );
  });
});

describe("moving tags", () => {
  test.each(["latest", "stable", "EDGE", "main", "nightly", "1.2-latest", "latest-alpine", "lts"])(
    "%s",
    (version) => {
      const tags = `{ canary: ${version}, stable: 1.4.2 }`;
      expect(complaints(`  telemetry:\n    versions: ${tags}\n`)).toEqual([
        expect.stringContaining(`"${version}" can name another image tomorrow. Write a version`),
      ]);
    },
  );

  test.each(["1.4.2", "2026-11-28", "v1", "1.4.2-rc.1", "sha-4f2a91c", "stable-20261128"])(
    "not %s",
    (version) => {
      const tags = `{ canary: "${version}", stable: 1.4.2 }`;
      expect(complaints(`  telemetry:\n    versions: ${tags}\n`)).toEqual([]);
    },
  );
});

describe("mistakes in manifests are reported at their own lines", () => {
  const workload = `  price-board:
    ${versions}
    manifests: board
    values: { price: 3, layout: { columns: 2 } }
    sites: { gulf: { extra: "1" } }
`;
  const data = (line: string) => `${configMap}data:\n  ${line}\n`;
  test.each<[name: string, text: string, messages: string[]]>([
    [
      "an unknown placeholder",
      data("text: costs ${values.prize} in ${ring}"),
      [
        "board/a.yaml:6:15: found ${values.prize}. Write one of: ${version}, ${ring}, ${site}, ${values.price}, ${values.layout.columns}. Did you mean ${values.price}? For this text itself, write $${values.prize}.",
      ],
    ],
    [
      "an unknown placeholder inside a block of many lines",
      data("text: |\n    $${HOME}\n    and ${HOME}"),
      [
        "board/a.yaml:8:9: found ${HOME}. Write one of: ${version}, ${ring}, ${site}, ${values.price}, ${values.layout.columns}. For this text itself, write $${HOME}.",
      ],
    ],
    [
      "a placeholder that only one site has",
      data("text: ${values.extra}"),
      [
        "board/a.yaml:6:9: found ${values.extra}. Write one of: ${version}, ${ring}, ${site}, ${values.price}, ${values.layout.columns}. For this text itself, write $${values.extra}.",
      ],
    ],
    [
      "a placeholder for a mapping",
      data("text: ${values.layout}"),
      [
        "board/a.yaml:6:9: ${values.layout} is a mapping, which cannot be part of a text. Write one of its keys here, or text, a number, true or false in fleet.yaml.",
      ],
    ],
    [
      "text that is not YAML",
      data("text: [1, 2"),
      ["board/a.yaml:6:9: the bracket [ is not closed. Write ] at its end."],
    ],
    [
      "a placeholder in a name, reported once",
      configMap.replace("prices", "prices-${values.shop}"),
      [
        "board/a.yaml:4:16: found ${values.shop}. Write one of: ${version}, ${ring}, ${site}, ${values.price}, ${values.layout.columns}. For this text itself, write $${values.shop}.",
      ],
    ],
    [
      "an alias without an anchor",
      data("text: *prices"),
      [
        "board/a.yaml:6:9: the anchor &prices is not defined above. Define it, or write the value instead of *prices.",
      ],
    ],
    [
      "a key that appears twice, in the second document",
      `${configMap}---\nkind: Secret\nkind: Secret\n`,
      ['board/a.yaml:7:1: the key "kind" appears twice. Delete one of the two.'],
    ],
    [
      "an object without kind and name",
      "apiVersion: v1\nmetadata: { labels: {} }\n",
      [
        'board/a.yaml:1:1: kind: "kind" is missing. Every object requires it: write one like Deployment.',
        'board/a.yaml:2:11: metadata.name: "name" is missing. Every object requires it: write one like price-board.',
      ],
    ],
    [
      "names that are not text, or lead out of the folder",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: 5 }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: ../x }\n",
      [
        "board/a.yaml:3:19: metadata.name: found 5. Write name as text, like price-board.",
        'board/a.yaml:7:19: metadata.name: found "../x". Write name as text, like price-board.',
      ],
    ],
    [
      "documents that are not objects",
      "- one\n---\ntwo\n",
      [
        "board/a.yaml:1:1: found a list. Write a Kubernetes object with apiVersion, kind and metadata.",
        'board/a.yaml:3:1: found "two". Write a Kubernetes object with apiVersion, kind and metadata.',
      ],
    ],
    [
      "another namespace",
      configMap.replace("prices\n", "prices\n  namespace: prices\n"),
      [
        'board/a.yaml:5:14: metadata.namespace: found "prices". The workload\'s namespace is price-board: write that name, or delete this line.',
      ],
    ],
    [
      "a namespace in an object of the whole cluster",
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: x, namespace: price-board }\n",
      [
        "board/a.yaml:3:33: metadata.namespace: a ClusterRole does not have a namespace. Delete this line.",
      ],
    ],
    [
      "a Namespace with another name",
      "apiVersion: v1\nkind: Namespace\nmetadata: { name: prices }\n",
      [
        'board/a.yaml:3:19: metadata.name: found "prices". The workload\'s namespace is price-board: write that name, or delete this object.',
      ],
    ],
    [
      "the same object twice",
      `# first\n${configMap}---\n${configMap}`,
      [
        "board/a.yaml:10:9: metadata.name: ConfigMap prices is already defined at $FOLDER/board/a.yaml:2:1. Delete one of the two, or write another name.",
      ],
    ],
  ])("%s", (_name, text, messages) => {
    write("board/a.yaml", text);
    const found = complaints(workload).map((each) => each.replace(folder, "$FOLDER"));
    expect(found).toEqual(messages);
  });
});
