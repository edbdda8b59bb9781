/**
 * A user's own parts: constructs that a fleet file asks for by name, under `parts` of a profile, a
 * site or a device.
 */
import type { Construct } from "constructs";
import type { z } from "zod";

/** What a user's own part knows of its device, beside the values that its class declares. */
export interface DevicePartProps {
  readonly fleet: string;
  /** Name of the device. */
  readonly device: string;
  readonly site: string;
  readonly profile: string;
  readonly ring: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A class whose constructor adds files, units and so on to `EdgeDevice.of(this)`. */
export interface DevicePartClass {
  // Each class has its own props, which are parsed with its schema: they have no common type.
  new (scope: Construct, id: string, props: any): Construct;
  /** The schema of its values, each of them optional or with a default. @default it has no values */
  readonly values?: z.ZodObject;
}

/** By the name that a fleet file uses under `parts`. */
export type DeviceParts = ReadonlyMap<string, DevicePartClass>;

/** Flotilla's own parts are not asked for by name. */
export const noParts: DeviceParts = new Map();
