/** Reads a stream into one buffer, whatever the size of its pieces. */
import { TooLarge } from "./json.ts";

const firstBytes = 16 * 1024;

/**
 * The pieces are copied: a stream of single bytes would otherwise take a hundred times its length.
 *
 * @throws TooLarge beyond `bytesMax`
 */
export async function readBytes(parts: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  let buffer = Buffer.allocUnsafeSlow(Math.min(firstBytes, bytesMax));
  let length = 0;
  for await (const part of parts) {
    const needed = length + part.length;
    if (needed > bytesMax)
      throw new TooLarge(`the answer is longer than ${bytesMax / 2 ** 20} MiB`);
    if (needed > buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(bytesMax, Math.max(needed, length * 2)));
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
    part.copy(buffer, length);
    length = needed;
  }
  return buffer.subarray(0, length);
}
