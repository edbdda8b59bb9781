/**
 * The certificates of a fleet, all derived from the root key: they are the same on any machine.
 *
 *   fleet root ── server CA of each device ── K3s' certificates: API server, kubelet
 *   hub client CA of each generation ── the hub's client certificate, which every device accepts
 *   client, request-header and etcd CA of each device: self-signed, for that device only
 *
 * The hub's client CA can name any user and any group: X.509 has no constraint on a subject that Go
 * enforces. Its user has every right at a device anyway, so another name gains nothing.
 * Its key is on the hub; after a break-in the next generation takes its place
 * (docs/decisions, "Answer a break-in at the hub with the next generation of its keys").
 *
 * The hub verifies a device by the root certificate and the device's DNS name. A server CA is
 * limited to its own device's names, so that a stolen one cannot impersonate another device. Two
 * devices never share a client CA: otherwise one could become system:masters on the other.
 *
 * Derivations and contents are a contract with devices in the field; test/fleet/keys/ pins them.
 */
import type { RootKey } from "./root-key.ts";
import type { FleetFacts } from "../model/fleet.ts";
import { hubStatementText } from "../model/hub-generations.ts";
import { sharedHostNames } from "../model/names.ts";
import {
  authorityConstraints,
  certificate,
  distinguishedName,
  forClients,
  forServers,
  leafConstraints,
  permittedHostNames,
  rootConstraints,
  signsCertificates,
  signsData,
  type Issuer,
  type Validity,
} from "./certificates/certificate.ts";
import type { DerValue } from "./certificates/der.ts";
import {
  keyMaterialBytes,
  privateKeyPem,
  signature,
  signatureValue,
  signingKey,
  type SigningKey,
} from "./certificates/p256.ts";
import type { Device } from "../model/device.ts";

/** A certificate and its private key, both PEM; the key in the traditional form of EC keys. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** The certificate with which the hub verifies every device, as PEM. */
export function fleetRootCertificate(fleet: FleetFacts, key: RootKey): string {
  return fleetRoot(fleet, key).certificate;
}

/**
 * The authority of the hub's client certificates in one generation of the hub. `flotilla bootstrap`
 * copies the current one to the hub; devices get only certificates.
 */
export function hubClientAuthority(fleet: FleetFacts, key: RootKey, generation: number): KeyPair {
  const { certificate: own, issuer } = hubAuthority(fleet, key, generation);
  return { certificate: own, privateKey: privateKeyPem(issuer.key) };
}

/** The certificate of that authority alone. */
export function hubClientCertificate(fleet: FleetFacts, key: RootKey, generation: number): string {
  return hubAuthority(fleet, key, generation).certificate;
}

/**
 * The signature of the statement that the hub has this generation, in base64. It is public. Devices
 * verify it by the generation's authority, which their images carry.
 */
export function hubStatement(fleet: FleetFacts, key: RootKey, generation: number): string {
  const { scalar } = hubAuthority(fleet, key, generation).issuer.key;
  const text = Buffer.from(hubStatementText(generation));
  return Buffer.from(signatureValue(signature(scalar, text))).toString("base64");
}

/** The names of custom authorities under K3s' `server/tls` (docs.k3s.io/cli/certificate). */
export const authorityFiles = [
  "client-ca.crt",
  "client-ca.key",
  "etcd/peer-ca.crt",
  "etcd/peer-ca.key",
  "etcd/server-ca.crt",
  "etcd/server-ca.key",
  "request-header-ca.crt",
  "request-header-ca.key",
  "server-ca.crt",
  "server-ca.key",
  "service.key",
] as const;

/**
 * The authorities of one device by file name (`authorityFiles`): K3s uses the files that it finds
 * at its first start.
 */
export function deviceAuthorities(
  fleet: FleetFacts,
  device: Device,
  key: RootKey,
): ReadonlyMap<string, string> {
  const own = (purpose: Purpose) => ownAuthority(fleet, device, key, purpose);
  const client = own("client-ca");
  const header = own("request-header-ca");
  const etcd = own("etcd-ca");
  const server = serverAuthority(fleet, device, key);
  const root = fleetRoot(fleet, key);
  const account = derivedKey(key, [fleet.name, "service-account", device.name, device.generation]);
  const etcdKey = privateKeyPem(etcd.issuer.key);
  const texts: Readonly<Record<(typeof authorityFiles)[number], string>> = {
    "client-ca.crt": client.certificate,
    "client-ca.key": privateKeyPem(client.issuer.key),
    "etcd/peer-ca.crt": etcd.certificate,
    "etcd/peer-ca.key": etcdKey,
    "etcd/server-ca.crt": etcd.certificate,
    "etcd/server-ca.key": etcdKey,
    "request-header-ca.crt": header.certificate,
    "request-header-ca.key": privateKeyPem(header.issuer.key),
    // K3s signs with the first certificate of a file and trusts all of them.
    "server-ca.crt": server.certificate + root.certificate,
    "server-ca.key": privateKeyPem(server.issuer.key),
    "service.key": privateKeyPem(account),
  };
  return new Map(Object.entries(texts));
}

/**
 * An administrator's client certificate for one device, signed by that device's own client
 * authority: it works without the hub.
 */
export function adminCertificate(
  fleet: FleetFacts,
  device: Device,
  key: RootKey,
  { user, ...validity }: Validity & { readonly user: string },
): KeyPair {
  const { issuer } = ownAuthority(fleet, device, key, "client-ca");
  const times = [validity.notBefore.toISOString(), validity.notAfter.toISOString()];
  const context = ["admin", device.name, device.generation, user, ...times];
  const own = derivedKey(key, [fleet.name, ...context]);
  const contents = {
    serial: key.derive([fleet.name, "serial", ...context], serialBytes),
    subject: distinguishedName({ organization: "system:masters", commonName: user }),
    validity,
    key: own,
    extensions: [leafConstraints, signsData, forClients],
  };
  return { certificate: certificate(contents, issuer), privateKey: privateKeyPem(own) };
}

const serialBytes = 16;

/** Extensions of an authority that cannot sign other authorities. */
const lastAuthority = [authorityConstraints, signsCertificates];

type Purpose = "client-ca" | "request-header-ca" | "etcd-ca";

/** A certificate as PEM, and the issuer that signs with it. */
interface Authority {
  readonly certificate: string;
  readonly issuer: Issuer;
}

function fleetRoot(fleet: FleetFacts, key: RootKey): Authority {
  return remembered(roots, fleet, key, () =>
    authority(fleet, key, ["fleet-root"], [rootConstraints, signsCertificates]),
  );
}

/** The first generation's context has no number: fleets have always had it so. */
function hubAuthority(fleet: FleetFacts, key: RootKey, generation: number): Authority {
  const context: Context =
    generation === 1 ? ["hub-client-ca"] : ["hub-client-ca", "hub", generation];
  return remembered(
    hubs,
    fleet,
    key,
    () => authority(fleet, key, context, [...lastAuthority, forClients]),
    generation,
  );
}

function ownAuthority(
  fleet: FleetFacts,
  device: Device,
  key: RootKey,
  purpose: Purpose,
): Authority {
  return authority(fleet, key, [purpose, device.name, device.generation], lastAuthority);
}

/** Signed by the fleet's root, and limited to the names of the device's API server and kubelet. */
function serverAuthority(fleet: FleetFacts, device: Device, key: RootKey): Authority {
  const names = [device.serverName, device.name, ...sharedHostNames];
  const extensions = [...lastAuthority, forServers, permittedHostNames(names)];
  const context = ["server-ca", device.name, device.generation] as const;
  return authority(fleet, key, context, extensions, fleetRoot(fleet, key).issuer);
}

/** The purpose of an authority and its owner: the fleet, a device, or the hub. */
type Context = readonly [purpose: string] | readonly [string, owner: string, generation: number];

function authority(
  fleet: FleetFacts,
  key: RootKey,
  context: Context,
  extensions: readonly DerValue[],
  signer?: Issuer,
): Authority {
  const { notBefore, notAfter } = fleet.certificates;
  const name = nameOf(fleet, context);
  const own = derivedKey(key, [fleet.name, ...context]);
  const contents = {
    // With the dates: an issuer must not use a serial number twice.
    serial: key.derive([fleet.name, "serial", ...context, notBefore, notAfter], serialBytes),
    subject: name,
    validity: { notBefore: new Date(notBefore), notAfter: new Date(notAfter) },
    key: own,
    extensions,
  };
  return { certificate: certificate(contents, signer), issuer: { name, key: own } };
}

/** No two authorities have the same name, not even in two generations. */
function nameOf(fleet: FleetFacts, [purpose, unit, generation]: Context): DerValue {
  const organization = fleet.name;
  if (unit === undefined) return distinguishedName({ organization, commonName: purpose });
  return distinguishedName({ organization, unit, commonName: `${purpose}-${generation}` });
}

function derivedKey(key: RootKey, context: readonly (string | number)[]): SigningKey {
  return signingKey(key.derive(context, keyMaterialBytes));
}

/** Certificates of the whole fleet are made once: all devices have the same. */
const roots = new WeakMap<RootKey, Map<string, Authority>>();
const hubs = new WeakMap<RootKey, Map<string, Authority>>();

function remembered(
  memory: typeof roots,
  { name, certificates }: FleetFacts,
  key: RootKey,
  make: () => Authority,
  generation = 1,
): Authority {
  const ofKey = memory.get(key) ?? new Map<string, Authority>();
  memory.set(key, ofKey);
  const text = JSON.stringify([name, certificates.notBefore, certificates.notAfter, generation]);
  const made = ofKey.get(text) ?? make();
  ofKey.set(text, made);
  return made;
}
