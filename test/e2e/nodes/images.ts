/**
 * The images for the pods of a run, with the same names as in the manifests. They are made of Debian's
 * programs and of the peers, because the tests have no registry. If a program is not available either, a small
 * one with the same user, paths and protocol replaces it (stand-ins/), and the table says so.
 *
 * An image that no entry of the table makes fails the run: see `makeImages`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { argoCdPeers } from "../argo-cd.ts";
import { peer } from "../control-plane.ts";
import { run } from "../processes.ts";
import { sandboxImage } from "./machine.ts";
import {
  ociArchive,
  repositoryOf,
  type Layer,
  type OciArchive,
  type OciImage,
} from "./oci-archive.ts";
import { playedK3s, upgradeRelease, upgradeScript } from "./played-k3s.ts";
import { putBusybox, putFiles, putPrograms, type Programs } from "./root-folder.ts";

export const upgradeControllerPeer = "system-upgrade-controller-0.20.1";

interface Recipe {
  /** What is in it, for the table. */
  readonly content: string;
  /** Whether a program of Flotilla replaces the image's own. @default false */
  readonly isStandIn?: boolean;
  /** @default none */
  readonly programs?: () => Programs;
  /** Whether Node is in it. @default false */
  readonly node?: boolean;
  /** Texts by their paths. @default none */
  readonly files?: () => Readonly<Record<string, string>>;
  /** Symbolic links by their paths. @default none */
  readonly links?: Readonly<Record<string, string>>;
  /** Who owns what it adds to BusyBox. @default root */
  readonly owner?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

const debian = (names: readonly string[], folder = "/usr/bin"): Programs =>
  Object.fromEntries(names.map((name) => [`${folder}/${name}`, `${folder}/${name}`]));

const standIn = (name: string) =>
  `#!/usr/bin/node\n${readFileSync(join(import.meta.dirname, "stand-ins", `${name}.mjs`), "utf8")}`;

/** As in Argo CD's image: its caller recognizes a bad signature by the output, not by the exit code. */
const signatureScript = (command: string) => `#!/bin/sh\n${command} 2>&1\n[ $? -le 1 ]\n`;

/** By the repository, without tag and digest. */
const recipes: Readonly<Record<string, Recipe>> = {
  "registry.k8s.io/pause": {
    content: "BusyBox's sleep",
    config: { Entrypoint: ["/bin/sleep", "infinity"], User: "65535:65535" },
  },
  "ghcr.io/wg-easy/wg-easy": {
    content: "Debian's wireguard-tools, wireguard-go and nftables",
    programs: () => ({
      ...debian(["wg", "wireguard-go"]),
      ...debian(["nft"], "/usr/sbin"),
    }),
    config: { WorkingDir: "/app" },
  },
  "docker.io/ubuntu/squid": {
    content: "Debian's Squid",
    programs: () => ({
      ...debian(["squid"], "/usr/sbin"),
      ...debian(["unlinkd", "log_file_daemon"], "/usr/lib/squid"),
      "/usr/share/squid": "/usr/share/squid",
      "/etc/squid": "/etc/squid",
    }),
  },
  "docker.io/library/node": { content: "Node of the npm package", node: true },
  "quay.io/prometheus/node-exporter": {
    content: "node_exporter",
    programs: () => ({ "/bin/node_exporter": peer("node-exporter-1.12.1") }),
    config: { Entrypoint: ["/bin/node_exporter"], User: "nobody" },
  },
  "quay.io/argoproj/argocd": {
    content: "Argo CD, and Debian's git, GnuPG and tini",
    programs: () => ({
      "/usr/local/bin/argocd": peer(argoCdPeers.program),
      "/usr/local/bin/helm": peer("helm-4.1.4"),
      "/usr/lib/git-core/git": "/usr/bin/git",
      ...debian(["git-remote-http"], "/usr/lib/git-core"),
      ...debian(["git", "gpg", "gpg-agent", "gpgconf", "gpg-connect-agent", "tini"]),
      // BusyBox's has no -n.
      "/bin/cp": "/bin/cp",
    }),
    files: () => ({
      "/usr/local/bin/entrypoint.sh": '#!/bin/sh\nexec tini -- "$@"\n',
      "/usr/local/bin/gpg-wrapper.sh": signatureScript('gpg "$@"'),
      "/usr/local/bin/git-verify-wrapper.sh": signatureScript('git verify-commit "$1"'),
    }),
    links: Object.fromEntries(
      ["server", "repo-server", "application-controller", "applicationset-controller"].map(
        (part) => [`/usr/local/bin/argocd-${part}`, "argocd"],
      ),
    ),
    config: {
      Entrypoint: ["/usr/local/bin/entrypoint.sh"],
      User: "999",
      WorkingDir: "/home/argocd",
    },
  },
  "public.ecr.aws/docker/library/redis": {
    content: "Debian's Redis",
    programs: () => ({ "/usr/local/bin/redis-server": "/usr/bin/redis-server" }),
    files: () => ({
      "/usr/local/bin/docker-entrypoint.sh": `#!/bin/sh
case $1 in -*) set -- redis-server "$@" ;; esac
exec "$@"
`,
    }),
    config: { Entrypoint: ["docker-entrypoint.sh"], Cmd: ["redis-server"], WorkingDir: "/tmp" },
  },
  "quay.io/jetstack/cert-manager-controller": {
    content: "cert-manager's controllers for CAs, in a command of Flotilla",
    programs: () => ({ "/app/cmd/controller/controller": peer("cert-manager-1.21.1-2") }),
    config: { Entrypoint: ["/app/cmd/controller/controller"], User: "1000" },
  },
  "ghcr.io/stefanprodan/podinfo": {
    content: "a web service",
    isStandIn: true,
    node: true,
    files: () => ({ "/home/app/podinfo": standIn("podinfo") }),
    owner: "100:101",
    config: { WorkingDir: "/home/app", User: "app", Cmd: ["./podinfo"] },
  },
  "docker.io/fluent/fluent-bit": {
    content: "a program that sends lines of logs",
    isStandIn: true,
    node: true,
    files: () => ({ "/fluent-bit/bin/fluent-bit": standIn("fluent-bit") }),
  },
  "docker.io/rancher/system-upgrade-controller": {
    content: "system-upgrade-controller",
    programs: () => ({ "/bin/system-upgrade-controller": peer(upgradeControllerPeer) }),
    config: { Entrypoint: ["/bin/system-upgrade-controller"], User: "65534:65534" },
  },
  "docker.io/rancher/k3s-upgrade": {
    content: "a script that replaces the binary of what plays K3s",
    isStandIn: true,
    files: () => ({ "/opt/k3s": playedK3s(upgradeRelease), "/bin/upgrade.sh": upgradeScript() }),
  },
  "flotilla.test/elasticsearch": {
    content: "a program that takes lines of logs and says that its disk is full",
    isStandIn: true,
    node: true,
    files: () => ({ "/elasticsearch": standIn("elasticsearch") }),
    config: { Entrypoint: ["/elasticsearch"] },
  },
  "flotilla.test/dns": {
    content: "a name server for Services",
    isStandIn: true,
    node: true,
    files: () => ({ "/dns": standIn("dns") }),
    config: { Entrypoint: ["/dns"] },
  },
};

export interface Images {
  /** For `ctr images import`. */
  readonly archive: string;
  readonly contents: readonly ImageContent[];
}

/** The contents of an image. */
export interface ImageContent {
  readonly repository: string;
  readonly content: string;
  readonly isStandIn: boolean;
}

/**
 * @param references as manifests have them
 * @throws Error that names every image that no entry of the table makes
 */
export async function makeImages(folder: string, references: readonly string[]): Promise<Images> {
  const wanted = [...new Set([sandboxImage, ...references])].toSorted();
  const unknown = wanted.filter((reference) => recipes[repositoryOf(reference)] === undefined);
  if (unknown.length > 0) throw new Error(`no entry of test/e2e/nodes/images.ts makes ${unknown}`);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, "images-"));
  const kit = layerKit(ociArchive(join(work, "layout")), work);
  const images: OciImage[] = [];
  for (const reference of wanted) {
    const recipe = recipes[repositoryOf(reference)];
    if (recipe === undefined) continue;
    const layers = await kit.layersOf(repositoryOf(reference), recipe);
    images.push({ reference, layers, config: recipe.config ?? {} });
  }
  const archive = join(folder, "images.tar");
  await kit.archive.write(images, archive);
  rmSync(work, { recursive: true });
  return { archive, contents: contentsOf(wanted) };
}

/** Archives, and what stopped machines unpacked from them: gigabytes in a folder. */
export async function removeImages(folder: string): Promise<void> {
  const found = ["(", "-name", "images.tar", "-o", "-name", "containerd", "-type", "d", ")"];
  await run(["find", folder, ...found, "-prune", "-exec", "rm", "-rf", "{}", "+"]);
}

function contentsOf(references: readonly string[]): ImageContent[] {
  return [...new Set(references.map(repositoryOf))].map((repository) => ({
    repository,
    content: recipes[repository]?.content ?? "",
    isStandIn: recipes[repository]?.isStandIn ?? false,
  }));
}

/** Makes each layer once. */
function layerKit(archive: OciArchive, work: string) {
  const made = new Map<string, Promise<Layer>>();
  const layer = (name: string, fill: (root: string) => unknown, owner?: string) => {
    const one = async () => {
      const root = join(work, name.replaceAll("/", "-"));
      mkdirSync(root);
      await fill(root);
      return archive.layer(root, owner);
    };
    const found = made.get(name) ?? one();
    made.set(name, found);
    return found;
  };
  const node = () => layer("node", (root) => putPrograms(root, { "/usr/bin/node": nodeBinary() }));
  return {
    archive,
    layersOf: async (repository: string, recipe: Recipe): Promise<Layer[]> => {
      const layers = [await layer("busybox", putBusybox)];
      if (recipe.node === true) layers.push(await node());
      const { programs, files, links, owner } = recipe;
      if (programs === undefined && files === undefined) return layers;
      const fill = async (root: string) => {
        await putPrograms(root, programs?.() ?? {});
        putFiles(root, files?.() ?? {});
        for (const [path, target] of Object.entries(links ?? {})) {
          symlinkSync(target, join(root, path));
        }
      };
      return [...layers, await layer(repository, fill, owner)];
    },
  };
}

function nodeBinary(): string {
  return join(peer("node-24.21.0"), "bin/node");
}
