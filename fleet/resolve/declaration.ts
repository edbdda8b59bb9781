/**
 * The fleet file, checked: references are followed, ranges are expanded, defaults of profiles and
 * sites are applied, and every mistake is reported at its own line.
 */
import { checkLeniently, droppedKeyMistakes, inOrder } from "../grammar/check.ts";
import { addressClashes, rangeClashes } from "./address-mistakes.ts";
import { characterMistakes } from "./character-mistakes.ts";
import { cloudRules } from "./clouds.ts";
import { declareDevices, type DeclaredDevice } from "./declared-devices.ts";
import { emptyRemovals } from "./empty-removals.ts";
import { hardwareMistakes } from "./hardware-mistakes.ts";
import { devicesOfHub } from "./hubs.ts";
import { InputError, type Mistake } from "../grammar/mistakes.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { extendedSchema, type Extensions, type FleetInput } from "../grammar/fleet-schema.ts";
import { gatewayMistakes } from "./gateway-mistakes.ts";
import { snippetBook } from "./snippet-book.ts";
import type { Source } from "../grammar/source.ts";
import { signingKeys } from "./signing-keys.ts";
import type { SigningKey } from "../model/fleet.ts";
import { matchClashes } from "./match-mistakes.ts";
import { k3sMistakes } from "./k3s-mistakes.ts";
import { coverageMistakes, workloadMistakes } from "./workload-mistakes.ts";
import { nodeNetworkMistakes } from "./node-network-mistakes.ts";
import { ownValueMistakes } from "./own-value-mistakes.ts";
import { overlapMistakes } from "./maintenance-mistakes.ts";
import { interfaceMistakes } from "./interface-mistakes.ts";
import { manifestBook } from "./manifest-book.ts";
import type { ManifestBook } from "./manifest-book.ts";
import { fleetMistakes } from "./fleet-mistakes.ts";
import type { ReferencedFiles } from "../model/referenced-files.ts";

/** The checked contents of fleet.yaml, before addresses are allocated. */
export interface Declaration {
  readonly source: Source;
  readonly input: FleetInput;
  /** Those of the hub, sorted by name. */
  readonly devices: readonly DeclaredDevice[];
  readonly manifests: ManifestBook["files"];
  /** What was not checked in them. */
  readonly notes: ManifestBook["notes"];
  /** The keys of `repository.signing`. */
  readonly signingKeys: readonly SigningKey[];
  /** The add-ons that the hub can have. */
  readonly addons: readonly AddonDeclaration[];
}

/**
 * @param workloadNames names of the workloads that have a construct; undefined: not checked
 * @param references reads the files that the fleet file names; undefined: they are not read
 * @param extensions what other rooms add to the grammar
 * @throws InputError with every mistake of the file, in its order
 */
export function declareFleet(
  source: Source,
  workloadNames?: readonly string[],
  references?: ReferencedFiles,
  extensions: Extensions = {},
): Declaration {
  const schema = extendedSchema(extensions);
  const { value: input, mistakes: valueMistakes } = checkLeniently(source, schema);
  const formMistakes = [
    ...valueMistakes,
    ...droppedKeyMistakes(source, schema),
    ...(input === undefined ? [] : emptyRemovals(source, input)),
  ];
  const mistakes = [...formMistakes, ...additional(characterMistakes(source), formMistakes)];
  if (input === undefined) throw new InputError(inOrder(mistakes));
  const book = snippetBook(source, input, references);
  const { devices, mistakes: deviceMistakes } = declareDevices(source, input, book, references);
  const ofHub = devicesOfHub(input, devices);
  const manifests = manifestBook(source, input, references);
  const signing = signingKeys(source, input, references);
  const all = [
    ...mistakes,
    ...fleetMistakes(source, input),
    ...signing.mistakes,
    ...book.mistakes,
    ...hardwareMistakes(source, input, devices),
    ...cloudRules(input).mistakes(source, ofHub.length),
    ...k3sMistakes(source, input),
    ...rangeClashes(source, input, devices),
    ...deviceMistakes,
    ...nodeNetworkMistakes(source, input, devices),
    ...addressClashes(source, input, devices),
    ...interfaceMistakes(source, input, devices),
    ...gatewayMistakes(source, input, devices),
    ...matchClashes(source, devices),
    ...workloadMistakes(source, input, workloadNames),
    ...manifests.mistakes,
  ];
  if (all.length === 0) {
    const addons = extensions.addons ?? [];
    all.push(
      ...coverageMistakes(source, input, devices, addons),
      ...ownValueMistakes(source, devices, extensions),
      ...overlapMistakes(source, input),
    );
  }
  const everywhere = [...inOrder(all), ...manifests.fileMistakes];
  if (everywhere.length > 0) throw new InputError(everywhere);
  return {
    source,
    input,
    devices: ofHub,
    manifests: manifests.files,
    notes: manifests.notes,
    signingKeys: signing.keys,
    addons: extensions.addons ?? [],
  };
}

/** Those at places without another mistake: one for each value is enough. */
function additional(more: readonly Mistake[], mistakes: readonly Mistake[]): Mistake[] {
  const place = ({ line, column }: Mistake) => `${line}:${column}`;
  const reported = new Set(mistakes.map(place));
  return more.filter((mistake) => !reported.has(place(mistake)));
}
