/** The bytes that the collector has in its memory for devices, with a limit for each and for all. */
import type { HeldLimits } from "./limits.ts";
import { Refusal } from "./refusal.ts";

export class Held {
  readonly #limits: HeldLimits;
  readonly #byDevice = new Map<string, number>();
  #bytes = 0;

  constructor(limits: HeldLimits) {
    this.#limits = limits;
  }

  /** Counts the bytes as held until the work with them is done. Nothing waits: the device tries again. */
  async during<T>(device: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const { bytesMax, deviceBytesMax } = this.#limits;
    const own = (this.#byDevice.get(device) ?? 0) + bytes;
    if (own > deviceBytesMax) throw new Refusal(503, `too many bytes of ${device} are in work`);
    if (this.#bytes + bytes > bytesMax) throw new Refusal(503, "too many bytes are in work");
    this.#add(device, bytes);
    try {
      return await work();
    } finally {
      this.#add(device, -bytes);
    }
  }

  #add(device: string, bytes: number): void {
    this.#bytes += bytes;
    const own = (this.#byDevice.get(device) ?? 0) + bytes;
    if (own > 0) this.#byDevice.set(device, own);
    else this.#byDevice.delete(device);
  }
}
