#!/usr/bin/env node
// The `flotilla` program: checks Node, teaches it TypeScript, and runs the command line. Plain
// JavaScript that any Node can read, so that an old one gets a sentence and not a syntax error.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`flotilla needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
const { register } = await import("tsx/esm/api");
// No tsconfig.json of the folder that the user is in has a say in this.
register({ tsconfig: false });
const { main } = await import("./main.ts");
process.stdout.on("error", (error) => {
  // Whoever reads us has had enough: `flotilla schema | head`.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
