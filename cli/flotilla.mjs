#!/usr/bin/env node
// The `flotilla` program: checks Node and runs the command line. Plain JavaScript that any Node can
// read, so that an old one gets a sentence and not a syntax error.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`flotilla needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
const { program } = await import("./bundle.mjs");
const entry = await program().catch((error) => {
  // A source that is no TypeScript: esbuild says where.
  console.error(`flotilla: ${error.message}`);
  process.exit(1);
});
// Stack traces then name the sources, which costs every start a little.
if (process.env.FLOTILLA_DEBUG === "1") process.setSourceMapsEnabled(true);
const { main } = await import(entry);
process.stdout.on("error", (error) => {
  // Whoever reads us has had enough: `flotilla schema | head`.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
