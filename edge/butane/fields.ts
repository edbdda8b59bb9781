/**
 * The fields of a configuration other than those of `storage`. Source: the published specifications of
 * Butane fcos 1.0 to 1.7 and of Ignition 3.0 to 3.6.
 */
import {
  checkAuthorities,
  checkConfiguration,
  checkIgnition,
  checkIgnitionConfig,
  checkProxy,
} from "./checks.ts";
import { checkDropin, checkSystemd, checkUnit } from "./checks-unit.ts";
import { completeDropin, completeUnit, completeUser } from "./completion.ts";
import { authorityReference, cex, configReference, configResource } from "./fields-storage.ts";
import { resource, resourceField, singleConfigReference, storage } from "./fields-storage.ts";
import { tang } from "./fields-storage.ts";
import { checkQuadlet } from "./quadlets.ts";
import { butaneOnly, byField, field, listOf, required, shape, texts } from "./schema.ts";
import {
  checkBootDevice,
  checkBootVolume,
  checkContentsSources,
  checkGrubUser,
  checkMirror,
  checkRoot,
} from "./source-checks.ts";
import { since } from "./versions.ts";

const dropin = shape(
  "Dropin",
  [field("contents", "string"), butaneOnly("contents_local", "string", 5), required("name")],
  {
    key: byField("name"),
    sourceCheck: checkContentsSources,
    complete: completeDropin,
    check: checkDropin,
  },
);

const unit = shape(
  "Unit",
  [
    field("contents", "string"),
    butaneOnly("contents_local", "string", 5),
    field("dropins", listOf(dropin)),
    field("enabled", "boolean"),
    field("mask", "boolean"),
    required("name"),
  ],
  {
    key: byField("name"),
    sourceCheck: checkContentsSources,
    complete: completeUnit,
    check: checkUnit,
  },
);

const quadlet = shape(
  "Quadlet",
  [
    butaneOnly("contents", "string"),
    butaneOnly("contents_local", "string"),
    butaneOnly("name", "string"),
    butaneOnly("rootful", "boolean"),
    butaneOnly("dropins", listOf(dropin)),
  ],
  { key: byField("name"), sourceCheck: checkQuadlet },
);

const systemd = shape(
  "Systemd",
  [field("units", listOf(unit)), butaneOnly("quadlets", listOf(quadlet), since.quadlets)],
  { check: checkSystemd },
);

const group = shape(
  "PasswdGroup",
  [
    field("gid", "integer"),
    required("name"),
    field("password_hash", "string"),
    field("should_exist", "boolean", { since: 2 }),
    field("system", "boolean"),
  ],
  { key: byField("name") },
);

const user = shape(
  "PasswdUser",
  [
    field("gecos", "string"),
    field("groups", texts("Group")),
    field("home_dir", "string"),
    required("name"),
    field("no_create_home", "boolean"),
    field("no_log_init", "boolean"),
    field("no_user_group", "boolean"),
    field("password_hash", "string"),
    field("primary_group", "string"),
    field("ssh_authorized_keys", texts("SSHAuthorizedKey")),
    butaneOnly("ssh_authorized_keys_local", texts(), 5),
    field("shell", "string"),
    field("should_exist", "boolean", { since: 2 }),
    field("system", "boolean"),
    field("uid", "integer"),
  ],
  { key: byField("name"), complete: completeUser },
);

const passwd = shape("Passwd", [field("groups", listOf(group)), field("users", listOf(user))]);

const kernelArguments = shape(
  "KernelArguments",
  [
    field("should_exist", texts("KernelArgument")),
    field("should_not_exist", texts("KernelArgument")),
  ],
  { disjoint: ["shouldExist", "shouldNotExist"] },
);

const ignitionConfig = shape(
  "IgnitionConfig",
  [
    ...resourceField("merge", listOf(configReference), listOf(configResource)),
    ...resourceField("replace", singleConfigReference, configResource),
  ],
  { check: checkIgnitionConfig },
);

const proxy = shape(
  "Proxy",
  [field("http_proxy", "string"), field("https_proxy", "string"), field("no_proxy", texts())],
  { check: checkProxy },
);

const tls = shape(
  "TLS",
  [...resourceField("certificate_authorities", listOf(authorityReference), listOf(resource))],
  { check: checkAuthorities },
);

const security = shape("Security", [field("tls", tls)]);

const timeouts = shape("Timeouts", [
  field("http_response_headers", "integer"),
  field("http_total", "integer"),
]);

const ignition = shape(
  "Ignition",
  [
    field("config", ignitionConfig),
    field("proxy", proxy, { since: 1 }),
    field("security", security),
    field("timeouts", timeouts),
    { name: null, output: "version", since: 0, type: "string", written: "always" },
  ],
  { check: checkIgnition },
);

const bootVolume = shape(
  "BootDeviceLuks",
  [
    field("cex", cex, { since: 6 }),
    field("discard", "boolean", { since: 5 }),
    field("device", "string", { since: 6 }),
    field("tang", listOf(tang)),
    field("threshold", "integer"),
    field("tpm2", "boolean"),
  ],
  { package: "fcos", sourceCheck: checkBootVolume },
);

const mirror = shape("BootDeviceMirror", [field("devices", texts())], {
  package: "fcos",
  sourceCheck: checkMirror,
});

const bootDevice = shape(
  "BootDevice",
  [field("layout", "string"), field("luks", bootVolume), field("mirror", mirror)],
  { package: "fcos", sourceCheck: checkBootDevice },
);

const grubUser = shape(
  "GrubUser",
  [field("name", "string", { written: "filled" }), field("password_hash", "string")],
  { package: "fcos", sourceCheck: checkGrubUser },
);

const grub = shape("Grub", [field("users", listOf(grubUser))], { package: "fcos" });

/** The whole configuration. */
export const configuration = shape(
  "Config",
  [
    butaneOnly("version", "string"),
    butaneOnly("variant", "string"),
    field("ignition", ignition),
    field("kernel_arguments", kernelArguments, { since: 4 }),
    field("passwd", passwd),
    field("storage", storage),
    field("systemd", systemd),
    butaneOnly("boot_device", bootDevice, 3),
    butaneOnly("grub", grub, 5),
  ],
  { package: "fcos", sourceCheck: checkRoot, check: checkConfiguration },
);
