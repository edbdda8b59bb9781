/** Changes inputs by chance, the same way for the same seed. */

/** Returns whole numbers below its argument. */
export type Random = (limit: number) => number;

/** SplitMix32: every seed gives another sequence, also neighbouring ones. */
export function generator(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * limit);
  };
}

/** What breaks readers of YAML, JSON, paths, URLs, ranges, and whatever prints them. */
const words = [
  ..."[]{}:,&*!|>'\"#%@`?-=~ \t\n\r\0\u001b\u007f\u0085\u00a0\u200b\u202e\u2028\ufeff\uffff",
  "\r\n",
  "---\n",
  "...\n",
  "<<: ",
  "&a ",
  "*a ",
  "*a, *a, ",
  "!!binary ",
  "!!float ",
  "!!set ",
  "!!timestamp ",
  "!<tag:x> ",
  "%YAML 9.9\n",
  "? ",
  "- - - ",
  "{a: ",
  "|9\n",
  ">-\n",
  "null",
  "true",
  "yes",
  "0x1F",
  "1e999",
  "-0",
  ".nan",
  "1.10",
  "03:00",
  "9007199254740993",
  "10000000000000000000000",
  "{0001..0003}",
  "{1..99999999999999999999}",
  "{9..1}",
  "../",
  "/etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "\u001b[2J",
  "${X}",
  "$(id)",
  "%00",
  "\\u0000",
  "\ud800",
  "\u{1f4a9}",
  "data:,x",
  "data:;base64,////",
  "H4sIAAAAAAAA",
  "http://[::1",
  "ssh-ed25519 AAAA",
].map((word) => Buffer.from(word));

const lengthMax = 65_536;

type Change = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const insert = (bytes: Buffer, at: number, inserted: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);

/** A random range of at most `lengthMax` bytes. */
function range(bytes: Buffer, random: Random, most: number): [number, number] {
  const from = random(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random(most) + 1)];
}

const lines = (bytes: Buffer) => bytes.toString("latin1").split("\n");

const changes: readonly Change[] = [
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[random(changed.length)] = random(256);
    return changed;
  },
  (bytes, random) =>
    insert(bytes, random(bytes.length + 1), words[random(words.length)] ?? Buffer.alloc(0)),
  (bytes, random) =>
    insert(bytes, random(bytes.length + 1), words[random(words.length)] ?? Buffer.alloc(0)),
  // Removed.
  (bytes, random) => {
    const [from, to] = range(bytes, random, 40);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  // Cut off.
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  // Repeated.
  (bytes, random) => {
    const [from, to] = range(bytes, random, 60);
    const count = [1, 2, 10, 300][random(4)] ?? 1;
    return insert(bytes, to, Buffer.concat(Array(count).fill(bytes.subarray(from, to))));
  },
  // From another input.
  (bytes, random, others) => {
    const other = others[random(others.length)] ?? bytes;
    const [from, to] = range(other, random, 200);
    return insert(bytes, random(bytes.length + 1), other.subarray(from, to));
  },
  // A line twice, elsewhere, gone, or indented.
  (bytes, random) => {
    const all = lines(bytes);
    const line = all[random(all.length)] ?? "";
    const at = random(all.length + 1);
    if (random(3) === 0) all.splice(at, 1);
    else all.splice(at, 0, random(2) === 0 ? line : `${" ".repeat(random(5))}${line}`);
    return Buffer.from(all.join("\n"), "latin1");
  },
  // A word of the input in place of another.
  (bytes, random) => {
    const text = bytes.toString("latin1");
    const found = [...text.matchAll(/[\w.@/-]+/g)];
    const one = found[random(found.length)];
    const other =
      random(2) === 0
        ? (found[random(found.length)]?.[0] ?? "")
        : (words[random(words.length)]?.toString("latin1") ?? "");
    if (one === undefined) return bytes;
    const after = text.slice(one.index + one[0].length);
    return Buffer.from(text.slice(0, one.index) + other + after, "latin1");
  },
];

/** One to eight changes of one of the seeds. */
export function mutated(seeds: readonly Buffer[], random: Random): Buffer {
  let bytes = seeds[random(seeds.length)] ?? Buffer.alloc(0);
  for (let left = 1 + random(random(3) === 0 ? 8 : 2); left > 0; left -= 1) {
    const change = changes[random(changes.length)];
    bytes = (change?.(bytes, random, seeds) ?? bytes).subarray(0, lengthMax);
  }
  return bytes;
}
