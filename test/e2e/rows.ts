/** The rows of the table of `make e2e`. */
import type { ImageContent } from "./nodes/images.ts";
import type { World } from "./world.ts";

export interface Row {
  readonly what: string;
  readonly seconds?: number;
  /** The goal, if the issue names one. */
  readonly secondsMax?: number;
  readonly note?: string;
  /** Whether it is about a program of Flotilla that replaces the real one. @default false */
  readonly isStandIn?: boolean;
}

export interface Proof {
  readonly name: string;
  /** Whether the proofs after it need it, so that it is never left out. @default false */
  readonly isFirst?: boolean;
  readonly run: (world: World) => Promise<readonly Row[]>;
}

export function imageRows(images: readonly ImageContent[]): Row[] {
  return images.map(({ repository, content, isStandIn }) => ({
    what: `image ${repository}`,
    note: content,
    isStandIn,
  }));
}

/** In seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

export async function serial(all: readonly string[], work: (name: string) => Promise<void>) {
  for (const one of all) await work(one);
}
