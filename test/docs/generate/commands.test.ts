/** The reference of the commands is fresh. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandsPage } from "../../../docs/generate/commands.ts";
import { flotilla } from "../../cli/command-line.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

test("the page is fresh (vitest -u writes it), and has every command", async () => {
  const folder = temporaryFolder();
  const help = async (...args: string[]) => (await flotilla(folder, [...args, "--help"])).out;
  const program = await help();
  const listed = /^Commands:\n([\s\S]*?)\n\n/m.exec(program)?.[1] ?? "";
  const names = [...listed.matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(20);
  const commands = [];
  for (const name of names.filter((each) => each !== "help")) {
    commands.push({ name, help: await help(name) });
  }
  for (const { name, help: text } of commands) expect(text).toContain(`flotilla ${name}`);
  const page = join(import.meta.dirname, "..", "..", "..", "docs", "reference", "commands.md");
  await expect(commandsPage(program, commands)).toMatchFileSnapshot(page);
});
