/** `flotilla iso`: stands in for `coreos-installer iso`. */
import { readFileSync, writeSync } from "node:fs";
import { Command } from "commander";
import { ToolExit } from "../../fleet/files/failures.ts";
import type { World } from "../compat/iso/world.ts";
import type { Session } from "../terminal/session.ts";

export function isoCommand(session: Session): Command {
  const command = new Command("iso");
  return (
    command
      .summary("work on a live ISO as coreos-installer does: embed, customize, kargs, …")
      // Its arguments are coreos-installer's: they are read as that reads them.
      .helpOption(false)
      .allowUnknownOption()
      .argument("[arguments...]", "those of coreos-installer iso; --help tells them")
      .action(async () => {
        const { runIso } = await import("../compat/iso/run.ts");
        const code = await runIso(ownArguments(command), worldOf(session));
        if (code !== 0) throw new ToolExit(code);
      })
  );
}

/** All that stands behind the command's name, as it was written. */
function ownArguments(command: Command): readonly string[] {
  const { rawArgs } = command.parent as unknown as { readonly rawArgs: readonly string[] };
  return rawArgs.slice(rawArgs.indexOf(command.name()) + 1);
}

function worldOf(session: Session): World {
  const { stream } = session;
  const isProcess = stream === process.stdout;
  return {
    out(data) {
      if (typeof data === "string") session.out(data);
      else if (isProcess) writeAll(data);
      else if (stream) stream.write(data);
      else session.out(Buffer.from(data).toString("utf8"));
    },
    error: session.progress,
    standardInput: () => readFileSync(0),
    outIsTerminal: stream?.isTTY === true,
  };
}

/** A gigabyte must not wait in memory until the reader has taken it. */
function writeAll(data: Uint8Array): void {
  let done = 0;
  while (done < data.length) {
    try {
      done += writeSync(process.stdout.fd, data, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      // The reader is slower; a moment is enough.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
