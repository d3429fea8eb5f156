#!/bin/sh
# Builds what turns a network namespace into a node, kubelet, kube-proxy and flanneld, into build/node-assets/bin, from Go modules
# only: no source of ours, no image, no archive. The modules are pinned by go.mod and checked by go.sum. NICE (a command) and
# GOFLAGS are honoured.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$(cd "$here/../../.." && pwd)/build/node-assets}
metadata=$(cd "$here/../../.." && pwd)/acsctl/emulator/metadata/ack.json
cd "$here"

if ! command -v go >/dev/null 2>&1; then
  echo 'Go 1.25 or later is needed for the programs of nodes (https://go.dev/dl), and it is not on the PATH.' >&2
  exit 1
fi

if ! command -v "${CC:-gcc}" >/dev/null 2>&1; then
  echo 'A C compiler is needed for flanneld: install gcc and libc6-dev.' >&2
  exit 1
fi

# Another Go makes the same programs, so that only what is built and how is in the stamp.
stamp=$(cat kubernetes/go.mod kubernetes/go.sum flannel/go.mod flannel/go.sum build.sh "$metadata" | git hash-object --stdin)
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "The programs of nodes in $out/bin are up to date."
  exit 0
fi

build() {
  echo "  $2"
  (cd "$1" && ${NICE:-} go build -trimpath -mod=readonly -ldflags "$4" -o "$out/bin/$2" "$3")
}

version=$(cd kubernetes && go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${version#v1.}
minor=${minor%%.*}
# What the container service calls its versions: kubelets have to tell that, since a node that tells another is upgraded. The
# control planes of the local cloud are of one version too, whatever they are asked to be.
managed=$(grep -o '"version": *"1\.[0-9]*\.[0-9]*-aliyun\.[0-9]*"' "$metadata" | cut -d '"' -f 4)

# $1: the version that a program tells.
flags() {
  echo '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    echo "-X $package.gitVersion=$1 -X $package.gitMajor=1 -X $package.gitMinor=$minor"
    echo "-X $package.gitCommit= -X $package.gitTreeState=clean"
  done
}

echo "Building kubelet, kube-proxy $version and flanneld into $out/bin: some minutes when the Go cache is cold ..."
mkdir -p "$out/bin"
rm -f "$out/stamp"
CGO_ENABLED=0 build kubernetes kubelet k8s.io/kubernetes/cmd/kubelet "$(flags "$version")"
for one in $managed; do
  CGO_ENABLED=0 build kubernetes "v$one/kubelet" k8s.io/kubernetes/cmd/kubelet "$(flags "v$one")"
done
CGO_ENABLED=0 build kubernetes kube-proxy k8s.io/kubernetes/cmd/kube-proxy "$(flags "$version")"
# One of its backends is written in C. Static, so that it runs in an image too.
CGO_ENABLED=1 build flannel flanneld github.com/flannel-io/flannel "-s -w -linkmode external -extldflags '-static'"
echo "$stamp" > "$out/stamp"
