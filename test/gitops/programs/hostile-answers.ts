/** What a device that was broken into may answer to a request: raw bytes on its connection. */
import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import { gzipSync } from "node:zlib";

export type HostileAnswer = (socket: Duplex) => void;

const mebibyte = 2 ** 20;

export const answer =
  (body: string | Buffer, head = "HTTP/1.1 200 OK"): HostileAnswer =>
  (socket) => {
    socket.write(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`);
    socket.write(body);
  };

/** Writes the piece until the connection ends. */
const endless =
  (head: string, piece: string | Buffer): HostileAnswer =>
  (socket) => {
    socket.write(head);
    const next = () => {
      while (!socket.destroyed && socket.write(piece));
      if (!socket.destroyed) socket.once("drain", next);
    };
    next();
  };

/** Writes the piece ten times a second until the connection ends. */
const drip =
  (head: string, piece: string): HostileAnswer =>
  (socket) => {
    socket.write(head);
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      else socket.write(piece);
    }, 100);
  };

const item = (metadata: unknown, more: object = {}) => ({ metadata, ...more });
const own = { namespace: "pos", name: "x", uid: "u" };
const list = (...items: unknown[]) => JSON.stringify({ metadata: {}, items });
const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
/** Starts a line that looks like another device's. */
export const forgery = "\r\ngood: pos/bank removed\u2028\u001b[2K\u202e";

export const hostileAnswers: Readonly<Record<string, HostileAnswer>> = {
  "8 MiB of {}": answer(`[${"{},".repeat(2.7 * mebibyte)}{}]`),
  "2 MiB of {} as items": answer(`{"metadata":{},"items":[${"{},".repeat(0.6 * mebibyte)}{}]}`),
  "2 MiB of []": answer(`{"metadata":{},"items":[${"[],".repeat(0.6 * mebibyte)}[]]}`),
  "a million levels": answer("[".repeat(mebibyte)),
  "a million levels of objects": answer('{"a":'.repeat(mebibyte / 5)),
  "objects with other keys each": answer(
    `[${Array.from({ length: 150_000 }, (_, index) => `{"k${index}":1}`).join()}]`,
  ),
  "one object of many keys": answer(
    `{${Array.from({ length: 150_000 }, (_, index) => `"k${index}":${index}`).join()}}`,
  ),
  "one long text": answer(JSON.stringify("x".repeat(1.9 * mebibyte))),
  "long texts of two bytes a character": answer(
    list(item({ ...own, labels: { a: "ü".repeat(900_000) } })),
  ),
  "an answer without an end": endless("HTTP/1.1 200 OK\r\n\r\n", Buffer.alloc(65_536, "[")),
  "spaces without an end": endless("HTTP/1.1 200 OK\r\n\r\n", Buffer.alloc(65_536, " ")),
  "chunks of one byte": endless(chunked, "1\r\n[\r\n".repeat(10_000)),
  "chunks with long extensions": endless(chunked, `1;${"x".repeat(8000)}\r\n[\r\n`),
  "a chunk of 2^60 bytes": endless(`${chunked}fffffffffffffff\r\n`, Buffer.alloc(65_536, " ")),
  "headers without an end": endless("HTTP/1.1 200 OK\r\n", "x-a: b\r\n".repeat(1000)),
  "one header without an end": endless("HTTP/1.1 200 OK\r\nx: ", "x".repeat(10_000)),
  "a status text without an end": endless("HTTP/1.1 200 ", "x".repeat(10_000)),
  "interim answers without an end": endless("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100)),
  "early hints without an end": endless("", "HTTP/1.1 103 X\r\nlink: </a>\r\n\r\n".repeat(100)),
  "a slow body": drip("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", "["),
  "a slow head": drip("HTTP/1.1 200 OK\r\nx: ", "x"),
  "no answer": () => {},
  "the end of the connection": (socket) => socket.destroy(),
  "the end within the body": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[");
    socket.end();
  },
  "another protocol": answer(
    "",
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade",
  ),
  "no protocol": (socket) => socket.write(`220 ftp${forgery}\r\n`),
  "two lengths": answer("{}", "HTTP/1.1 200 OK\r\ncontent-length: 100"),
  "a length and chunks": answer(
    "2\r\n{}\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked",
  ),
  "more answers than requests": (socket) => socket.write(answerText(list()).repeat(100)),
  "more after the answer": (socket) => socket.write(`${answerText(list())}trailing${forgery}`),
  "a redirect": answer("", "HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1:1/"),
  "gzip that grows": answer(
    gzipSync(Buffer.alloc(512 * mebibyte)),
    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip",
  ),
  "a status with a forged line": answer(`{"message":"${forgery}"}`, "HTTP/1.1 500 Bad"),
  "status 999": answer("{}", "HTTP/1.1 999 X"),
  "status 0": answer("{}", "HTTP/1.1 000 X"),
  "a name with a forged line": answer(list(item({ ...own, name: `x${forgery}` }))),
  "a namespace with a forged line": answer(list(item({ ...own, namespace: `x${forgery}` }))),
  "a name that is a path": answer(list(item({ ...own, name: "../../nodes" }))),
  "a name of 300 characters": answer(list(item({ ...own, name: "x".repeat(300) }))),
  "a uid with a forged line": answer(list(item({ ...own, uid: forgery }))),
  "a number for metadata": answer(list(item(5))),
  "null items": answer('{"metadata":{},"items":[null]}'),
  "items that are an object": answer('{"metadata":{},"items":{"length":1e9}}'),
  "no items": answer("{}"),
  "a text": answer('"items"'),
  null: answer("null"),
  "a number beyond all": answer('{"metadata":{"continue":1e999},"items":[]}'),
  "pages without an end": answer('{"metadata":{"continue":"x"},"items":[]}'),
  "a long word for the next page": answer(
    `{"metadata":{"continue":"${"x".repeat(100_000)}"},"items":[]}`,
  ),
  "keys that are of every object": answer(
    '{"__proto__":{"items":[]},"metadata":{"__proto__":{"continue":"x"}},"items":[{"metadata":{"__proto__":{"name":"x"},"constructor":1}}]}',
  ),
  "a key twice": answer('{"items":[],"metadata":{},"items":5}'),
  "labels that are not text": answer(list(item({ ...own, labels: { a: { toString: 1 } } }))),
  "data that is not text": answer(list(item(own, { data: [1, { a: 1 }] }))),
  "a byte order mark": answer(`\ufeff${list()}`),
  "half of a character": answer(
    String.raw`{"metadata":{},"items":[{"metadata":{"name":"\ud800"}}]}`,
  ),
  "bytes that are no UTF-8": answer(Buffer.alloc(1000, 0xff)),
  nothing: answer(""),
  "many Secrets that are not declared": answer(
    list(...Array.from({ length: 900 }, (_, index) => item({ ...own, name: `s${index}` }))),
  ),
};

/** Those that go on until the reader has waited long enough. */
export const slowAnswers: readonly string[] = [
  "a slow body",
  "a slow head",
  "no answer",
  "chunks of one byte",
  "chunks with long extensions",
];

function answerText(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** The most memory that a process has had, in MiB. */
export function memoryPeak(pid: number | undefined): number {
  return peakIn(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/**
 * The same, from the text of its status: proc(5). What `process.resourceUsage()` says starts with the peak of
 * the process that started it.
 */
export function peakIn(status: string): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kibibytes) / 1024;
}

/** Lines that contain a control character, or a mark of the direction. */
export function unsafeLines(output: string): readonly string[] {
  return output.split("\n").filter((line) => /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(line));
}
