/** An image as it will be with patches, without writing it. */
import type { ByteSource, Patch } from "../formats/bytes.ts";

/** Where patches overlap, the last one wins. */
export function patchedSource(source: ByteSource, patches: readonly Patch[]): ByteSource {
  return {
    size: source.size,
    read(start, length) {
      const bytes = source.read(start, length);
      const touched = patches.filter(
        (patch) => patch.offset < start + length && patch.offset + patch.bytes.length > start,
      );
      // A source can return its own memory, and a Buffer's slice() would be that memory too.
      const copy = touched.length > 0 ? new Uint8Array(bytes) : bytes;
      for (const patch of touched) {
        const from = Math.max(start - patch.offset, 0);
        const to = Math.min(start + length - patch.offset, patch.bytes.length);
        copy.set(patch.bytes.subarray(from, to), patch.offset + from - start);
      }
      return copy;
    },
  };
}
