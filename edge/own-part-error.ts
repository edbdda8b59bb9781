/** The error of a device that a user's own parts make invalid. */
import { ConstructError } from "../fleet/model/construct-error.ts";
import type { Device } from "../fleet/model/device.ts";
import { DeviceError, stackOfAddition } from "./additions.ts";

/**
 * Names the parts that the error is about, and the line where one of them adds what is wrong.
 *
 * @param make makes the device again
 */
export function ownPartError(device: Device, cause: unknown, make: () => unknown): ConstructError {
  const all = [...(device.parts?.keys() ?? [])];
  const text = cause instanceof Error ? cause.message : "";
  const named = all.filter(
    (name) => text.includes(`/parts/${name} `) || text.includes(`/parts/${name}:`),
  );
  const names = (named.length > 0 ? named : all).join(", ");
  const [first] = cause instanceof DeviceError ? cause.additions : [];
  const stack = first && stackOfAddition(make, first);
  if (cause instanceof Error && stack !== undefined) cause.stack = stack;
  return new ConstructError({ where: [`part ${names}`, `device ${device.name}`] }, cause);
}
