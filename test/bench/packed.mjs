// Runs the command line of a bundle, as cli/flotilla.mjs does in the package: packed.mjs <bundle> [arguments]
import { pathToFileURL } from "node:url";

const [, , entry, ...args] = process.argv;
const { runProgram } = await import(pathToFileURL(entry).href);
process.exitCode = await runProgram(args);
