/** The host's clock shows the time of its site, so that its logs read like the site's day. */
import type { Contribution, DeviceContext } from "./part.ts";

export function timezone({ device }: DeviceContext): Contribution {
  const target = `../usr/share/zoneinfo/${device.site.timeZone}`;
  return { links: [{ path: "/etc/localtime", target }] };
}
