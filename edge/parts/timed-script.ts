/** A script on a device that a timer starts. */
import type { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface TimedScript {
  /** File name in /usr/local/bin. */
  readonly name: string;
  /** Name of the service and of the timer, without their endings. */
  readonly unit: string;
  /** The texts of the three files. */
  readonly script: string;
  readonly service: string;
  readonly timer: string;
}

/** @param part to which the files belong */
export function addTimedScript(
  part: Construct,
  { name, unit, script, service, timer }: TimedScript,
): void {
  const device = EdgeDevice.of(part);
  device.addFile(part, {
    path: `/usr/local/bin/${name}`,
    mode: 0o755,
    contents: { inline: script },
  });
  device.addUnit(part, { name: `${unit}.service`, contents: service });
  device.addUnit(part, { name: `${unit}.timer`, enabled: true, contents: timer });
}
