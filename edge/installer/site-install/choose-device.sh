#!/bin/bash
# Runs in the live system of an image for several devices, before anything of the installer: finds out
# which device this machine is, by its firmware or by asking at the consoles, and writes that device's
# files. The files of all other devices are removed. If it fails, nothing is installed.
set -u
export LC_ALL=C
root=
store=$root/etc/flotilla/site
seconds_max=30
rows_max=14

say() {
  printf '%s\n' "$1"
}

# Leaves no secret of any device in the live system, and a reason for what reports the failure.
stop_here() {
  close_consoles
  forget
  say "NOTHING IS INSTALLED: $1. To try again, start from this medium again."
  printf "DEVICE='This machine (%s)'\nDISK='any disk'\n" "$1" >"$root/etc/flotilla/installation"
  exit 1
}

# Ignition's own copy of the configuration has the files of every device too.
forget() {
  rm -rf "$store" "$root/run/ignition.json"
}

# --- What this machine is ---------------------------------------------------------------------------

facts=$'\n'
shown=

# The text of a file up to a line end or a NUL, without white space around it, in lower case.
add_fact() {
  local key=$1 text=
  [ -r "$2" ] && { IFS= read -r -d '' text <"$2"; } 2>/dev/null
  text=${text%%$'\n'*}
  text=${text#"${text%%[![:space:]]*}"}
  text=${text%"${text##*[![:space:]]}"}
  [ -n "$text" ] || return 0
  facts+="$key ${text,,}"$'\n'
  text=${text//[^ -~]/?}
  case $key in
    serial) shown+="  serial number $text"$'\n' ;;
    assetTag) shown+="  asset tag $text"$'\n' ;;
    mac) shown+="  MAC address $text"$'\n' ;;
  esac
}

read_facts() {
  local dmi=$root/sys/class/dmi/id address
  add_fact serial "$dmi/product_serial"
  add_fact serial "$dmi/board_serial"
  add_fact serial "$dmi/chassis_serial"
  add_fact serial "$root/proc/device-tree/serial-number"
  add_fact assetTag "$dmi/chassis_asset_tag"
  add_fact uuid "$dmi/product_uuid"
  for address in "$root"/sys/class/net/*/address; do
    [ "${address%/lo/address}" = "$address" ] && add_fact mac "$address"
  done
}

has_fact() {
  [[ $facts == *$'\n'"$1 $2"$'\n'* ]]
}

# The table of devices: names, texts, and which of them this machine fits.
names=()
texts=()
fitting=()

read_devices() {
  local kind first second _ fits=no mac=none name=
  judge() {
    [ "$fits" = yes ] && [ "$mac" != other ] && fitting+=("$name")
  }
  while IFS=$'\t' read -r kind first second _; do
    case $kind in
      device)
        judge
        name=$first fits=no mac=none
        names+=("$first")
        texts+=("$second")
        ;;
      # Every key that is written must fit; of several MAC addresses one is enough.
      match)
        [ "$fits" = no ] && fits=yes
        if [ "$first" = mac ]; then
          if has_fact mac "$second"; then mac=this; elif [ "$mac" = none ]; then mac=other; fi
        elif ! has_fact "$first" "$second"; then
          fits=never
        fi
        ;;
    esac
  done <"$store/devices"
  judge
}

# An installed Fedora CoreOS, also a mirrored or encrypted one, has partitions of these names.
is_installed() {
  local label boot=no system=no
  while read -r label; do
    case $label in
      boot | boot-[0-9]*) boot=yes ;;
      root | root-[0-9]*) system=yes ;;
    esac
  done < <(lsblk --raw --noheadings --output PARTLABEL)
  [ "$boot$system" = yesyes ]
}

# --- The consoles -----------------------------------------------------------------------------------

consoles=()
settings=()
listeners=()

# Only those that the kernel writes to: at another serial port may be a scanner or a printer.
open_consoles() {
  local name tty saved active=()
  [ ${#consoles[@]} -eq 0 ] || return 0
  read -r -a active <"$root/sys/class/tty/console/active"
  mkfifo -m 0600 "$root/run/flotilla-keys" && exec 3<>"$root/run/flotilla-keys" || return 0
  for name in "${active[@]}"; do
    tty=$root/dev/$name
    saved=$(stty -F "$tty" -g 2>/dev/null) || continue
    stty -F "$tty" -echo -icanon min 1 time 0 || continue
    consoles+=("$tty")
    settings+=("$saved")
    listen "$tty" >&3 2>/dev/null &
    listeners+=($!)
  done
}

close_consoles() {
  local index
  [ ${#listeners[@]} -eq 0 ] || kill "${listeners[@]}" 2>/dev/null
  for index in "${!consoles[@]}"; do stty -F "${consoles[index]}" "${settings[index]}"; done
  rm -f "$root/run/flotilla-keys"
  consoles=() listeners=() settings=()
}

# Prints a word for each key.
listen() {
  local key rest
  exec <"$1" || return
  while IFS= read -rsn1 key; do
    case $key in
      '' | $'\r') echo enter ;;
      $'\e')
        rest=
        IFS= read -rsn2 -t 0.5 rest
        case $rest in
          '[A' | OA) echo up ;;
          '[B' | OB) echo down ;;
          # Longer ones, as of the page keys, end with a tilde.
          '['[0-9]) IFS= read -rsd '~' -n3 -t 0.5 rest ;;
        esac
        ;;
      k) echo up ;;
      j) echo down ;;
      [yY]) echo yes ;;
      [nN]) echo no ;;
    esac
  done
}

show() {
  local tty
  for tty in "${consoles[@]}"; do printf '%s' "$1" >"$tty"; done
}

# The next key in $key, or false after seconds_max seconds without one.
key=
next_key() {
  local end=$((SECONDS + seconds_max)) left
  while left=$((end - SECONDS)) && [ "$left" -gt 0 ]; do
    show $'\r'"$1 ($left s) "$'\e[K'
    # It returns at once, not after a second, if a listener could not be started.
    if IFS= read -r -t 1 key <&3; then return 0; fi
  done
  show $'\r\n'
  return 1
}

title=

draw() {
  local index first=0 mark screen
  [ "$selected" -ge "$rows_max" ] && first=$((selected - rows_max + 1))
  screen=$'\e[H\e[2J'"$title"$'\n'"This machine has:"$'\n'"$shown"$'\n'
  [ "$first" -gt 0 ] && screen+="    ... $first more"$'\n'
  for ((index = first; index <= ${#names[@]} && index < first + rows_max; index++)); do
    mark='   '
    [ "$index" -eq "$selected" ] && mark='-> '
    if [ "$index" -eq 0 ]; then
      screen+="$mark""Install nothing"$'\n'
    else
      screen+="$mark${names[index - 1]}  ${texts[index - 1]}"$'\n'
    fi
  done
  [ "$index" -le ${#names[@]} ] && screen+="    ... $((${#names[@]} - index + 1)) more"$'\n'
  show "$screen"$'\n'
}

# The name that a person picks in $chosen. The first row is none, for a key that was pressed by chance.
chosen=
pick() {
  local selected=0
  open_consoles
  [ ${#consoles[@]} -gt 0 ] || stop_here "no console can be read"
  draw
  while next_key "Arrow keys and Enter choose. Nothing is installed without an answer."; do
    case $key in
      up) [ "$selected" -gt 0 ] && selected=$((selected - 1)) ;;
      down) [ "$selected" -lt ${#names[@]} ] && selected=$((selected + 1)) ;;
      enter)
        show $'\r\n'
        [ "$selected" -gt 0 ] || stop_here "no device was chosen"
        chosen=${names[selected - 1]}
        return
        ;;
    esac
    draw
  done
  stop_here "nobody chose a device in $seconds_max seconds"
}

confirm() {
  open_consoles
  [ ${#consoles[@]} -gt 0 ] || stop_here "an installed system was found, and no console can be read"
  show $'\r\n'"This machine has an installed Fedora CoreOS. Installing $chosen erases it."$'\r\n'
  while next_key "Install $chosen again? y: yes, n: no, without an answer: no"; do
    case $key in
      yes)
        show $'\r\n'
        return
        ;;
      no) stop_here "it has an installed system, and the answer was no" ;;
    esac
  done
  stop_here "it has an installed system, and nobody answered in $seconds_max seconds"
}

# --- The device's files -----------------------------------------------------------------------------

write_files() {
  local kind first second third number pieces name=""
  umask 077
  mapfile -t pieces <"$store/pieces"
  while IFS=$'\t' read -r kind first second third; do
    [ "$kind" = device ] && name=$first
    if [ "$kind" != file ] || [ "$name" != "$chosen" ]; then continue; fi
    mkdir -p "$root${second%/*}" || return
    # A number is a line of the pieces; with an n, a line end comes after it.
    for number in $third; do
      printf '%s' "${pieces[${number%n}]}"
      [ "$number" = "${number%n}" ] || printf '\n'
    done >"$root$second" || return
    chmod "$first" "$root$second" || return
  done <"$store/devices"
  [ -s "$root/etc/coreos/dest.ign" ]
}

# Disks and network interfaces may show up a moment after the boot.
udevadm settle --timeout=60 || true
read_facts
read_devices
if [ ${#fitting[@]} -eq 1 ]; then
  chosen=${fitting[0]}
  say "This machine is recognized as $chosen."
else
  title="Which device is this machine?"
  [ ${#fitting[@]} -eq 0 ] || title="This machine fits several devices: ${fitting[*]}. Which one is it?"
  pick
  say "This machine was chosen to be $chosen."
fi
if is_installed; then confirm; fi
close_consoles
write_files || stop_here "the files of $chosen cannot be written"
forget
nmcli connection reload 2>/dev/null || true
