/** Takes the annotation from registrations, several at once. */
import type { Registrations, Release } from "./registrations.ts";

/** A thousand devices that are back at once take some seconds. */
const atOnce = 8;

/** @returns what became of each; an Error for one that failed */
export async function releaseEach(
  devices: Iterable<string>,
  { release }: Pick<Registrations, "release">,
): Promise<ReadonlyMap<string, Release | Error>> {
  const results = new Map<string, Release | Error>();
  const waiting = [...devices];
  const work = async () => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      results.set(name, await release(name).catch((error: unknown) => error as Error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
