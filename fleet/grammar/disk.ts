/** The disk of a profile: the name of a block device that an operating system can be installed on. */
import { matching } from "./value-schemas.ts";

/** A path below /dev without `.`, `..` and empty parts. */
const diskPattern = /^\/dev(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.:-]+)+$/;
const example = "Write a block device, like /dev/sda, /dev/nvme0n1 or /dev/disk/by-id/….";

/** What Linux and udev call by these names, which can't be a disk. The rest of a path is one more name. */
const noDisks: readonly (readonly [what: string, names: RegExp])[] = [
  [
    "a character device",
    /^(null|zero|full|u?random|hwrng|k?mem|kmsg|port|core|log|initctl|snapshot|kvm|fuse|cuse|uinput|uhid|rfkill|ppp|hpet|nvram|mcelog|autofs|vsock|userfaultfd|udmabuf|loop-control|btrfs-control|mapper\/control|vga_arbiter|vfio(\/.+)?|vhost-.+|watchdog\d*|rtc\d*|tpm(rm)?\d+|i2c-\d+|spidev.+|gpiochip\d+|hidraw\d+|ptp\d+|pps\d+|mei\d+|ipmi\d+|sg\d+|bsg\/.+|char\/.+|cpu\/.+|cpu_dma_latency|dma_heap\/.+|input\/.+|snd\/.+|dri\/.+|net\/.+|bus\/.+|usb.*)$/,
  ],
  ["a terminal", /^(tty.*|console|ptmx|pts(\/.+)?|vcs.*)$/],
  ["an open file", /^(fd(\/.+)?|std(in|out|err))$/],
  ["memory", /^(shm(\/.+)?|mqueue(\/.+)?|hugepages(\/.+)?|z?ram\d*)$/],
  ["a drive of optical or floppy disks", /^(sr\d+|scd\d+|cdrom.*|dvd.*|fd\d+.*|floppy.*)$/],
  ["a file in place of a disk", /^(loop\d+(p\d+)?)$/],
  [
    "a folder",
    /^(disk|disk\/by-[a-z]+|mapper|block|char|cpu|input|snd|dri|net|bus|bsg|dma_heap|md)$/,
  ],
  [
    "a partition",
    /^((sd|hd|vd|xvd)[a-z]+\d+|(nvme\d+n\d+|mmcblk\d+|nbd\d+|md\d+)p\d+|disk\/by-(partlabel|partuuid)\/.+|disk\/by-(id|path|diskseq)\/.+-part\d+)$/,
  ],
  ["the controller of a disk", /^(nvme\d+|nvme-fabrics|ng\d+n\d+|megaraid.*|mpt\dctl)$/],
  ["a part of a memory card that only its firmware uses", /^(mmcblk\d+(boot\d+|rpmb|gp\d+))$/],
];

/** A name is all that is known here: which disks a device has shows when it is installed. */
export const disk = matching(diskPattern, `a valid disk. ${example}`).check((context) => {
  if (!diskPattern.test(context.value)) return;
  const name = context.value.slice("/dev/".length);
  const [what] = noDisks.find(([, names]) => names.test(name)) ?? [];
  if (what === undefined) return;
  const message = `"${context.value}" is ${what}, not a disk. ${example}`;
  context.issues.push({ code: "custom", message, input: context.value });
});
