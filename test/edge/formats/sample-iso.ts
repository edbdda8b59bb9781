/** Small ISO images made by hand, so that most tests need no fixture. */

const sectorBytes = 2_048;

export interface SampleIso {
  /** Upper-case path such as `IMAGES/IGNITION.IMG` → contents. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly identifier?: string;
  /** Whole sectors between the primary descriptor and the terminator. */
  readonly otherDescriptors?: readonly Uint8Array[];
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, Uint8Array>;
}

/** The bytes of an image; directories come right behind the descriptors, in depth-first order. */
export function sampleIso(iso: SampleIso): Uint8Array {
  const root: Folder = { folders: new Map(), files: new Map() };
  for (const [path, data] of Object.entries(iso.files)) {
    const names = path.split("/");
    let folder = root;
    for (const name of names.slice(0, -1)) {
      const next = folder.folders.get(name) ?? { folders: new Map(), files: new Map() };
      folder.folders.set(name, next);
      folder = next;
    }
    folder.files.set(names.at(-1) ?? "", data);
  }
  const descriptors = [primaryDescriptor(iso.identifier ?? "fedora-coreos-99.sample")];
  descriptors.push(...(iso.otherDescriptors ?? []), descriptor(255));
  const sectors: Uint8Array[] = [new Uint8Array(16 * sectorBytes), ...descriptors];
  const rootRecord = place(root, sectors);
  const image = Buffer.concat(sectors);
  image.set(rootRecord, 16 * sectorBytes + 156);
  image.writeUInt32LE(image.length / sectorBytes, 16 * sectorBytes + 80);
  return image;
}

export function descriptor(type: number): Uint8Array {
  const bytes = Buffer.alloc(sectorBytes);
  bytes[0] = type;
  bytes.write("CD001\x01", 1, "latin1");
  return bytes;
}

function primaryDescriptor(identifier: string): Uint8Array {
  const bytes = Buffer.from(descriptor(1));
  bytes.write(identifier.padEnd(32), 40, "latin1");
  return bytes;
}

/** Appends a folder and all below it; returns its own directory record. */
function place(folder: Folder, sectors: Uint8Array[]): Uint8Array {
  const folders = [...folder.folders];
  const files = [...folder.files].map(([name, data]) => [fileName(name), data] as const);
  const blank = [...folders, ...files].map(([name]) => record(name, 0, 0, 0));
  const { length } = directory(blank);
  const sector = sectorCount(sectors);
  const index = sectors.push(new Uint8Array(length)) - 1;
  const records = folders.map(([name, child]) => renamed(place(child, sectors), name));
  for (const [name, data] of files) {
    records.push(record(name, sectorCount(sectors), data.length, 0));
    sectors.push(padded(data));
  }
  sectors[index] = directory(records);
  return record("\0", sector, length, 2);
}

/** Self, parent, then every child; no record crosses the end of a sector. */
function directory(children: readonly Uint8Array[]): Uint8Array {
  let bytes = Buffer.alloc(0);
  for (const entry of [record("\0", 0, 0, 2), record("\x01", 0, 0, 2), ...children]) {
    const left = sectorBytes - (bytes.length % sectorBytes);
    const gap = entry.length > left ? left : 0;
    bytes = Buffer.concat([bytes, Buffer.alloc(gap), entry]);
  }
  return padded(bytes);
}

function record(name: string, sector: number, length: number, flags: number): Uint8Array {
  const size = 33 + name.length + ((name.length + 1) % 2);
  const bytes = Buffer.alloc(size);
  bytes[0] = size;
  bytes.writeUInt32LE(sector, 2);
  bytes.writeUInt32LE(length, 10);
  bytes[25] = flags;
  bytes[32] = name.length;
  bytes.write(name, 33, "latin1");
  return bytes;
}

function renamed(own: Uint8Array, name: string): Uint8Array {
  const view = Buffer.from(own);
  return record(name, view.readUInt32LE(2), view.readUInt32LE(10), 2);
}

function fileName(name: string): string {
  return `${name.includes(".") ? name : `${name}.`};1`;
}

function padded(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(data.length / sectorBytes) * sectorBytes);
  bytes.set(data);
  return bytes;
}

function sectorCount(sectors: readonly Uint8Array[]): number {
  return sectors.reduce((sum, sector) => sum + sector.length, 0) / sectorBytes;
}
