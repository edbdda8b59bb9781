/**
 * A device without a fleet: its operating system is put together from parts, one of them our own, and
 * its image is made from a live ISO of Fedora CoreOS. Run it with
 * `node --import tsx examples/one-device.ts fedora-coreos-live.iso kiosk.iso`.
 */
import { closeSync, copyFileSync, openSync, writeSync } from "node:fs";
import { Construct } from "constructs";
import {
  EdgeApp,
  EdgeDevice,
  EdgeImage,
  Hostname,
  SshAccess,
  TimeZone,
  openFileSource,
  openImage,
} from "flotilla/edge";

class Greeting extends Construct {
  constructor(scope: Construct, id: string, props: { readonly text: string }) {
    super(scope, id);
    const contents = { inline: `${props.text}\n` };
    EdgeDevice.of(this).addFile(this, { path: "/etc/motd.d/greeting", mode: 0o644, contents });
  }
}

const kiosk = new EdgeDevice(new EdgeApp(), "kiosk", {
  architecture: "x86_64",
  disk: "/dev/nvme0n1",
  kernelArguments: ["console=ttyS0,115200n8"],
});
new Hostname(kiosk, "hostname");
new TimeZone(kiosk, "time-zone", { timeZone: "Europe/Dublin" });
new SshAccess(kiosk, "ssh-access", {
  keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ops"],
});
new Greeting(kiosk, "greeting", { text: "This is the kiosk at the door." });
console.log(kiosk.toButane());

const [iso = "fedora-coreos-live.iso", output = "kiosk.iso"] = process.argv.slice(2);
const image = new EdgeImage(kiosk, "image", { iso: openImage(iso, openFileSource(iso)) });
copyFileSync(iso, output);
const file = openSync(output, "r+");
for (const { offset, bytes } of image.patches()) writeSync(file, bytes, 0, bytes.length, offset);
closeSync(file);
