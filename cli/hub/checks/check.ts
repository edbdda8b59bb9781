/** The check of one thing that a deployment needs. */
import type { Project } from "../../project/project.ts";

export interface Check {
  readonly name: string;
  /** `unknown`: it can't be checked, because something else is missing. */
  readonly state: "ok" | "missing" | "unknown";
  /** Whether a deployment fails without it. */
  readonly needed: boolean;
  readonly found: string;
  /** A command or a sentence; null if there is nothing to do. */
  readonly fix: string | null;
}

/** The part of a project that is checked; it needs no root key. */
export type CheckedProject = Pick<Project, "fleet" | "files">;

export function ok(name: string, found: string): Check {
  return { name, state: "ok", needed: true, found, fix: null };
}

export function missing(name: string, found: string, fix: string): Check {
  return { name, state: "missing", needed: true, found, fix };
}

/** Does not block a deployment. */
export function advice(name: string, found: string, fix: string): Check {
  return { name, state: "missing", needed: false, found, fix };
}

export function unknown(name: string, found: string, fix: string | null = null): Check {
  return { name, state: "unknown", needed: false, found, fix };
}
