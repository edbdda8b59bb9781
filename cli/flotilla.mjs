#!/usr/bin/env node
// The `flotilla` program: checks Node and runs the command line. Plain JavaScript that any Node can
// read, so that an old one gets a sentence and not a syntax error.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`flotilla needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
requireFolder();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A package has no sources, only what was made of them.
const isPackage = !existsSync(join(root, "cli", "main.ts"));
const local = isPackage ? localProgram() : undefined;
if (local === undefined)
  await run(isPackage ? join(root, "lib", "cli", "main.mjs") : await bundle());
else await import(pathToFileURL(local).href);

async function run(entry) {
  // Node 22 keeps what it compiled. In a folder of the installation: anybody may write to /tmp.
  const modules = isPackage ? dirname(root) : join(root, "node_modules");
  module.enableCompileCache?.(join(modules, ".cache", "flotilla", "compiled"));
  // Stack traces then name the sources, which costs every start a little.
  if (process.env.FLOTILLA_DEBUG === "1") process.setSourceMapsEnabled(true);
  const { runProgram } = await import(pathToFileURL(entry).href).catch(notComplete);
  process.stdout.on("error", (error) => {
    // Whoever reads us has had enough: `flotilla schema | head`.
    if (error.code === "EPIPE") process.exit(0);
    fail(`the result could not be written to standard output: ${error.message}`);
  });
  process.exitCode = await runProgram(process.argv.slice(2));
}

/** The user, or a `git checkout`, may have deleted the folder that the shell is in. */
function requireFolder() {
  try {
    process.cwd();
  } catch (error) {
    fail(`the current folder does not exist (${error.code}). Change to another folder`);
  }
}

function programOf(installed) {
  try {
    const { bin } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    return join(installed, bin.flotilla);
  } catch {
    return undefined;
  }
}

/** A file of the installation is missing, or another package. */
function notComplete(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const [first] = error.message.split("\n");
  fail(
    `this installation is not complete: ${first}. Install it again: npm ci, or npm install flotilla`,
  );
}

function fail(message) {
  console.error(`flotilla: ${message}`);
  process.exit(1);
}

/** The bundle of a checkout, which is made when a source has changed. */
async function bundle() {
  const { program } = await import("./bundle.mjs");
  return program().catch((error) => {
    if (error.code === "ERR_MODULE_NOT_FOUND") notComplete(error);
    // A source that is not valid TypeScript: esbuild says where.
    fail(error.message);
  });
}

/**
 * The program of the project that the user is in, if the project has installed another Flotilla than
 * this one, which is installed for all projects: its version is in the project's package.json.
 */
function localProgram() {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const installed = join(folder, "node_modules", "flotilla");
    if (existsSync(join(folder, "package.json")) && existsSync(join(installed, "package.json"))) {
      if (realpathSync(installed) === realpathSync(root)) return undefined;
      const program = programOf(installed);
      if (program !== undefined && existsSync(program)) return program;
      fail(`${installed} is not complete. Install it again: npm install`);
    }
    if (folder === dirname(folder)) return undefined;
  }
}
