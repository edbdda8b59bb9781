/**
 * The fields of Ignition 3.0 to 3.6, as coreos-installer reads and writes a config: unknown fields are
 * dropped with a warning, and most absent fields of a plain type become null.
 *
 * Source: the published JSON schemas of Ignition 3.0.0 to 3.6.0 and the output of coreos-installer
 * 0.27.0. Each field has the first and the last minor version that has it.
 */
import type { Field, Shape, Type } from "./json-shape.ts";

/** The highest minor version of Ignition 3 that is known. */
export const ignitionMinorMax = 6;

interface Versioned extends Omit<Field, "type"> {
  readonly type: Type | Table;
  readonly since: number;
  readonly until: number;
}

interface Table {
  readonly name: string;
  readonly rows: readonly Versioned[];
  /** Whether the field is a list of these. */
  readonly isList: boolean;
}

type Place = { readonly since?: number; readonly until?: number };

function row(name: string, type: Type | Table, absent: Field["absent"], place: Place): Versioned {
  return { name, type, absent, since: place.since ?? 0, until: place.until ?? ignitionMinorMax };
}

const required = (name: string, place: Place = {}) => row(name, "string", "required", place);
const text = (name: string, place: Place = {}) => row(name, "string", "null", place);
const flag = (name: string, place: Place = {}) => row(name, "boolean", "null", place);
const integer = (name: string, place: Place = {}) => row(name, "integer", "null", place);
const texts = (name: string, place: Place = {}) => row(name, { items: "string" }, "omitted", place);
const part = (name: string, type: Table, place: Place = {}) => row(name, type, "omitted", place);
const parts = (name: string, type: Table, place: Place = {}) =>
  row(name, { ...type, isList: true }, "omitted", place);

function table(name: string, ...rows: readonly Versioned[]): Table {
  return { name, rows, isList: false };
}

const verification = table("Verification", text("hash"));

const headers = table("HttpHeadersItem", required("name"), text("value"));

const resource = table(
  "Resource",
  text("compression"),
  parts("httpHeaders", headers, { since: 1 }),
  text("source"),
  part("verification", verification),
);

/** Ignition 3.0 has this instead of a resource. */
const configReference = table(
  "ConfigReference",
  text("source"),
  part("verification", verification),
);
const authority = table("CaReference", required("source"), part("verification", verification));

const ignition = table(
  "Ignition",
  part(
    "config",
    table(
      "IgnitionConfig",
      parts("merge", configReference, { until: 0 }),
      parts("merge", resource, { since: 1 }),
      part("replace", configReference, { until: 0 }),
      part("replace", resource, { since: 1 }),
    ),
  ),
  part(
    "proxy",
    table(
      "Proxy",
      text("httpProxy"),
      text("httpsProxy"),
      row("noProxy", { items: "string", nullable: true }, "omitted", { until: 3 }),
      texts("noProxy", { since: 4 }),
    ),
    { since: 1 },
  ),
  part(
    "security",
    table(
      "Security",
      part(
        "tls",
        table(
          "SecurityTls",
          parts("certificateAuthorities", authority, { until: 0 }),
          parts("certificateAuthorities", resource, { since: 1 }),
        ),
      ),
    ),
  ),
  part("timeouts", table("Timeouts", integer("httpResponseHeaders"), integer("httpTotal"))),
  required("version"),
);

const group = table(
  "Group",
  integer("gid"),
  required("name"),
  text("passwordHash"),
  flag("shouldExist", { since: 2 }),
  flag("system"),
);

const user = table(
  "User",
  text("gecos"),
  texts("groups"),
  text("homeDir"),
  required("name"),
  flag("noCreateHome"),
  flag("noLogInit"),
  flag("noUserGroup"),
  text("passwordHash"),
  text("primaryGroup"),
  text("shell"),
  flag("shouldExist", { since: 2 }),
  texts("sshAuthorizedKeys"),
  flag("system"),
  integer("uid"),
);

const nodeGroup = table("NodeGroup", integer("id"), text("name"));
const nodeUser = table("NodeUser", integer("id"), text("name"));

const directory = table(
  "Directory",
  part("group", nodeGroup),
  integer("mode"),
  flag("overwrite"),
  required("path"),
  part("user", nodeUser),
);

const file = table(
  "File",
  parts("append", resource),
  part("contents", resource),
  part("group", nodeGroup),
  integer("mode"),
  flag("overwrite"),
  required("path"),
  part("user", nodeUser),
);

const link = table(
  "Link",
  part("group", nodeGroup),
  flag("hard"),
  flag("overwrite"),
  required("path"),
  required("target", { until: 2 }),
  text("target", { since: 3 }),
  part("user", nodeUser),
);

const partition = table(
  "Partition",
  text("guid"),
  text("label"),
  row("number", "integer", "omitted", {}),
  flag("resize", { since: 2 }),
  flag("shouldExist"),
  integer("sizeMiB"),
  integer("startMiB"),
  text("typeGuid"),
  flag("wipePartitionEntry"),
);

const disk = table("Disk", required("device"), parts("partitions", partition), flag("wipeTable"));

const filesystem = table(
  "Filesystem",
  required("device"),
  text("format"),
  text("label"),
  texts("mountOptions", { since: 1 }),
  texts("options"),
  text("path"),
  text("uuid"),
  flag("wipeFilesystem"),
);

const tang = table(
  "Tang",
  text("advertisement", { since: 4 }),
  text("thumbprint"),
  row("url", "string", "omitted", {}),
);

const clevisPins = [parts("tang", tang), integer("threshold"), flag("tpm2")];
const oldClevisCustom = table(
  "LuksClevisCustom",
  required("config"),
  flag("needsNetwork"),
  required("pin"),
);
const oldClevis = table("LuksClevis", row("custom", oldClevisCustom, "null", {}), ...clevisPins);
const clevisCustom = table("ClevisCustom", text("config"), flag("needsNetwork"), text("pin"));
const clevis = table("Clevis", part("custom", clevisCustom), ...clevisPins);

const luks = table(
  "Luks",
  part("cex", table("Cex", flag("enabled")), { since: 5 }),
  row("clevis", oldClevis, "null", { until: 2 }),
  part("clevis", clevis, { since: 3 }),
  text("device"),
  flag("discard", { since: 4 }),
  part("keyFile", resource),
  text("label"),
  required("name"),
  texts("openOptions", { since: 4 }),
  texts("options"),
  text("uuid"),
  flag("wipeVolume"),
);

const raid = table(
  "Raid",
  row("devices", { items: "string" }, "required", { until: 2 }),
  texts("devices", { since: 3 }),
  required("level", { until: 2 }),
  text("level", { since: 3 }),
  required("name"),
  texts("options"),
  integer("spares"),
);

const dropin = table("Dropin", text("contents"), required("name"));

const unit = table(
  "Unit",
  text("contents"),
  parts("dropins", dropin),
  flag("enabled"),
  flag("mask"),
  required("name"),
);

const config = table(
  "Config",
  row("ignition", ignition, "required", {}),
  part("kernelArguments", table("KernelArguments", texts("shouldExist"), texts("shouldNotExist")), {
    since: 3,
  }),
  part("passwd", table("Passwd", parts("groups", group), parts("users", user))),
  part(
    "storage",
    table(
      "Storage",
      parts("directories", directory),
      parts("disks", disk),
      parts("files", file),
      parts("filesystems", filesystem),
      parts("links", link),
      parts("luks", luks, { since: 2 }),
      parts("raid", raid),
    ),
  ),
  part("systemd", table("Systemd", parts("units", unit))),
);

/** The shape of a config of Ignition 3.`minor`.0. */
export function ignitionShape(minor: number): Shape {
  return shapeOf(config, minor);
}

function shapeOf({ name, rows }: Table, minor: number): Shape {
  const fields = rows
    .filter(({ since, until }) => since <= minor && minor <= until)
    .map(({ name: key, type, absent }) => ({ name: key, type: typeOf(type, minor), absent }));
  return { name, fields };
}

function typeOf(type: Type | Table, minor: number): Type {
  if (typeof type === "string" || !("rows" in type)) return type;
  const shape = shapeOf(type, minor);
  return type.isList ? { items: shape } : shape;
}
