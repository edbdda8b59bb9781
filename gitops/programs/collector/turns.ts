/** Works on one request of a device at a time, so that devices that send much take no more turns. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Does the work after everything that the device sent before, however that ended. */
  async next(device: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(device) ?? Promise.resolve();
    const own = before.then(work);
    const ended = own.catch(() => {});
    this.#last.set(device, ended);
    await own.finally(() => {
      if (this.#last.get(device) === ended) this.#last.delete(device);
    });
  }
}
