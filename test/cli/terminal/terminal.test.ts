/** The session of a real process, in a process of its own: with pipes, and before a terminal. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const module = new URL("../../../cli/terminal/terminal.ts", import.meta.url).href;
const clearLine = "\r\u001b[K";

/**
 * What a script writes that has the session as `session`.
 *
 * @param terminal how many columns the screen has; undefined: there is none
 */
function written(script: string, { columns, input = "" }: { columns?: number; input?: string }) {
  const terminal = `
    for (const stream of [process.stdin, process.stdout, process.stderr]) stream.isTTY = true;
    process.stderr.columns = ${columns};`;
  const code = `
    import { processSession } from ${JSON.stringify(module)};
    ${columns === undefined ? "" : terminal}
    const session = processSession();
    ${script}`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", code];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("results and progress go to their own streams, and a pipe is no person", () => {
  const script = `
    session.out("result");
    session.progress("step");
    session.out(JSON.stringify([session.redraw, session.ask].map((each) => typeof each)));`;
  expect(written(script, {})).toEqual({
    status: 0,
    stdout: 'result["undefined","undefined"]',
    stderr: "step\n",
  });
});

test("bytes go to standard output when its own `write` is guarded, and the window may grow", () => {
  const script = `
    process.stdout.write = process.stderr.write.bind(process.stderr);
    process.stdout.columns = 90;
    session.out(session.stream.columns + " ");
    session.stream.write(Buffer.from("bytes"), () => session.progress("written"));`;
  expect(written(script, { columns: 80 })).toEqual({
    status: 0,
    stdout: "90 bytes",
    stderr: "written\n",
  });
});

test("a line is drawn over, cut to the screen, and cleared before anything else", () => {
  const script = `
    session.redraw("1234567890");
    session.redraw("2");
    session.progress("step");
    session.progress("next");
    session.redraw("3");
    session.redraw("");
    session.progress("last");`;
  expect(written(script, { columns: 8 }).stderr).toBe(
    `${clearLine}1234567${clearLine}2${clearLine}step\nnext\n${clearLine}3${clearLine}last\n`,
  );
});

test("what is drawn is cleared before a result, which may be on the same screen", () => {
  const script = 'session.redraw("50 %"); session.out("result"); session.out("more");';
  expect(written(script, { columns: 80 })).toMatchObject({
    stdout: "resultmore",
    stderr: `${clearLine}50 %${clearLine}`,
  });
});

test("a question gets its answer, and the end of the input is no answer", () => {
  const script = 'session.out(JSON.stringify(await session.ask("Erase it? ")));';
  const answered = written(script, { columns: 80, input: "yes\n" });
  expect(answered.stdout).toBe('"yes"');
  expect(answered.stderr).toContain("Erase it? ");
  const ended = written(script, { columns: 80 });
  expect([ended.status, ended.stdout]).toEqual([0, '"\\n"']);
  expect(ended.stderr.endsWith("\n")).toBe(true);
});
