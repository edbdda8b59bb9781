/** The session of a process: its streams and its terminal. */
import { createInterface } from "node:readline/promises";
import { escapeControls, escapeExceptColours, keepNames } from "./control-characters.ts";
import { maskSecrets } from "./known-secrets.ts";
import type { ByteStream, Session } from "./session.ts";

/** Returns to the first column and clears the line. */
const clearLine = "\r\u001b[K";

/** Variables with folders that messages name. */
const pathVariables = ["HOME", "TMPDIR", "XDG_CACHE_HOME"];

export function processSession(): Session {
  const { argv, stdin, stdout, stderr, env } = process;
  keepNames([...argv.slice(2), process.cwd(), ...pathVariables.map((name) => env[name])]);
  // Nothing else of the program writes there: `stdout.write` itself is replaced
  // (cli/project/own-code/program-guard.ts).
  const write = stdout.write.bind(stdout);
  let drawn = false;
  const clear = () => {
    if (drawn) stderr.write(clearLine);
    drawn = false;
  };
  return {
    environment: env,
    out(text) {
      // Both streams may be the same terminal.
      clear();
      write(text);
    },
    progress(text) {
      clear();
      stderr.write(`${escapeExceptColours(maskSecrets(text))}\n`);
    },
    stream: byteStream(stdout, write),
    ...(stderr.isTTY && {
      redraw(line) {
        // A wrapped line can't be replaced.
        stderr.write(clearLine + escapeControls(line).slice(0, (stderr.columns || 80) - 1));
        drawn = line !== "";
      },
    }),
    ...(stdin.isTTY &&
      stderr.isTTY && {
        async ask(question) {
          clear();
          const lines = createInterface({ input: stdin, output: stderr });
          // Ctrl+C and Ctrl+D end the input without an answer and without a line end.
          const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("\n")));
          try {
            const answer = await Promise.race([lines.question(question), ended]);
            if (answer === "\n") stderr.write(answer);
            return answer;
          } finally {
            lines.close();
          }
        },
      }),
  };
}

/** A stream to standard output. A window may change its size, so it is asked each time. */
function byteStream(stdout: typeof process.stdout, write: ByteStream["write"]): ByteStream {
  const { fd, isTTY } = stdout;
  return {
    write,
    isTTY,
    fd,
    get columns() {
      return stdout.columns;
    },
    get rows() {
      return stdout.rows;
    },
  };
}
