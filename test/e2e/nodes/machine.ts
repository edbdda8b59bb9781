/**
 * A separate machine on this machine: namespaces of mounts, processes and host name around a network
 * namespace, with containerd in it. A kubelet runs in it as on a node.
 *
 * Traps handled here:
 * - The first process of a namespace of processes ignores SIGTERM, and everything else ends with it.
 * - `ip netns exec` puts a fresh /sys over the machine's, without the cgroups: `nsenter` does not.
 * - /run is the machine's own: CNI keeps network namespaces in it, iptables its lock.
 * - Without CAP_SYS_RESOURCE nothing may lower an oom_score_adj: containerd and the kubelet have a setting.
 */
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atExit, run, until, type Processes, type Service } from "../processes.ts";
import { makeCgroups, removeCgroups } from "./cgroups.ts";

export interface MachineOptions {
  /** Also its host name. */
  readonly name: string;
  /** The network namespace. */
  readonly namespace: string;
  /** Everything that it writes: images, logs, volumes. */
  readonly folder: string;
  /** Addresses of its pods. */
  readonly podsRange: string;
  /** Its own folders: the path inside → the path on this machine. */
  readonly mounts?: Readonly<Record<string, string>>;
}

export interface Machine {
  readonly name: string;
  readonly folder: string;
  /** The control group above all of its pods, from the root of each hierarchy. */
  readonly cgroup: string;
  /** Socket of containerd. */
  readonly containerd: string;
  /** Starts it with containerd and the images of an archive (oci-archive.ts). */
  start(images: string): Promise<void>;
  /** A program that keeps running. */
  service(name: string, command: readonly string[], ready?: () => unknown): Service;
  /** Runs a command to its end. */
  run(command: readonly string[], input?: string): Promise<string>;
  /** Adds the images of another archive. */
  addImages(archive: string): Promise<void>;
  /** Gives images that it has another name as well. */
  nameImages(names: readonly (readonly [from: string, to: string])[]): Promise<void>;
  /** A switch at the wall: every process is killed, and what the kernel of a machine forgets is gone. */
  cutPower(): Promise<void>;
}

/** Removes what it added to the network. The network namespace stays, unlike the machine's other ones. */
const forgotten = "nft flush ruleset; ip link delete cni0; ipset destroy; conntrack --flush; true";

const namespaceKinds = ["--mount", "--net", "--uts", "--pid"];

const ownFolders: Readonly<Record<string, string>> = {
  "/var/log": "log",
  "/var/lib/kubelet": "kubelet",
  "/var/lib/cni": "cni",
};

export function machine(processes: Processes, options: MachineOptions): Machine {
  const { name, namespace, folder } = options;
  const cgroup = `flotilla-${process.pid}-${name}`;
  atExit(() => void removeCgroups(cgroup));
  const socket = join(folder, "run/containerd.sock");
  const ready = join(folder, "ready");
  let first = "";
  const inside = () => ["nsenter", `--target=${first}`, ...namespaceKinds, "--"];
  const holder = processes.service({
    name: `${name}-machine`,
    command: [
      ["nsenter", `--net=/run/netns/${namespace}`, "unshare", "--mount", "--uts", "--pid"],
      ["--fork", "--kill-child", "--mount-proc", "bash", "--norc", join(folder, "machine.sh")],
    ].flat(),
    ready: () => existsSync(ready),
  });
  const inMachine = (command: readonly string[], input?: string) =>
    run([...inside(), ...command], input === undefined ? {} : { input });
  const service = (part: string, command: readonly string[], probe?: () => unknown) =>
    processes.service({
      name: `${name}-${part}`,
      command: [...inside(), ...command],
      ...(probe === undefined ? {} : { ready: probe }),
    });
  const client = ["ctr", `--address=${socket}`, "--namespace=k8s.io"];
  const addImages = async (archive: string) => {
    await inMachine([...client, "images", "import", "--no-unpack", archive]);
  };
  return {
    name,
    folder,
    cgroup,
    containerd: socket,
    service,
    run: inMachine,
    start: async (images) => {
      makeFolders(options);
      rmSync(ready, { force: true });
      writeFileSync(join(folder, "machine.sh"), script(options, ready));
      makeCgroups(cgroup);
      await holder.start();
      first = (await run(["pgrep", "--parent", String(holder.id())])).trim();
      const settings = join(folder, "containerd.toml");
      writeFileSync(settings, containerdSettings(folder, socket));
      const containerd = service("containerd", ["containerd", "--config", settings], () =>
        inMachine([...client, "version"]),
      );
      await containerd.start();
      await addImages(images);
    },
    addImages,
    nameImages: async (names) => {
      for (const [from, to] of names)
        await inMachine([...client, "images", "tag", "--force", from, to]);
    },
    cutPower: async () => {
      await holder.kill();
      await until(`${name} is off`, () => removeCgroups(cgroup), 60);
      await run(["bash", "--norc", "-c", forgotten], { namespace });
    },
  };
}

function makeFolders({ folder, namespace, mounts = {}, podsRange }: MachineOptions): void {
  const own = [...Object.values(ownFolders), "log/journal", "run", "etc"];
  for (const one of [...own, "cni-settings", "containerd"])
    mkdirSync(join(folder, one), { recursive: true });
  for (const path of Object.values(mounts)) mkdirSync(path, { recursive: true });
  for (const file of ["hosts", "resolv.conf"]) {
    copyFileSync(join("/etc/netns", namespace, file), join(folder, "etc", file));
  }
  const network = join(folder, "cni-settings/10-pods.conflist");
  writeFileSync(network, JSON.stringify(podNetwork(podsRange)));
}

/** The first process of the machine. */
function script({ name, folder, mounts = {} }: MachineOptions, ready: string): string {
  const own = Object.entries(ownFolders).map(([path, at]) => [path, join(folder, at)] as const);
  const bind = ([path, from]: readonly [string, string]) =>
    `mkdir -p '${path}'; mount --bind '${from}' '${path}'`;
  return `set -eu
mount --make-rprivate /
hostname '${name}'
${[...own, ...Object.entries(mounts)].map(bind).join("\n")}
for file in hosts resolv.conf; do mount --bind '${folder}/etc/'$file /etc/$file; done
mount -t tmpfs -o mode=755 run '${folder}/run'
mount --bind '${folder}/run' /run
mkdir -p /run/lock
mount --make-rshared /
sysctl -qw net.ipv4.ip_forward=1
: >'${ready}'
exec sleep infinity
`;
}

/** As with K3s' flannel and on GKE: a bridge, and an address for each pod. */
function podNetwork(subnet: string): object {
  return {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: "host-local", ranges: [[{ subnet }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

function containerdSettings(folder: string, socket: string): string {
  return `version = 2
root = "${folder}/containerd"
state = "${folder}/run/containerd"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  enable_selinux = false
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "${folder}/run/runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni-settings"
`;
}

/** The image of the pause container, which holds a pod's namespaces. */
export const sandboxImage = "registry.k8s.io/pause:3.10";
