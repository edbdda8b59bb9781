/** Which device has an address in the tunnel: WireGuard binds the address to the device's key. */
import { readFileSync, statSync } from "node:fs";
import { Refusal } from "./refusal.ts";

/** What is written to everything that a device sends, whatever it says of itself. */
export interface Origin {
  readonly device: string;
  readonly site: string;
  readonly ring: string;
}

export class Devices {
  readonly #file: string;
  #origins: ReadonlyMap<string, Origin> = new Map();
  #changedAt = 0;

  /** @param file lines of "address name site ring"; read again when it changes */
  constructor(file: string) {
    this.#file = file;
  }

  at(address: string): Origin {
    const { mtimeMs } = statSync(this.#file);
    if (mtimeMs !== this.#changedAt) {
      this.#origins = parseDevices(readFileSync(this.#file, "utf8"));
      this.#changedAt = mtimeMs;
    }
    const origin = this.#origins.get(address);
    // A device that was added a moment ago is in the file before long.
    if (origin === undefined) throw new Refusal(503, `${address} is not the address of a device`);
    return origin;
  }
}

function parseDevices(text: string): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const line of text.split("\n")) {
    const [address = "", device = "", site = "", ring = ""] = line.split(" ");
    if (address !== "") origins.set(address, { device, site, ring });
  }
  return origins;
}
