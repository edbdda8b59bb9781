/** One thing that a deployment needs, and how it stands with it. */
import type { Project } from "../../project/project.ts";

export interface Check {
  readonly name: string;
  /** `unknown`: it cannot be checked, because something else is missing. */
  readonly state: "ok" | "missing" | "unknown";
  /** Whether a deployment fails without it. */
  readonly needed: boolean;
  readonly found: string;
  /** A command or a sentence, or null where nothing is to be done. */
  readonly fix: string | null;
}

/** The part of a project that is looked at: no root key is needed. */
export type Examined = Pick<Project, "fleet" | "directory">;

export function ok(name: string, found: string): Check {
  return { name, state: "ok", needed: true, found, fix: null };
}

export function missing(name: string, found: string, fix: string): Check {
  return { name, state: "missing", needed: true, found, fix };
}

/** Worth a look, and no hindrance. */
export function advice(name: string, found: string, fix: string): Check {
  return { name, state: "missing", needed: false, found, fix };
}

export function unknown(name: string, found: string, fix: string | null = null): Check {
  return { name, state: "unknown", needed: false, found, fix };
}
