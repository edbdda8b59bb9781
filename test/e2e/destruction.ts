/** `flotilla destroy`, with the cloud of cloud.ts. */
import type { Cloud } from "./cloud.ts";
import { timed, type Row } from "./rows.ts";
import { settled, type World } from "./world.ts";

export const googleRow: Row = {
  what: "Google",
  note: "an emulator of its APIs, gcloud and GKE's plugin as scripts; its cluster is the node",
  isStandIn: true,
};

interface Destruction {
  readonly removed: readonly { readonly kind: string; readonly name: string }[];
}

export async function destruction(world: World): Promise<readonly Row[]> {
  const { project, hubNamespace } = world;
  const settings = world.published();
  const names = settings.devices.map(({ name }) => name);
  const running = () => Promise.all(names.map((name) => deploymentsOf(world, name)));
  const { environment, end } = world.cloud() ?? (await deployed(world));
  await settled(world.hub(), names, 300);
  const before = await running();
  project.write({ ...settings, more: { cloud: { deletionProtection: false } } });
  let text = "";
  const seconds = await timed(async () => {
    text = await project.flotilla(["destroy", "--yes", "--json"], hubNamespace, environment);
  });
  const { removed } = JSON.parse(text) as Destruction;
  if (!removed.some(({ name }) => name === "gateway-tunnel")) throw new Error(text);
  const left = (await end()).filter(
    (path) => !/^cloudresourcemanager\/projects\/[^/]+$/.test(path),
  );
  if (left.length > 0) throw new Error(`left at Google: ${left.join(", ")}`);
  const after = await running();
  if (after.join() !== before.join())
    throw new Error(`before it the devices ran\n${before}now\n${after}`);
  return [
    {
      what: "flotilla destroy → nothing left at Google, the devices run what they ran",
      seconds,
      note: removed.map(({ kind, name }) => `${kind} ${name}`).join(", "),
    },
  ];
}

/** Where this proof is run without that of the rebuilt hub. */
async function deployed(world: World): Promise<Cloud> {
  await world.hub().delete();
  await world.deployHub();
  const cloud = world.cloud();
  if (cloud === undefined) throw new Error("no hub was deployed");
  return cloud;
}

/** The names and IDs of a device's Deployments: one that was deleted and made again has another ID. */
function deploymentsOf(world: World, device: string): Promise<string> {
  const columns = "custom-columns=:metadata.name,:metadata.uid,:status.readyReplicas";
  const plane = world.device(device).controlPlane();
  return plane.kubectl(["get", "deployments", "--all-namespaces", "--output", columns]);
}
