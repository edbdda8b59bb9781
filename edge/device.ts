/**
 * One device: an operating system that parts put together. Each part adds files, units and so on
 * through the device's methods; the device sorts them, so the order of the parts is not important.
 *
 * Everything that a device makes can contain its secrets.
 */
import { Construct } from "constructs";
import { labelPattern } from "../fleet/model/names.ts";
import { formatMistake } from "../fleet/grammar/mistakes.ts";
import { kernelArgumentProblem } from "../fleet/model/kernel-argument.ts";
import type { Architecture, Board, Snippet } from "../fleet/model/device.ts";
import { disksOf, type InstallDisk } from "../fleet/model/disk.ts";
import type {
  ButaneBootDevice,
  ButaneConfig,
  ButaneDirectory,
  ButaneDisk,
  ButaneFile,
  ButaneFilesystem,
  ButaneLink,
  ButaneProxy,
  ButaneUnit,
  ButaneUser,
} from "./butane/config.ts";
import { requireArgument, requireScope } from "./device-arguments.ts";
import { composeParts } from "./device-config.ts";
import { requireOwnName } from "./device-names.ts";
import { devicePropsSchema, mirrorMistakes } from "./device-props.ts";
import { plainProxyWarning } from "./butane/checks.ts";
import { requireProps } from "./props.ts";
import { formatEntry, type ReportEntry } from "./butane/report.ts";
import { butaneText } from "./butane/text.ts";
import { translateSimilar } from "./butane/similar.ts";
import { translateConfig } from "./butane/translate.ts";
import {
  additionAt,
  DeviceError,
  noteAddition,
  pathsBelowFiles,
  type Addition,
  type KeptData,
  type Kind,
  type Requirement,
} from "./additions.ts";
import { snippetIgnition, snippetReport } from "./snippets.ts";
import type { Owners, OwnSystem } from "./snippets/own-system.ts";

export interface EdgeDeviceProps {
  /** A DNS label: the host name, and the folder of the device's files. @default the construct's id */
  readonly name?: string;
  readonly architecture: Architecture;
  /**
   * What the installer erases and writes Fedora CoreOS to: a block device, `/dev/nvme0n1`; how the live
   * system chooses it; or disks that BootMirror mirrors.
   */
  readonly disk: InstallDisk;
  /** @default a machine like any other of its architecture */
  readonly board?: Board;
  /** Appended to the installed system's kernel command line, in order. @default none */
  readonly kernelArguments?: readonly string[];
  /** Name of the fleet, for comments and for messages on the screen. @default none */
  readonly fleet?: string;
  /**
   * The release of Fedora CoreOS whose live ISO installs the device, `44.20260621.3.1`.
   * @default any release since December 2021
   */
  readonly coreosRelease?: string;
}

export class EdgeDevice extends Construct {
  readonly name: string;
  readonly architecture: Architecture;
  readonly disk: InstallDisk;
  readonly board: Board | undefined;
  readonly fleet: string | undefined;
  readonly coreosRelease: string | undefined;

  readonly #kernelArguments: string[];
  readonly #disks: ButaneDisk[] = [];
  readonly #filesystems: ButaneFilesystem[] = [];
  readonly #directories: ButaneDirectory[] = [];
  readonly #files: ButaneFile[] = [];
  readonly #links: ButaneLink[] = [];
  readonly #units: ButaneUnit[] = [];
  readonly #users: ButaneUser[] = [];
  readonly #snippets: Snippet[] = [];
  readonly #installerKeyfiles = new Map<string, string>();
  #snippetsAreChecked = true;
  #bootDevice: ButaneBootDevice | undefined;
  #keptData: KeptData = {};
  #proxy: ButaneProxy | undefined;
  #authorities: readonly string[] = [];

  /** Which part added what. A path is one directory, one file or one link. */
  readonly #owners: Readonly<Record<Kind, Map<string, Construct>>> = {
    path: new Map(),
    unit: new Map(),
    user: new Map(),
    setting: new Map(),
    disk: new Map(),
    filesystem: new Map(),
    "installer keyfile": new Map(),
  };
  readonly #argumentOwners = new Map<string, Construct>();
  readonly #conflicts: (Addition & { readonly message: string })[] = [];
  readonly #requirements: Requirement[] = [];
  /** The composed configuration, until something is added. */
  #config: ButaneConfig | undefined;

  constructor(scope: Construct, id: string, props: EdgeDeviceProps) {
    super(scope, id);
    requireProps(this, props, devicePropsSchema(props?.disk));
    this.name = props.name ?? id;
    requireOwnName(this, this.name);
    this.architecture = props.architecture;
    this.disk = props.disk;
    this.board = props.board;
    this.fleet = props.fleet;
    this.coreosRelease = props.coreosRelease;
    this.#kernelArguments = [...(props.kernelArguments ?? [])];
    this.node.addValidation({ validate: () => this.#mistakes() });
  }

  /** The device that a part belongs to: the nearest one above it in the tree of constructs. */
  static of(scope: Construct): EdgeDevice {
    requireScope(scope);
    const device = scope.node.scopes.findLast((each) => each instanceof EdgeDevice);
    if (device === undefined) {
      throw new Error(`${scope.node.path} is not part of an EdgeDevice. Create it inside one.`);
    }
    return device;
  }

  /** The device's name and its fleet's, for people. */
  get title(): string {
    return this.fleet === undefined ? this.name : `${this.name} of fleet ${this.fleet}`;
  }

  /** What the installation must not erase. */
  get keptData(): KeptData {
    return this.#keptData;
  }

  get kernelArguments(): readonly string[] {
    return this.#kernelArguments;
  }

  /** In the order in which they were added. */
  get snippets(): readonly Snippet[] {
    return this.#snippets;
  }

  /** A file with its contents, or with the URL that Ignition fetches it from. A path belongs to one part. */
  addFile(part: Construct, file: ButaneFile): void {
    requireArgument(this, "addFile", part, file);
    if (this.#claim("path", file.path, part)) this.#files.push(file);
  }

  /** A directory; those above a file are made without it. */
  addDirectory(part: Construct, directory: ButaneDirectory): void {
    requireArgument(this, "addDirectory", part, directory);
    if (this.#claim("path", directory.path, part)) this.#directories.push(directory);
  }

  /** A symbolic link. */
  addLink(part: Construct, link: ButaneLink): void {
    requireArgument(this, "addLink", part, link);
    if (this.#claim("path", link.path, part)) this.#links.push(link);
  }

  /** A unit of systemd, or what becomes of one that the system has. */
  addUnit(part: Construct, unit: ButaneUnit): void {
    requireArgument(this, "addUnit", part, unit);
    if (this.#claim("unit", unit.name, part)) this.#units.push(unit);
  }

  /** A user, or keys and groups of one that the system has. */
  addUser(part: Construct, user: ButaneUser): void {
    requireArgument(this, "addUser", part, user);
    if (this.#claim("user", user.name, part)) this.#users.push(user);
  }

  /** Adds settings of the boot disk; each of them is set by one part. */
  setBootDevice(part: Construct, bootDevice: ButaneBootDevice): void {
    requireArgument(this, "setBootDevice", part, bootDevice);
    const claimed = Object.keys(bootDevice).map((key) =>
      this.#claim("setting", `boot_device.${key}`, part),
    );
    if (claimed.every(Boolean)) this.#bootDevice = { ...this.#bootDevice, ...bootDevice };
  }

  /** Partitions of a disk other than the boot disk, or of the boot disk itself. */
  addDisk(part: Construct, disk: ButaneDisk): void {
    requireArgument(this, "addDisk", part, disk);
    if (this.#claim("disk", disk.device, part)) this.#disks.push(disk);
  }

  /** A file system on a partition; a unit has to mount it after the first boot. */
  addFilesystem(part: Construct, filesystem: ButaneFilesystem): void {
    requireArgument(this, "addFilesystem", part, filesystem);
    if (this.#claim("filesystem", filesystem.device, part)) this.#filesystems.push(filesystem);
  }

  /** Makes the installer keep a disk or a partition. */
  keepData(part: Construct, data: KeptData): void {
    requireArgument(this, "keepData", part, data);
    if (this.#claim("setting", "kept data", part)) this.#keptData = data;
  }

  /** A keyfile of NetworkManager for the live system and for the first boot's initramfs. */
  addInstallerKeyfile(name: string, contents: string, part: Construct = this): void {
    requireArgument(this, "addInstallerKeyfile", part, { name, contents });
    if (this.#claim("installer keyfile", name, part)) this.#installerKeyfiles.set(name, contents);
  }

  /** The keyfiles by their names, sorted. */
  get installerKeyfiles(): ReadonlyMap<string, string> {
    return new Map([...this.#installerKeyfiles].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The proxy for Ignition's own downloads. */
  setProxy(part: Construct, proxy: ButaneProxy): void {
    requireArgument(this, "setProxy", part, proxy);
    if (this.#claim("setting", "ignition.proxy", part)) this.#proxy = proxy;
  }

  /** PEM texts with certificates of authorities that Ignition trusts for its own downloads. */
  setAuthorities(part: Construct, authorities: readonly string[]): void {
    requireArgument(this, "setAuthorities", part, authorities);
    if (this.#claim("setting", "ignition.security", part)) this.#authorities = authorities;
  }

  /** Appends to the installed system's kernel command line; the first argument can be the part that does. */
  addKernelArguments(...all: readonly (Construct | string)[]): void {
    const part = all.find((each) => Construct.isConstruct(each)) ?? this;
    const kernelArguments = all.filter((each) => each !== part) as readonly string[];
    requireArgument(this, "addKernelArguments", part, kernelArguments);
    this.#config = undefined;
    this.#kernelArguments.push(...kernelArguments);
    for (const each of kernelArguments) this.#argumentOwners.set(each, part);
  }

  /**
   * Adds a Butane document. Ignition merges it into the rest when the device starts, after the
   * snippets before it; it must not replace what a part adds.
   *
   * @param options.isChecked whether the snippets were checked on a device with the same parts
   */
  addSnippet(snippet: Snippet, options: { readonly isChecked?: boolean } = {}): void {
    requireArgument(this, "addSnippet", this, { snippet, options });
    this.#config = undefined;
    this.#snippets.push(snippet);
    this.#snippetsAreChecked &&= options.isChecked ?? false;
  }

  /** Makes the device invalid if no part adds the unit; `from` is the construct that adds it. */
  requireUnit(part: Construct, name: string, from: string): void {
    requireArgument(this, "requireUnit", part, { name, from });
    this.#config = undefined;
    this.#requirements.push({ part, kind: "unit", name, from });
  }

  /** Makes the device invalid if no part adds the path; `from` is the construct that adds it. */
  requirePath(part: Construct, name: string, from: string): void {
    requireArgument(this, "requirePath", part, { name, from });
    this.#config = undefined;
    this.#requirements.push({ part, kind: "path", name, from });
  }

  /** Which part adds each path and each unit: the part's path inside the device. */
  get owners(): Owners {
    const { path, unit, user } = this.#owners;
    return { paths: this.#named(path), units: this.#named(unit), users: this.#named(user) };
  }

  /** What the parts make of the device, without its snippets. */
  get ownSystem(): OwnSystem {
    const { architecture, disk, kernelArguments, owners } = this;
    const { trace } = translateConfig(this.#composeParts(), { traced: true });
    const config = trace?.output ?? {};
    const declaresNetwork = this.#installerKeyfiles.size > 0;
    const disks = disksOf(disk);
    return { architecture, disks, kernelArguments, declaresNetwork, ...owners, config };
  }

  /** All mistakes of the device and its parts, each with the construct's path; empty for none. */
  validate(): readonly string[] {
    return this.node
      .findAll()
      .flatMap((each) => each.node.validate().map((mistake) => `${each.node.path}: ${mistake}`));
  }

  /**
   * The device's Butane configuration.
   *
   * @throws Error with all mistakes of the device
   */
  toConfig(): ButaneConfig {
    if (this.#config === undefined) {
      const mistakes = this.validate();
      if (mistakes.length > 0) {
        const message = `${this.title} is not valid:\n${mistakes.join("\n")}`;
        throw new DeviceError(message, [...this.#conflicts, ...this.#belowFiles()]);
      }
      this.#config = this.#compose();
    }
    return this.#config;
  }

  /**
   * The Butane configuration as text.
   *
   * @throws Error with all mistakes of the device
   */
  toButane(): string {
    return butaneText(this.toConfig(), `${this.title}, written by flotilla`);
  }

  /**
   * The Ignition configuration: JSON in one line.
   *
   * @throws Error with all mistakes of the device
   */
  toIgnition(): string {
    const { ignition, error, report } = translateSimilar(this.toConfig());
    // A snippet can have warnings, which its operator gets elsewhere. Parts have only one, about the
    // usual proxy: TLS goes through it, and it takes the name of the host without TLS.
    const wrong = report.filter(
      ({ kind, message }) =>
        kind === "error" || (this.#snippets.length === 0 && message !== plainProxyWarning),
    );
    if (ignition === undefined || wrong.length > 0) {
      const additions = wrong.flatMap(({ path }) => additionAt(this.toConfig(), path) ?? []);
      // "config generated was invalid" says less than its entries.
      const isExplained = wrong.some(({ kind }) => kind === "error");
      const entries = [
        ...(error === undefined || isExplained ? [] : [error]),
        ...wrong.map((entry) => this.#entryText(entry)),
      ];
      throw new DeviceError(`${this.title} is not valid Butane:\n${entries.join("\n")}`, additions);
    }
    return ignition;
  }

  /** With the path or the name, and the part that adds it, in place of a number. */
  #entryText(entry: ReportEntry): string {
    const found = additionAt(this.toConfig(), entry.path);
    const owner = found && this.#owners[found.kind].get(found.name);
    if (found === undefined || owner === undefined) return formatEntry(entry);
    const field = found.field === "" ? "" : ` ${found.field}:`;
    return `${owner.node.path}: the ${found.kind} ${found.name}:${field} ${entry.message}`;
  }

  #claim(kind: Kind, name: string, part: Construct): boolean {
    noteAddition({ kind, name });
    const owners = this.#owners[kind];
    const owner = owners.get(name);
    this.#config = undefined;
    if (owner === undefined) {
      owners.set(name, part);
      return true;
    }
    const both = `${owner.node.path} and ${part.node.path}`;
    const message = `${both} both add the ${kind} ${name}. Remove one of them.`;
    this.#conflicts.push({ kind, name, message });
    return false;
  }

  #named(owners: ReadonlyMap<string, Construct>): ReadonlyMap<string, string> {
    const prefix = `${this.node.path}/`;
    const nameOf = ({ node: { path } }: Construct) =>
      path.startsWith(prefix) ? path.slice(prefix.length) : path;
    return new Map([...owners].map(([name, part]) => [name, nameOf(part)]));
  }

  #mistakes(): string[] {
    const missing = this.#requirements
      .filter(({ kind, name }) => !this.#owners[kind].has(name))
      .map(
        ({ part, kind, name, from }) =>
          `${part.node.path} needs the ${kind} ${name}. Add ${from} to the device.`,
      );
    const snippets = this.#snippetsAreChecked
      ? []
      : snippetReport(this.#snippets, this.ownSystem).mistakes;
    return [
      ...(labelPattern.test(this.name) ? [] : [`${JSON.stringify(this.name)} is not a DNS label.`]),
      ...this.#conflicts.map(({ message }) => message),
      ...this.#belowFiles().map(({ message }) => message),
      ...missing,
      ...mirrorMistakes(this.disk, this.#bootDevice?.mirror?.devices),
      ...this.#kernelArguments.flatMap((argument) => this.#argumentProblem(argument)),
      ...snippets.map(formatMistake),
    ];
  }

  #belowFiles(): (Addition & { readonly message: string })[] {
    const files = new Set(this.#files.map(({ path }) => path));
    const owners = this.#owners.path;
    return pathsBelowFiles(owners.keys(), files).map(([name, file]) => ({
      kind: "path",
      name,
      message: `${owners.get(name)?.node.path} adds the path ${name} below the file ${file} of ${owners.get(file)?.node.path}. Write another path.`,
    }));
  }

  #argumentProblem(argument: string): readonly string[] {
    const problem = kernelArgumentProblem(argument);
    if (problem === undefined) return [];
    const owner = this.#argumentOwners.get(argument);
    return [owner === undefined || owner === this ? problem : `${owner.node.path}: ${problem}`];
  }

  #compose(): ButaneConfig {
    const { variant, version, ignition: downloads, ...parts } = this.#composeParts();
    const merge = this.#snippets.map((snippet) => ({ inline: snippetIgnition(snippet) }));
    const ignition = { ...(merge.length > 0 && { config: { merge } }), ...downloads };
    return { variant, version, ...(Object.keys(ignition).length > 0 && { ignition }), ...parts };
  }

  #composeParts(): ButaneConfig {
    return composeParts({
      bootDevice: this.#bootDevice,
      proxy: this.#proxy,
      authorities: this.#authorities,
      disks: this.#disks,
      filesystems: this.#filesystems,
      directories: this.#directories,
      files: this.#files,
      links: this.#links,
      units: this.#units,
      users: this.#users,
    });
  }
}
