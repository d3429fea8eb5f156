#!/bin/sh
# Builds etcd, the Kubernetes control plane, kubectl and kubeadm into build/kube-assets/bin, from Go modules only: no source of ours, no
# image, no archive. The modules are pinned by go.mod and checked by go.sum. NICE (a command) and GOFLAGS are honoured.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$(cd "$here/../.." && pwd)/build/kube-assets}
cd "$here"

if ! command -v go >/dev/null 2>&1; then
  echo 'Go 1.25 or later is needed for the Kubernetes binaries (https://go.dev/dl), and it is not on the PATH.' >&2
  exit 1
fi
if ! version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes 2>/dev/null); then
  go list -m k8s.io/kubernetes >/dev/null || true
  echo "Go 1.25 or later is needed for the Kubernetes binaries; this is $(GOTOOLCHAIN=local go version 2>&1 | tail -n 1)." >&2
  exit 1
fi

# Another Go makes the same programs, so that only what is built and how is in the stamp.
stamp=$(cat go.mod go.sum build.sh | git hash-object --stdin)
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "The Kubernetes $version binaries in $out/bin are up to date."
  exit 0
fi

minor=${version#v1.}
flags='-s -w'
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags="$flags -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
  flags="$flags -X $package.gitCommit= -X $package.gitTreeState=clean"
done

build() {
  echo "  $1"
  CGO_ENABLED=0 ${NICE:-} go build -trimpath -mod=readonly -ldflags "$flags" -o "$out/bin/$1" "$2"
}

echo "Building etcd and Kubernetes $version into $out/bin: about ten minutes when the Go cache is cold ..."
mkdir -p "$out/bin"
rm -f "$out/stamp"
build etcd go.etcd.io/etcd/server/v3
for name in kube-apiserver kube-controller-manager kube-scheduler kubectl kubeadm; do
  build "$name" "k8s.io/kubernetes/cmd/$name"
done
echo "$stamp" > "$out/stamp"
