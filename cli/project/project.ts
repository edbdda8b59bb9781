/** A loaded fleet, its root key and its output folder. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { imageDigestKey, type RootKey } from "../../fleet/keys/root-key.ts";
import { publicKeys } from "../../fleet/keys/secrets.ts";
import { loadFleet, loadRootKey, rootKeyFile, rootKeyVariable } from "../../fleet/resolve/load.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import type { LoadedFleet, LoadOptions } from "../../fleet/resolve/load.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { grammar } from "../../gitops/grammar.ts";
import type { Session } from "../terminal/session.ts";
import { filesBeside } from "./folder-files.ts";

export interface ProjectOptions extends Pick<LoadOptions, "pruneLock"> {
  /**
   * Whether a missing root key is a mistake. One that is present is checked in any case.
   * @default true
   */
  readonly needsKey?: boolean;
}

/** Loads the fleet without its root key, for commands that need no secrets. */
export function loadWithoutKey(fleetFile: string): LoadedFleet {
  return loadFleet(fleetFile, { ...grammar, beside: filesBeside });
}

/** Whether there is a root key, valid or not. */
export function hasRootKey(directory: string, session: Session): boolean {
  const inEnvironment = session.environment[rootKeyVariable] !== undefined;
  return inEnvironment || existsSync(join(directory, rootKeyFile));
}

/**
 * Loads the fleet with its root key.
 *
 * @throws InputError with every mistake in the fleet file, its lock and the key
 */
export function loadProject(
  fleetFile: string,
  session: Session,
  { needsKey = true, pruneLock = false }: ProjectOptions = {},
): Project {
  const directory = dirname(fleetFile);
  const wantsKey = needsKey || hasRootKey(directory, session);
  const key = wantsKey ? attempt(() => loadRootKey(directory, session.environment)) : undefined;
  const loaded = attempt(() =>
    loadFleet(fleetFile, {
      ...grammar,
      pruneLock,
      ...(key?.result && { key: key.result }),
      beside: filesBeside,
    }),
  );
  const mistakes = [...(loaded.mistakes ?? []), ...(key?.mistakes ?? [])];
  if (loaded.result === undefined || mistakes.length > 0) throw new InputError(mistakes);
  return new Project(loaded.result, key?.result);
}

type Attempt<Result> =
  | { readonly result: Result; readonly mistakes?: undefined }
  | { readonly result?: undefined; readonly mistakes: readonly Mistake[] };

function attempt<Result>(load: () => Result): Attempt<Result> {
  try {
    return { result: load() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { mistakes: error.mistakes };
  }
}

export class Project implements LoadedFleet {
  readonly fleet: Fleet;
  readonly directory: string;
  readonly lockFile: string;
  readonly lockText: string;
  readonly keyId: string | undefined;
  readonly lockChanged: boolean;
  /** The folder of all outputs. */
  readonly outputFolder: string;
  readonly #key: RootKey | undefined;
  #state: Promise<Tree> | undefined;

  constructor(loaded: LoadedFleet, key: RootKey | undefined) {
    this.fleet = loaded.fleet;
    this.directory = loaded.directory;
    this.lockFile = loaded.lockFile;
    this.lockText = loaded.lockText;
    this.keyId = loaded.keyId;
    this.lockChanged = loaded.lockChanged;
    this.outputFolder = join(loaded.directory, "dist");
    this.#key = key;
  }

  get key(): RootKey {
    if (this.#key === undefined) throw new Error("the project was loaded without its root key");
    return this.#key;
  }

  /** The files of the state repository; they are made once. */
  state(): Promise<Tree> {
    return (this.#state ??= makeState(this.fleet, this.key));
  }
}

async function makeState(fleet: Fleet, key: RootKey): Promise<Tree> {
  const [{ synthesizeState }, { imageDigests }] = await Promise.all([
    import("../../gitops/app.ts"),
    import("../../edge/fleet-devices.ts"),
  ]);
  const keys = publicKeys(fleet, key);
  return synthesizeState(
    fleet,
    keys,
    imageDigests(fleet, keys.gateways, imageDigestKey(fleet, key)),
  );
}
