/** A loaded fleet, its root key and its output folder. */
import { existsSync } from "node:fs";
import { publishingKey } from "../../fleet/keys/publishing-key.ts";
import type { RootKey } from "../../fleet/keys/root-key.ts";
import { deviceSecrets, publicKeys as madePublicKeys } from "../../fleet/keys/secrets.ts";
import { restoreKeys } from "../../fleet/lock/public-keys.ts";
import { fleetFilesOf, type FleetFiles } from "../../fleet/files/fleet-files.ts";
import {
  loadFleet,
  loadPublishingKey,
  loadRootKey,
  attempt,
  publishingKeyVariable,
  rootKeyVariable,
} from "../../fleet/resolve/load.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import type { LoadedFleet, LoadOptions } from "../../fleet/resolve/load.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Device } from "../../fleet/model/device.ts";
import type { OutsideSecrets } from "../../fleet/model/secret-reference.ts";
import type { DeviceSecrets, PublicKeys } from "../../fleet/model/secrets.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import type { Session } from "../terminal/session.ts";
import { filesBeside } from "./folder-files.ts";
import { outsideSecretReader, withholdSecrets } from "./outside-secrets.ts";
import { SynthesisIndex } from "./synthesis-index.ts";
import { loadOwnCode, type OwnCode } from "./own-code/load.ts";

/**
 * What a command makes, and so which keys it needs. `devices` (images, access to devices) and
 * `everything` need the root key. `state` needs it, or else the public keys of the lock and the
 * publishing key; `plan` does without the publishing key. `infra` needs no key. A root key that is
 * present is checked in any case.
 */
export type Purpose = "devices" | "everything" | "state" | "plan" | "infra";

export interface ProjectOptions extends Pick<LoadOptions, "pruneLock"> {
  /** @default devices */
  readonly makes?: Purpose;
}

/**
 * Loads the fleet without its root key, for commands that need no secrets.
 *
 * @param options `publicKeys`: whether those of the lock must be complete, if it has any
 */
export async function loadWithoutKey(
  fleetFile: string,
  options: Pick<LoadOptions, "publicKeys" | "edited"> = {},
): Promise<LoadedProject> {
  const ownCode = await loadOwnCode(fleetFile);
  const all = { ...ownCode.grammar, beside: filesBeside, ...options };
  const loaded = loadFleet(fleetFile, all);
  withholdSecrets(loaded.fleet.devices);
  return { ...loaded, ownCode };
}

/** A fleet with the user's code. */
export interface LoadedProject extends LoadedFleet {
  readonly ownCode: OwnCode;
}

/** Whether there is a root key, valid or not. */
export function hasRootKey({ rootKeyFile }: FleetFiles, session: Session): boolean {
  return isSet(session.environment, rootKeyVariable) || existsSync(rootKeyFile);
}

/**
 * Loads the fleet with the keys that a command needs.
 *
 * @throws InputError with every mistake in the fleet file, its lock and the keys
 */
export async function loadProject(
  fleetFile: string,
  session: Session,
  { makes = "devices", pruneLock = false }: ProjectOptions = {},
): Promise<Project> {
  const files = fleetFilesOf(fleetFile);
  const { environment } = session;
  const needsRootKey = makes === "devices" || makes === "everything";
  const hasKey = hasRootKey(files, session);
  const key = needsRootKey || hasKey ? attempt(() => loadRootKey(files, environment)) : undefined;
  const makesState = makes === "state" || makes === "plan";
  const ownCode = await loadOwnCode(fleetFile);
  const rootKey = key?.result;
  let keyIndex: SynthesisIndex | undefined;
  const withKey = (own: RootKey) => ({
    key: own,
    remember(fleet: string) {
      keyIndex = new SynthesisIndex(files.outputFolder, "keys", publishingKey(fleet, own));
      return keyIndex.remember;
    },
  });
  const loaded = attempt(() =>
    loadFleet(fleetFile, {
      ...ownCode.grammar,
      pruneLock,
      publicKeys: makesState || (hasKey && makes !== "devices"),
      ...(rootKey && withKey(rootKey)),
      beside: filesBeside,
    }),
  );
  const id = loaded.result?.keyId;
  const named =
    key?.mistakes && id !== undefined ? attempt(() => loadRootKey(files, environment, id)) : key;
  // Where there is no fleet, a key is not what is missing.
  const attempts = [loaded, ...(existsSync(fleetFile) && named !== undefined ? [named] : [])];
  const mistakes = attempts.flatMap((each) => each.mistakes ?? []);
  if (loaded.result === undefined || mistakes.length > 0) throw new InputError(mistakes);
  withholdSecrets(loaded.result.fleet.devices);
  if (rootKey !== undefined) {
    const digestKey = publishingKey(loaded.result.fleet.name, rootKey);
    const keys = { rootKey, digestKey };
    return new Project({ ...loaded.result, ownCode }, keys, environment, keyIndex);
  }
  const project = { ...loaded.result, ownCode };
  if (!makesState) return new Project(project, {}, environment);
  requirePublicKeys(project, session);
  const { publishingKeyId } = project;
  const isOptional = makes === "plan" && !hasPublishingKey(files, session);
  if (isOptional) return new Project(project, {}, environment);
  const digestKey = loadPublishingKey(files, environment, publishingKeyId);
  return new Project(project, { digestKey }, environment);
}

/** @throws InputError if there is neither a root key nor a lock with public keys */
function requirePublicKeys({ publicKeys, keyId, files }: LoadedFleet, session: Session): void {
  if (publicKeys !== undefined) return;
  const isNewFleet = keyId === undefined && !hasPublishingKey(files, session);
  if (isNewFleet) loadRootKey(files, session.environment);
  if (!existsSync(files.lockFile)) {
    const missing = `the lock is missing, and the public keys with it. It must be in Git. ${restoreKeys()}`;
    throw new InputError([{ file: files.lockFile, message: missing }]);
  }
  const message = `this lock has no public keys yet, so the root key is needed. ${restoreKeys()}`;
  throw new InputError([{ file: files.lockFile, path: "publicKeys", message }]);
}

function hasPublishingKey({ publishingKeyFile }: FleetFiles, session: Session): boolean {
  return isSet(session.environment, publishingKeyVariable) || existsSync(publishingKeyFile);
}

/** CI sets a variable to an empty text if it does not have the secret. */
function isSet(environment: Session["environment"], name: string): boolean {
  return (environment[name] ?? "") !== "";
}

export class Project implements LoadedProject {
  readonly fleet: Fleet;
  readonly files: FleetFiles;
  readonly lockText: string;
  readonly keyId: string | undefined;
  readonly notes: readonly Mistake[];
  readonly lockChanged: boolean;
  readonly publishingKeyId: string | undefined;
  readonly publicKeys: PublicKeys | undefined;
  readonly ownCode: OwnCode;
  /** What earlier syntheses made: of the hub, of the state repository, of the devices. */
  readonly infraIndex: SynthesisIndex;
  readonly stateIndex: SynthesisIndex;
  readonly edgeIndex: SynthesisIndex;
  readonly #keyIndex: SynthesisIndex | undefined;
  readonly #keys: ProjectKeys;
  readonly #outsideSecrets: (device: Device, standIn?: string) => OutsideSecrets;
  #state: Promise<Tree> | undefined;

  constructor(
    loaded: LoadedProject,
    keys: ProjectKeys,
    environment: Session["environment"],
    keyIndex?: SynthesisIndex,
  ) {
    this.fleet = loaded.fleet;
    this.files = loaded.files;
    this.lockText = loaded.lockText;
    this.keyId = loaded.keyId;
    this.notes = loaded.notes;
    this.lockChanged = loaded.lockChanged;
    this.publishingKeyId = loaded.publishingKeyId;
    this.publicKeys = loaded.publicKeys;
    this.ownCode = loaded.ownCode;
    this.#keys = keys;
    const index = (part: string) =>
      new SynthesisIndex(loaded.files.outputFolder, part, keys.digestKey);
    this.infraIndex = index("infra");
    this.stateIndex = index("gitops");
    this.edgeIndex = index("edge");
    this.#keyIndex = keyIndex;
    this.#outsideSecrets = outsideSecretReader(loaded.files.directory, environment);
  }

  /** The folder of the project: relative paths in its files start here. */
  get directory(): string {
    return this.files.directory;
  }

  get outputFolder(): string {
    return this.files.outputFolder;
  }

  get hasKey(): boolean {
    return this.#keys.rootKey !== undefined;
  }

  get key(): RootKey {
    const { rootKey } = this.#keys;
    if (rootKey === undefined) throw new Error("the project was loaded without its root key");
    return rootKey;
  }

  /**
   * The secrets that go into the image of one device.
   *
   * @throws InputError if one that the fleet file refers to cannot be read
   */
  secretsOf(device: Device): DeviceSecrets {
    return deviceSecrets(this.fleet, device, this.key, this.outsideSecretsOf(device));
  }

  /** The same, with a text in place of each secret that the fleet file refers to and that cannot be read. */
  readableSecretsOf(device: Device, standIn: string): DeviceSecrets {
    return deviceSecrets(this.fleet, device, this.key, this.#outsideSecrets(device, standIn));
  }

  /**
   * Those of them that the fleet file refers to.
   *
   * @throws InputError if one cannot be read
   */
  outsideSecretsOf(device: Device): OutsideSecrets {
    return this.#outsideSecrets(device);
  }

  /** Whether the fingerprints of images can be calculated. */
  get knowsImages(): boolean {
    return this.#keys.digestKey !== undefined;
  }

  /** The fingerprints of the images of these devices, by name; undefined without the publishing key. */
  async imageDigestsOf(
    devices: readonly Device[],
  ): Promise<ReadonlyMap<string, string> | undefined> {
    const { digestKey } = this.#keys;
    if (digestKey === undefined) return undefined;
    const { imageDigests } = await import("../../edge/fleet-devices.ts");
    return imageDigests(this.fleet, digestKey, this.ownCode.parts, devices);
  }

  /** Keeps what `state` made, and the public keys, for the next run. */
  saveState(): void {
    this.stateIndex.save();
    this.#keyIndex?.save();
  }

  /** The files of the state repository; they are made once. */
  state(): Promise<Tree> {
    const { digestKey } = this.#keys;
    if (digestKey === undefined) throw new Error("the project was loaded without a publishing key");
    return (this.#state ??= this.#makeState(async () => {
      const { imageDigests } = await import("../../edge/fleet-devices.ts");
      const { remember } = this.stateIndex;
      return imageDigests(this.fleet, digestKey, this.ownCode.parts, this.fleet.devices, remember);
    }));
  }

  /**
   * The files of the state repository, for a comparison.
   *
   * @param published fingerprints of images, by device name, in place of those that are not known
   */
  stateWith(published: ReadonlyMap<string, string>): Promise<Tree> {
    return this.#makeState(async () => published);
  }

  async #makeState(digestsOf: () => Promise<ReadonlyMap<string, string>>): Promise<Tree> {
    const { synthesizeState } = await import("../../gitops/app.ts");
    // Commands for single devices do not load all public keys.
    const keys = this.publicKeys ?? madePublicKeys(this.fleet, this.key);
    const { remember } = this.stateIndex;
    return synthesizeState(this.fleet, keys, await digestsOf(), this.ownCode.registry, remember);
  }
}

interface ProjectKeys {
  readonly rootKey?: RootKey;
  /** The key of the fingerprints of images: the publishing key. */
  readonly digestKey?: Uint8Array;
}
