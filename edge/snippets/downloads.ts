/** The proxy of Ignition's own downloads, which a snippet can replace. */
import { isFilled, objectOf } from "../butane/checks.ts";
import type { Finding, Rule } from "./own-system.ts";

/** Lists (`noProxy`, authorities) are added to what is there. */
const urls = ["httpProxy", "httpsProxy"] as const;

export const checkDownloads: Rule = (config, own) => {
  const proxyOf = (each: typeof config) => objectOf(objectOf(each, "ignition"), "proxy");
  const [written, ours] = [proxyOf(config), proxyOf(own.config)];
  const declared = urls.some((name) => isFilled(ours[name]));
  return urls.flatMap((name): readonly Finding[] =>
    declared && isFilled(written[name]) && written[name] !== ours[name]
      ? [
          {
            path: ["ignition", "proxy", name],
            message:
              "it would replace the proxy that the fleet file declares. Delete it here, or the key proxy there.",
          },
        ]
      : [],
  );
};
