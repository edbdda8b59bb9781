/** A snippet beside the volume that a device has for data. */
import { objectOf, objectsOf } from "../butane/checks.ts";
import { nodesOf, type Finding, type Rule } from "./own-system.ts";

/** Files on a volume that an installation keeps: whoever writes one says that it replaces what is there. */
export const checkKeptFiles: Rule = (config, own) => {
  const kept = objectsOf(objectOf(own.config, "storage"), "filesystems").filter(
    ({ path, wipeFilesystem }) => typeof path === "string" && wipeFilesystem === false,
  );
  return nodesOf(config).flatMap(({ list, node, real, path, at }): readonly Finding[] => {
    if (list === "directories" || node["overwrite"] === true) return [];
    const volume = kept.find((each) => real.startsWith(`${String(each["path"])}/`));
    if (volume === undefined) return [];
    const message = `${path} is on the volume of data, which the next installation keeps. Add overwrite: true to replace it then, or write another path.`;
    return [{ path: at, message }];
  });
};

/** The volume that a mount of the snippet's would hide. */
export const checkOwnVolumes: Rule = (config, own) => {
  const known = objectsOf(objectOf(own.config, "storage"), "filesystems")
    .filter(({ path }) => path !== undefined)
    .flatMap(({ device, path }) => [device, path]);
  return objectsOf(objectOf(config, "storage"), "filesystems").flatMap(
    ({ device, path }, index): readonly Finding[] => {
      const same = [device, path].find((value) => value !== undefined && known.includes(value));
      if (same === undefined) return [];
      const message = `${String(same)} belongs to the disk or the data that the fleet file declares for this device. Write another one, or delete this.`;
      return [
        { path: ["storage", "filesystems", index, same === path ? "path" : "device"], message },
      ];
    },
  );
};
