import fc from "fast-check";

// The same cases on every run: a failure that CI saw is there on every machine.
fc.configureGlobal({ seed: 20200914 });

// esbuild starts its program in the folder in which it is first loaded; tests remove theirs.
await import("esbuild");
