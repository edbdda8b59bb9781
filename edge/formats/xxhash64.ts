/** XXH64 with the seed 0 (the xxHash specification, version 0.1.1), which Zstandard checks with. */

const prime1 = 0x9e37_79b1_85eb_ca87n;
const prime2 = 0xc2b2_ae3d_27d4_eb4fn;
const prime3 = 0x1656_67b1_9e37_79f9n;
const prime4 = 0x85eb_ca77_c2b2_ae63n;
const prime5 = 0x27d4_eb2f_1656_67c5n;

const wrapped = (value: bigint) => BigInt.asUintN(64, value);
const rotated = (value: bigint, bits: bigint) =>
  wrapped((value << bits) | (wrapped(value) >> (64n - bits)));
const round = (sum: bigint, word: bigint) =>
  wrapped(rotated(wrapped(sum + word * prime2), 31n) * prime1);

export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = 0;
  let hash = prime5;
  if (bytes.length >= 32) {
    const sums = [wrapped(prime1 + prime2), prime2, 0n, wrapped(-prime1)];
    for (; offset + 32 <= bytes.length; offset += 32) {
      for (let lane = 0; lane < 4; lane += 1) {
        sums[lane] = round(sums[lane]!, view.getBigUint64(offset + 8 * lane, true));
      }
    }
    const [one, two, three, four] = sums as [bigint, bigint, bigint, bigint];
    hash = rotated(one, 1n) + rotated(two, 7n) + rotated(three, 12n) + rotated(four, 18n);
    for (const sum of sums) hash = wrapped((hash ^ round(0n, sum)) * prime1 + prime4);
  }
  hash = wrapped(hash + BigInt(bytes.length));
  for (; offset + 8 <= bytes.length; offset += 8) {
    const word = round(0n, view.getBigUint64(offset, true));
    hash = wrapped(rotated(hash ^ word, 27n) * prime1 + prime4);
  }
  if (offset + 4 <= bytes.length) {
    const word = BigInt(view.getUint32(offset, true)) * prime1;
    hash = wrapped(rotated(hash ^ wrapped(word), 23n) * prime2 + prime3);
    offset += 4;
  }
  for (; offset < bytes.length; offset += 1) {
    hash = wrapped(rotated(hash ^ wrapped(BigInt(bytes[offset]!) * prime5), 11n) * prime1);
  }
  hash = wrapped((hash ^ (hash >> 33n)) * prime2);
  hash = wrapped((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}
