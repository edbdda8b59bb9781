/** The names of the devices of one tree: each is a folder of files, so it belongs to one device. */
import type { Construct, IConstruct } from "constructs";
import { InputError } from "../fleet/grammar/mistakes.ts";

/** By the root of their tree. */
const named = new WeakMap<IConstruct, Map<string, Construct>>();

/** @throws InputError if another device of the tree has the name */
export function requireOwnName(device: Construct, name: string): void {
  const { root, path } = device.node;
  const devices = named.get(root) ?? new Map<string, Construct>();
  named.set(root, devices);
  const other = devices.get(name);
  if (other === undefined || other === device || !isInTree(other)) {
    devices.set(name, device);
    return;
  }
  const message = `the device ${other.node.path} is named ${JSON.stringify(name)} too. Give one of them another name.`;
  throw new InputError([{ file: path, path: "name", message }]);
}

/** Whether it was not removed, by `tryRemoveChild`. */
function isInTree({ node }: IConstruct): boolean {
  return node.scopes.every(
    ({ node: { scope, id } }, index) =>
      scope === undefined || scope.node.tryFindChild(id) === node.scopes[index],
  );
}
