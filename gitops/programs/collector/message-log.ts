/** Logs each message once a minute at most: devices cause them, and there are thousands. */
const quietMilliseconds = 60_000;

/** Messages name devices; their number must have a limit. */
const messagesMax = 1000;

export class MessageLog {
  readonly #write: (message: string) => void;
  readonly #now: () => number;
  readonly #loggedAt = new Map<string, number>();

  /** @param now milliseconds since any point in time */
  constructor(write: (message: string) => void, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  log(message: string): void {
    const now = this.#now();
    if (now - (this.#loggedAt.get(message) ?? -Infinity) < quietMilliseconds) return;
    if (this.#loggedAt.size >= messagesMax) this.#loggedAt.clear();
    this.#loggedAt.set(message, now);
    this.#write(message);
  }
}
