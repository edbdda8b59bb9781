/** One thing that a deployment needs, and how it stands with it. */
import type { Project } from "../../project/project.ts";

export interface Check {
  readonly name: string;
  /** `unknown`: it can't be told, because something else is missing. */
  readonly state: "ok" | "missing" | "unknown";
  /** Whether a deployment fails without it. */
  readonly needed: boolean;
  readonly found: string;
  /** A command or a sentence, or null where nothing is to be done. */
  readonly mend: string | null;
}

/** The part of a project that is looked at: no root key is needed. */
export type Examined = Pick<Project, "fleet" | "directory">;

export function ok(name: string, found: string): Check {
  return { name, state: "ok", needed: true, found, mend: null };
}

export function missing(name: string, found: string, mend: string): Check {
  return { name, state: "missing", needed: true, found, mend };
}

/** Worth a look, and no hindrance. */
export function advice(name: string, found: string, mend: string): Check {
  return { name, state: "missing", needed: false, found, mend };
}

export function unknown(name: string, found: string, mend: string | null = null): Check {
  return { name, state: "unknown", needed: false, found, mend };
}
