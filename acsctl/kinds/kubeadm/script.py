"""The script that prepares a machine for kubeadm: containerd, kubelet and kubeadm, from packages of a mirror.

It knows dnf and apt, so Alibaba Cloud Linux, Rocky, Debian and Ubuntu. It may run twice. What it reads stands in the file that
is its argument, so that the script is the same for every node.
"""

PREPARE = r"""#!/bin/bash
# Prepares this machine for kubeadm. Usage: prepare-kubernetes-node FILE, where FILE sets VERSION, MINOR, MIRROR and IMAGES.
set -Eeuo pipefail
# shellcheck disable=SC1090
. "$1"
: "${VERSION:?}" "${MINOR:?}" "${MIRROR:?}" "${IMAGES:?}"

say() {
  echo "prepare-kubernetes-node: $*"
  if [ -w /dev/console ]; then echo "prepare-kubernetes-node: $*" > /dev/console || true; fi
}
trap 'say "failed in line $LINENO: $BASH_COMMAND"' ERR

again() {
  local try
  for try in 1 2 3 4 5; do
    if "$@"; then return 0; fi
    say "try $try of 5 failed: $*"
    sleep $((try * 5))
  done
  return 1
}

kernel() {
  modprobe -a overlay br_netfilter vxlan
  sysctl --quiet --system
  swapoff -a
  sed -i -E '/^[^#].*[[:space:]]swap[[:space:]]/s/^/# /' /etc/fstab
  if command -v setenforce > /dev/null; then setenforce 0 || true; fi
}

with_dnf() {
  local base="$MIRROR/kubernetes-new/core/stable/v$MINOR/rpm"
  cat > /etc/yum.repos.d/kubernetes.repo << END
[kubernetes]
name=Kubernetes $MINOR
baseurl=$base/
enabled=1
gpgcheck=1
gpgkey=$base/repodata/repomd.xml.key
[containerd]
name=containerd
baseurl=$MIRROR/docker-ce/linux/centos/8/\$basearch/stable
enabled=1
gpgcheck=1
gpgkey=$MIRROR/docker-ce/linux/centos/gpg
END
  again dnf --assumeyes --quiet install containerd.io iproute-tc conntrack-tools socat openssl \
    "kubelet-$VERSION" "kubeadm-$VERSION" "kubectl-$VERSION"
}

with_apt() {
  local base="$MIRROR/kubernetes-new/core/stable/v$MINOR/deb"
  export DEBIAN_FRONTEND=noninteractive
  again apt-get --quiet update
  again apt-get --quiet --yes install ca-certificates conntrack containerd curl gpg openssl socat
  install --directory --mode=0755 /etc/apt/keyrings
  again curl --fail --silent --show-error --location --output /run/kubernetes.key "$base/Release.key"
  gpg --batch --yes --dearmor --output /etc/apt/keyrings/kubernetes.gpg /run/kubernetes.key
  echo "deb [signed-by=/etc/apt/keyrings/kubernetes.gpg] $base/ /" > /etc/apt/sources.list.d/kubernetes.list
  again apt-get --quiet update
  again apt-get --quiet --yes install "kubelet=$VERSION-*" "kubeadm=$VERSION-*" "kubectl=$VERSION-*"
  apt-mark hold kubelet kubeadm kubectl
}

runtime() {
  local pause
  pause=$(kubeadm config images list --kubernetes-version "v$VERSION" --image-repository "$IMAGES" | grep '/pause:')
  install --directory --mode=0755 /etc/containerd
  containerd config default |
    sed -E -e 's/^([[:space:]]*SystemdCgroup) = .*/\1 = true/' \
      -e "s|^([[:space:]]*sandbox(_image)?) = .*|\1 = \"$pause\"|" \
      -e 's/^([[:space:]]*disabled_plugins) = .*/\1 = []/' > /etc/containerd/config.toml
  printf 'runtime-endpoint: unix:///run/containerd/containerd.sock\n' > /etc/crictl.yaml
  systemctl enable containerd kubelet
  systemctl restart containerd
}

kernel
if command -v dnf > /dev/null; then
  with_dnf
elif command -v apt-get > /dev/null; then
  with_apt
else
  say 'neither dnf nor apt-get is here'
  exit 1
fi
runtime
say "ready for kubeadm $VERSION"
"""
