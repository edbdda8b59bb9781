#!/bin/sh
# Runs before the installer: chooses the disk where only its description is known, and takes down what
# an earlier system left active on it. If it fails, the installation stops and nothing is erased.
# shellcheck disable=SC2086
installation=/etc/flotilla/installation
# shellcheck source=/dev/null
. $installation

refuse() {
  printf '%s\n' "INSTALLATION REFUSED: $1. Nothing is erased."
  exit 1
}

# A disk may show up a moment after the boot.
require_disk() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    lsblk --nodeps "$1" >/dev/null 2>&1 && return
    sleep 3
  done
  refuse "$1 is not there. The disks of this machine: lsblk"
}

udevadm settle --timeout=60 || true
[ -z "$DATA_DISK" ] || require_disk "$DATA_DISK"

# Ignition looks at partitions only, and would write their table over a file system on the disk itself.
format=
[ -z "$KEPT_DISK" ] || format=$(lsblk -ndo FSTYPE "$KEPT_DISK")
[ -z "$format" ] || refuse "$KEPT_DISK keeps data, and holds $format without a partition, which would be lost. \
Save what is on it and run wipefs --all $KEPT_DISK, or use another disk"

choose() {
  columns=NAME,KNAME,TYPE,SIZE,TRAN,ROTA,RM,RO,MODEL,SERIAL,FSTYPE,LABEL,MOUNTPOINT
  links=$(for link in /dev/disk/by-path/*; do echo "$(readlink -f "$link") ${link##*/}"; done)
  data=
  [ -z "$DATA_DISK" ] || data=$(readlink -f "$DATA_DISK")
  lsblk --json --bytes --output "$columns" | jq --raw-output --argjson hint "$HINT" \
    --arg links "$links" --arg data "$data" --from-file /etc/flotilla/choose-disk.jq
}

if [ -n "$HINT" ]; then
  printf '%s\n' "$DEVICE installs on $DISK. The disks of this machine:"
  answer=$(choose) || refuse "the disks cannot be listed"
  printf '%s\n' "$answer" | sed -n 's/^say //p'
  reason=$(printf '%s\n' "$answer" | sed -n 's/^refuse //p')
  [ -z "$reason" ] || refuse "$reason. Change disk in fleet.yaml and make the medium again"
  DISK=$(printf '%s\n' "$answer" | sed -n 's/^disk //p')
fi
for disk in "$DISK" $OTHER_DISKS; do require_disk "$disk"; done

# A disk with data must not share a volume group or an array with one that is erased.
for disk in "$DISK" $OTHER_DISKS; do
  [ -n "$DATA_DISK" ] || break
  same=$(for one in "$disk" "$DATA_DISK"; do lsblk -nrpo NAME "$one" | sort -u; done | sort | uniq -d | tr '\n' ' ')
  [ -z "$same" ] || refuse "$DATA_DISK is for data, and shares ${same}with $disk"
done

# Stops the volumes and arrays on a disk, from the top down, and removes the marks by which the kernel
# and LVM would find them again. A partition that is kept stays as it is.
take_down() {
  # Below the mark of an array there may be one of LVM.
  for _ in 1 2 3; do
    stop_all "$1"
    remove_marks "$1"
  done
  [ -z "$active" ] || echo "Still active on $1:" $active
}

stop_all() {
  for _ in 1 2 3 4 5 6 7 8; do
    # The first line is the disk itself, which may be an array.
    active=$(lsblk -nrpo NAME,TYPE "$1" | tail -n +2 | grep -Ev ' (disk|part)$' | sort -u)
    [ -n "$active" ] || break
    printf '%s\n' "$active" | while read -r name _; do
      case $name in
        /dev/md*) mdadm --stop "$name" ;;
        *) dmsetup remove "$name" ;;
      esac >/dev/null 2>&1 && echo "Stopped $name, which an earlier system left on $1."
    done
    udevadm settle --timeout=10 || true
  done
}

remove_marks() {
  lsblk -nrpo NAME,TYPE,FSTYPE,PARTLABEL "$1" | while read -r name type format label; do
    case "$type $format" in
      "disk LVM2_member" | "part LVM2_member" | disk\ *_raid_member | part\ *_raid_member) ;;
      *) continue ;;
    esac
    if [ -n "$KEPT_PARTITION" ] && [ "$label" = "$KEPT_PARTITION" ]; then continue; fi
    wipefs --all --quiet --types "$format" "$name" && echo "Removed $format from $name."
  done
  udevadm settle --timeout=10 || true
}

for disk in "$DISK" $OTHER_DISKS; do take_down "$disk"; done

if [ -n "$HINT" ]; then
  echo "dest-device: $DISK" >/etc/coreos/installer.d/0001-disk.yaml || refuse "the disk cannot be set"
  # The last line counts.
  echo "DISK='$DISK'" >>$installation
fi

if [ -n "$OTHER_DISKS" ]; then
  echo "Installing $DEVICE on $DISK, which $OTHER_DISKS mirrors after the restart."
  echo "Everything on these disks is erased. Do not switch off."
else
  echo "Installing $DEVICE on $DISK."
  echo "Everything on that disk is erased. Do not switch off."
fi
