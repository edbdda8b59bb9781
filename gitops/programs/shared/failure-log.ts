/**
 * Logs failures of what is asked again every few seconds: a line when a failure begins, one every
 * hour while it lasts, and one when it is over.
 */
const repeatSeconds = 3600;

/** What fails and works by turns is logged so often at most. */
const againSeconds = 60;

/** Reasons may quote names; their number must have a limit. */
const linesMax = 1000;

export interface FailureLogProps {
  readonly write: (line: string) => void;
  /** Seconds since any point in time. */
  readonly now: () => number;
}

export class FailureLog {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  /** What fails now: since when, and whether a line says so. */
  readonly #failures = new Map<string, { readonly since: number; isLogged: boolean }>();
  /** Line → when it was logged last. */
  readonly #loggedAt = new Map<string, number>();

  constructor({ write, now }: FailureLogProps) {
    this.#write = write;
    this.#now = now;
  }

  failed(what: string, reason: string): void {
    const now = this.#now();
    const failure = this.#failures.get(what) ?? { since: now, isLogged: false };
    this.#failures.set(what, failure);
    const line = `${what}: ${reason}`;
    const age = now - (this.#loggedAt.get(line) ?? -Infinity);
    if (age < (failure.isLogged ? repeatSeconds : againSeconds)) return;
    if (this.#loggedAt.size >= linesMax) this.#loggedAt.clear();
    this.#loggedAt.set(line, now);
    failure.isLogged = true;
    this.#write(line);
  }

  worked(what: string): void {
    const failure = this.#failures.get(what);
    if (failure === undefined) return;
    this.#failures.delete(what);
    if (!failure.isLogged) return;
    this.#write(`${what}: works again after ${Math.round(this.#now() - failure.since)} s`);
  }
}
