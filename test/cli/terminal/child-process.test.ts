/** What other programs print, line by line, in whatever pieces it arrives. */
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keepOutput, maskedLines, startProgram } from "../../../cli/terminal/child-process.ts";
import { forgetSecrets, keepSecret } from "../../../cli/terminal/known-secrets.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 91 + 17) % 256));
const key = new RootKey(bytes);
const token = Buffer.from(key.derive(["harbor", "k3s-token", "store-0001", 1]));
const password = "correct-horse-battery-staple";
keepSecret(password);

async function linesOf(pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const output = new PassThrough();
  const lines: string[] = [];
  maskedLines(output, (line) => lines.push(line));
  for (const piece of pieces) output.write(piece);
  await new Promise((resolve) => output.on("end", resolve).end());
  return lines.join("\n");
}

const wrapped = (text: string, length: number) =>
  text.replaceAll(new RegExp(`.{${length}}`, "g"), "$&\n");
const dump = (buffer: Buffer) => wrapped(buffer.toString("hex").replaceAll(/../g, " $&"), 48);
const many = Buffer.from(`${"A variable of others=its value\n".repeat(200)}x=${password}\n`);

const forms: Readonly<Record<string, string>> = {
  "the root key": bytes.toString("base64"),
  "a token": token.toString("base64url"),
  "a token in lines": wrapped(token.toString("base64"), 20),
  "a token in a dump": dump(token),
  "a password": `Error: ${password} is wrong`,
  "a password in lines of base64": wrapped(Buffer.from(`x=${password}`).toString("base64"), 20),
  "a password in a dump": dump(Buffer.from(`x=${password}`)),
  "an environment in base64": wrapped(many.toString("base64"), 76),
  "an environment in a dump": dump(many),
};

test.each(Object.entries(forms))("%s is masked, wherever a piece ends", async (_, form) => {
  const text = Buffer.from(`aws_instance.a: Creating...\n│ ${form}\n(complete)\n`);
  const check = async (cuts: readonly number[]) => {
    const ends = [...cuts, text.length].toSorted((a, b) => a - b);
    const shown = await linesOf(ends.map((end, index) => text.subarray(ends[index - 1] ?? 0, end)));
    const rest = shown.replaceAll(/<secret>|[\s│]/g, "");
    expect(shown).toContain("aws_instance.a: Creating...\n");
    expect(shown).toContain("(complete)");
    expect(shown).toContain("<secret>");
    for (const secret of [bytes, token, Buffer.from(password)]) {
      for (const encoding of ["latin1", "hex", "base64url"] as const)
        expect(rest).not.toContain(secret.toString(encoding).slice(0, 20));
    }
    for (const encoding of ["base64", "hex"] as const)
      expect(Buffer.from(rest, encoding).toString("latin1")).not.toContain("battery");
  };
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 4 }), check), {
    numRuns: 20,
  });
});

test("lines without a secret stay as they are", async () => {
  const text = "a: Creating...\nid=0123456789abcdef0123\n\n  next\nde ad be ef 00 11\nlast";
  expect(await linesOf([text.slice(0, 20), text.slice(20)])).toBe(text);
});

test("a secret that another file of tests gave is not masked", async () => {
  keepSecret("an-example-of-another-file");
  new RootKey(bytes).derive(["another", "file"]);
  forgetSecrets();
  const text = `an-example-of-another-file\n${bytes.toString("base64")}`;
  expect(await linesOf([text])).toBe(text);
});

test("a program that prints without an end is ended", async () => {
  const args = ["-e", "const loop = () => process.stdout.write('x'.repeat(1 << 20), loop); loop()"];
  const child = startProgram(process.execPath, args, { environment: process.env });
  const output = keepOutput(child, child.stdout);
  const error = await new Promise<Error>((resolve) => child.on("error", resolve));
  expect(error.message).toBe(`${process.execPath} prints more than 256 MiB`);
  const signal = await new Promise((resolve) => child.on("close", (_code, name) => resolve(name)));
  expect(signal).toBe("SIGTERM");
  expect(output().length).toBeLessThanOrEqual(256 * 2 ** 20);
});
