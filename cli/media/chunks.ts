/** Reads images a piece at a time. */
import type { ByteSource } from "../../edge/formats/bytes.ts";
import { pieceBytes } from "./direct-io.ts";

/** The whole source, a piece at a time. */
export function* chunksOf(source: ByteSource): Generator<Uint8Array> {
  for (let offset = 0; offset < source.size; offset += pieceBytes) {
    yield source.read(offset, Math.min(pieceBytes, source.size - offset));
  }
}
