/**
 * Has Argo CD skip the devices that have been silent for some minutes, and look at them again the moment
 * that they shake hands. For a device that is not skipped the controller holds some 20 MiB, and writes a
 * line a second for each kind that it watches there.
 */
import type { GatewayView } from "./gateways.ts";
import type { Registrations } from "./registrations.ts";
import { releaseEach } from "./release.ts";

type Views = ReadonlyMap<string, GatewayView>;

export interface SkippingProps {
  /** How long a device must be silent, and how long a gateway may not answer. */
  readonly silentSeconds: number;
  readonly log: (line: string) => void;
  /** Seconds since 1970. */
  readonly now: () => number;
}

export interface Adjustment {
  /** Devices that are not skipped any more: their Applications need a look. */
  readonly released: readonly string[];
  /** The first error; undefined if there was none. */
  readonly failure: unknown;
}

/** Each change of a registration has every ApplicationSet computed again; this is not urgent. */
const skipsMax = 100;

/** A registration that could not be changed is tried again after so long. */
const retrySeconds = 30;

export class Skipping {
  readonly #props: SkippingProps;
  /** Whether Argo CD skips a device, as far as this program knows. */
  readonly #isSkipped = new Map<string, boolean>();
  /** Device → when a change of its registration failed; gateway → when its devices could not all be released. */
  readonly #failedAt = new Map<string, number>();
  /** Gateways that have not answered for so long that their devices were released. */
  readonly #blind = new Set<string>();

  constructor(props: SkippingProps) {
    this.#props = props;
  }

  /** For a program that did not work for a while: others may have changed registrations meanwhile. */
  forget(): void {
    for (const known of [this.#isSkipped, this.#failedAt, this.#blind]) known.clear();
  }

  /** Whether `adjust` has something to do. */
  isDue(views: Views): boolean {
    const blind = this.#newlyBlind(views);
    return [blind, this.#toRelease(views), this.#toSkip(views)].some(({ length }) => length > 0);
  }

  /**
   * One registration that cannot be changed holds up no other one.
   *
   * @param all names of all devices with Applications
   */
  async adjust(
    views: Views,
    registrations: Registrations,
    all: () => Promise<ReadonlySet<string>>,
  ): Promise<Adjustment> {
    const { log, now } = this.#props;
    for (const name of this.#isSkipped.keys()) {
      if (!isListed(views, name)) this.#isSkipped.delete(name);
    }
    const results = await releaseEach(this.#toRelease(views), registrations);
    const released: string[] = [];
    const failures: unknown[] = [];
    for (const [name, result] of results) {
      if (result === "released") released.push(name);
      if (result instanceof Error || result === "refused") {
        this.#failedAt.set(name, now());
        failures.push(result === "refused" ? new Error(`${name}: no right to change it`) : result);
      } else this.#isSkipped.set(name, false);
    }
    for (const name of released) log(`${name}: it is back, Argo CD does not skip it any more`);
    const noteFailure = (error: unknown) => void failures.push(error);
    await this.#releaseUnseen(views, registrations, all).then(
      (unseen) => released.push(...unseen),
      noteFailure,
    );
    await this.#skip(views, registrations).catch(noteFailure);
    return { released, failure: failures[0] };
  }

  /** Nobody sees whether the devices of a gateway that does not answer are back: Argo CD looks itself. */
  async #releaseUnseen(
    views: Views,
    registrations: Registrations,
    all: () => Promise<ReadonlySet<string>>,
  ): Promise<readonly string[]> {
    const blind = this.#newlyBlind(views);
    if (blind.length === 0) return [];
    for (const gateway of blind) this.#failedAt.set(gateway, this.#props.now());
    const seeing = new Map([...views].filter(([, view]) => !this.#isBlind(view)));
    const unseen = [...(await all())].filter((name) => !isListed(seeing, name));
    // A device without a tunnel is refused: it is never skipped.
    const results = await releaseEach(unseen, registrations);
    for (const name of unseen) this.#isSkipped.set(name, false);
    if (![...results.values()].some((result) => result instanceof Error)) {
      for (const gateway of blind) {
        this.#blind.add(gateway);
        this.#failedAt.delete(gateway);
      }
    }
    this.#props.log(`${blind.join(", ")}: no answer, Argo CD skips none of its devices`);
    return [...results].flatMap(([name, result]) => (result === "released" ? name : []));
  }

  async #skip(views: Views, registrations: Registrations): Promise<void> {
    const { log, now } = this.#props;
    for (const name of this.#toSkip(views).slice(0, skipsMax)) {
      this.#failedAt.set(name, now());
      await registrations.skip(name);
      this.#failedAt.delete(name);
      this.#isSkipped.set(name, true);
      log(`${name}: it is silent, Argo CD skips it until it is back`);
    }
  }

  #toRelease(views: Views): readonly string[] {
    return [...views.values()]
      .flatMap(({ present }) => [...present.keys()])
      .filter((name) => this.#isSkipped.get(name) !== false && this.#isTried(name));
  }

  #toSkip(views: Views): readonly string[] {
    const { silentSeconds, now } = this.#props;
    const answering = [...views.values()].filter(({ failingSince }) => failingSince === undefined);
    return answering
      .flatMap(({ silentSince }) => [...silentSince])
      .filter(([name, since]) => now() - since >= silentSeconds && this.#isTried(name))
      .map(([name]) => name)
      .filter(
        (name) =>
          this.#isSkipped.get(name) !== true &&
          ![...views.values()].some(({ present }) => present.has(name)),
      );
  }

  #isTried(name: string): boolean {
    return this.#props.now() - (this.#failedAt.get(name) ?? -Infinity) >= retrySeconds;
  }

  #newlyBlind(views: Views): readonly string[] {
    for (const name of this.#blind) {
      if (views.get(name)?.failingSince === undefined) this.#blind.delete(name);
    }
    return [...views].flatMap(([name, view]) =>
      this.#isBlind(view) && !this.#blind.has(name) && this.#isTried(name) ? name : [],
    );
  }

  #isBlind({ failingSince }: GatewayView): boolean {
    const { silentSeconds, now } = this.#props;
    return failingSince !== undefined && now() - failingSince >= silentSeconds;
  }
}

function isListed(views: Views, name: string): boolean {
  return [...views.values()].some(
    ({ present, silentSince }) => present.has(name) || silentSince.has(name),
  );
}
