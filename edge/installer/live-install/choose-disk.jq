# Chooses the disk to install on. Input: lsblk --json --bytes, as a tree. Arguments: $hint as the fleet
# file has it, with patterns as regular expressions; $links, lines "<device> <name in /dev/disk/by-path>";
# $data, the device that data is kept on, or "".
# Output: lines "say <text>" for the console, then one line "disk <device>" or "refuse <reason>".

def isTrue: . == true or . == "1" or . == 1;
def bytes: (. // 0) | tonumber;
def words: (. // "") | tostring | gsub("[^ -~]|\\\\"; "?") | gsub("^ +| +$"; "");
def padded($width): . + " " * ([$width - length, 0] | max) + "  ";
def gigabytes: ((. / 100000000 | round) / 10 | tostring) + " GB";
def tree: recurse(.children[]?);
def mounted: [tree | .mountpoint // empty | tostring | select(. != "")] | first;

def kind:
  if (.name | startswith("nvme")) or .tran == "nvme" then "nvme"
  elif (.name | startswith("mmcblk")) or .tran == "mmc" then "mmc"
  elif .rota | isTrue then "hdd"
  else "ssd" end;

# What lsblk calls a disk and nobody installs on: memory, files, parts of memory cards, floppy disks.
def isDisk:
  .type == "disk" and (.name | test("^(zram|ram|loop|fd|nbd|drbd|rbd|sr)[0-9]|^mmcblk[0-9]+(boot|rpmb|gp)") | not);

def fits($pattern): words | test("^(" + $pattern + ")$"; "i");

def names: ("/dev/" + (.kname // .name)) as $device
  | [$links | split("\n")[] | split(" ") | select(.[0] == $device) | .[1]];

# Why a disk is never chosen.
def exclusion:
  mounted as $mount
  | if $mount != null and ($mount | test("^/run/(media/iso|initramfs/live)$")) then "the medium that booted"
    elif any(tree; ((.label // "") | test("^fedora-coreos-")) and .fstype == "iso9660") then "an installation medium"
    elif $data != "" and "/dev/" + (.kname // .name) == $data then "keeps the data"
    elif $mount != null then "in use: \($mount)"
    elif .ro | isTrue then "read-only"
    elif .size | bytes == 0 then "without a medium"
    elif .rm | isTrue then "removable"
    elif any(tree; .type == "mpath") then "one path of several to a disk"
    elif .tran == "usb" and ($hint.serial // $hint.path) == null then "on USB: only serial or path chooses it"
    else null end;

# Why a disk does not fit.
def difference:
  (.size | bytes) as $size
  | if $hint.sizeMinBytes != null and $size < $hint.sizeMinBytes then "smaller than sizeMin"
    elif $hint.sizeMaxBytes != null and $size > $hint.sizeMaxBytes then "larger than sizeMax"
    elif $hint.type != null and kind != $hint.type then "not of type \($hint.type)"
    elif $hint.model != null and (.model | fits($hint.model) | not) then "another model"
    elif $hint.serial != null and (.serial | fits($hint.serial) | not) then "another serial number"
    elif $hint.path != null and (names | any(.[]; fits($hint.path)) | not) then "at another path"
    else null end;

[.blockdevices[] | select(isDisk) | . + { why: (exclusion // difference) }] as $disks
| [$disks[] | select(.why == null)] as $fitting
| (if $hint.choose == "only" then $fitting
   else ($fitting | map(.size | bytes) | if $hint.choose == "largest" then max else min end) as $size
     | [$fitting[] | select((.size | bytes) == $size)] end) as $found
| ($found | map("/dev/" + (.kname // .name))) as $paths
| (if $disks == [] then "say   (none)" else empty end),
  ($disks[] | "say   " + ("/dev/\(.name)" | padded(12)) + (.size | bytes | gigabytes | padded(9))
    + (kind | padded(4)) + (.model | words | padded(24)) + (.serial | words | padded(20))
    + (.why // (if ($paths == ["/dev/" + (.kname // .name)]) then "CHOSEN" else "fits" end))),
  (if $paths == [] then "refuse no disk fits"
   elif ($paths | length) > 1 then
     "refuse \($paths | length) disks fit" + (if $hint.choose == "only" then "" else " and have the same size" end)
       + ": " + ($paths | join(", "))
   else "disk \($paths[0])" end)
