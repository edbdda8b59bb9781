#!/usr/bin/env bash
# Builds the real tools that the tests hold Flotilla against, from the package registries, at exact
# versions, into a cache outside the repository. A tool that is there already is left alone.
#
#   test/peers/build.sh                    every peer
#   test/peers/build.sh butane …           only these
#
# Cache: $FLOTILLA_PEERS, else $XDG_CACHE_HOME/flotilla/peers, else ~/.cache/flotilla/peers.
# A peer that cannot be built is reported and skipped: the tests that need it then skip and say why.
set -uo pipefail

cache=${FLOTILLA_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/flotilla/peers}
mkdir -p "$cache"

say() { printf 'peers: %s\n' "$*" >&2; }

# Go: a module of its own for each peer, so that their dependencies never meet. The version is exact:
# the proxy's @latest names other versions for some of these (measured, design/formats.md).
go_peer() { # name package module version [ldflags]
  local name=$1 package=$2 module=$3 version=$4 ldflags=${5:-}
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    export GOFLAGS="${GOFLAGS:-} -mod=mod"
    go mod init "flotilla.test/$name" >/dev/null 2>&1 &&
      go get "$module@$version" &&
      go build -trimpath -ldflags "-s -w $ldflags" -o "$cache/$name.tmp" "$package" &&
      mv "$cache/$name.tmp" "$cache/$name"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

build_butane() {
  go_peer butane-0.29.0 github.com/coreos/butane/internal github.com/coreos/butane v0.29.0 \
    "-X github.com/coreos/butane/internal/version.Raw=v0.29.0"
}

# A program of ours around the real library, for the benchmark.
build_butane_library() {
  local work
  work=$(mktemp -d) || return 1
  cp "$(dirname "$0")/butane-library/main.go" "$work"
  (
    cd "$work" || exit 1
    export GOFLAGS="${GOFLAGS:-} -mod=mod"
    go mod init flotilla.test/butane-library >/dev/null 2>&1 &&
      go get github.com/coreos/butane@v0.29.0 &&
      go build -trimpath -ldflags "-s -w" -o "$cache/butane-library-0.29.0" .
  )
  local status=$?
  rm -rf "$work"
  return $status
}

build_ignition_validate() {
  go_peer ignition-validate-2.27.0 github.com/coreos/ignition/v2/validate \
    github.com/coreos/ignition/v2 v2.27.0
}

build_kubeconform() {
  go_peer kubeconform-0.7.0 github.com/yannh/kubeconform/cmd/kubeconform \
    github.com/yannh/kubeconform v0.7.0
}

# Strict JSON Schemas of Kubernetes 1.36.3 and of Argo CD 3.2.11, for kubeconform.
build_kubernetes_schemas() {
  npx tsx "$(dirname "$0")/schemas.ts" "$cache/kubernetes-schemas-1.36.3"
}

build_coreos_installer() {
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] && ! pkg-config --exists openssl liblzma libzstd; then
    apt-get update -qq && apt-get install -y -qq libssl-dev libzstd-dev liblzma-dev pkg-config || return 1
  fi
  local root
  root=$(mktemp -d) || return 1
  cargo install coreos-installer --locked --version 0.27.0 --root "$root" --target-dir "$root/target" \
    --no-track --quiet && mv "$root/bin/coreos-installer" "$cache/coreos-installer-0.27.0"
  local status=$?
  rm -rf "$root"
  return $status
}

# The engine that runs at a device's first boot. It is told at link time not to relabel files, which
# needs the tools and the policy of SELinux; nothing else differs from what Fedora CoreOS ships.
build_ignition() {
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] && ! pkg-config --exists blkid; then
    apt-get update -qq && apt-get install -y -qq libblkid-dev pkg-config || return 1
  fi
  go_peer ignition-2.27.0 github.com/coreos/ignition/v2/internal \
    github.com/coreos/ignition/v2 v2.27.0 \
    "-X github.com/coreos/ignition/v2/internal/distro.selinuxRelabel=false"
}

# A kernel and a shell of Debian 12, unpacked and not installed, for the machine that test/emulator
# boots. Only the newest build of a kernel is in Debian's archive, so the peer is named by the release.
build_emulator() {
  if [ "$(dpkg --print-architecture)" != amd64 ]; then
    echo "the machine is an x86-64 one, and this archive is for $(dpkg --print-architecture)"
    return 1
  fi
  if [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends qemu-system-x86 || return 1
  fi
  command -v qemu-system-x86_64 || { echo "there is no QEMU, and only root can install it"; return 1; }
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    local kernel
    kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2 }')
    [ -n "$kernel" ] && apt-get download -qq "$kernel" busybox-static || exit 1
    mkdir root peer && for package in *.deb; do dpkg-deb -x "$package" root || exit 1; done
    cp root/boot/vmlinuz-* peer/vmlinuz && cp root/bin/busybox peer/ && chmod 755 peer &&
      cp -r peer "$cache/emulator-debian-12.tmp" &&
      mv "$cache/emulator-debian-12.tmp" "$cache/emulator-debian-12"
  )
  local status=$?
  rm -rf "$work" "$cache/emulator-debian-12.tmp"
  return $status
}

# The google provider that cdktf's bindings pin is 6.50.0. The module proxy serves no tag of it, so an
# 8-dev pseudo-version is built and put into a file-system mirror under the pinned label.
build_terraform_provider_google() {
  local version=v1.20.1-0.20260828184646-f3721fb45fa3
  local place="$cache/terraform-mirror/registry.terraform.io/hashicorp/google/6.50.0/linux_$(go env GOARCH)"
  go_peer terraform-provider-google github.com/hashicorp/terraform-provider-google \
    github.com/hashicorp/terraform-provider-google "$version" || return 1
  mkdir -p "$place" && mv "$cache/terraform-provider-google" "$place/terraform-provider-google_v6.50.0_x5"
}

# name · file that proves it is built · tool it is built with
peers="
butane|butane-0.29.0|go
butane_library|butane-library-0.29.0|go
ignition_validate|ignition-validate-2.27.0|go
ignition|ignition-2.27.0|go
emulator|emulator-debian-12|apt-get
kubeconform|kubeconform-0.7.0|go
kubernetes_schemas|kubernetes-schemas-1.36.3|go
coreos_installer|coreos-installer-0.27.0|cargo
terraform_provider_google|terraform-mirror/registry.terraform.io/hashicorp/google/6.50.0/linux_$(go env GOARCH 2>/dev/null)/terraform-provider-google_v6.50.0_x5|go
"

wanted=${*:-}
failed=0
for line in $peers; do
  IFS='|' read -r name file tool <<<"$line"
  if [ -n "$wanted" ] && ! [[ " $wanted " == *" ${name//_/-} "* ]]; then continue; fi
  if [ -e "$cache/$file" ]; then
    say "${name//_/-}: there"
    continue
  fi
  if ! command -v "$tool" >/dev/null; then
    say "${name//_/-}: SKIPPED, it is built with $tool and there is none on this machine"
    failed=1
    continue
  fi
  say "${name//_/-}: building"
  started=$SECONDS
  if "build_$name" >"$cache/$name.log" 2>&1; then
    rm -f "$cache/$name.log"
    say "${name//_/-}: built in $((SECONDS - started)) s"
  else
    say "${name//_/-}: SKIPPED, the build failed; the end of $cache/$name.log:"
    tail -n 5 "$cache/$name.log" >&2
    failed=1
  fi
done
exit $failed
