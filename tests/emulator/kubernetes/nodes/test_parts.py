from pathlib import Path

import pytest

from acsctl.emulator.kubernetes.nodes import parts
from acsctl.emulator.kubernetes.nodes.parts import MissingPartsError, Parts


def programs(folder: Path, *names: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch(mode=0o755)
    return str(folder)


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any of it."""
    monkeypatch.setenv("ACSCTL_NODE_ASSETS", str(tmp_path / "built"))
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "control"))
    monkeypatch.setattr(parts, "PLUGIN_FOLDERS", (tmp_path / "cni",))
    monkeypatch.setattr(parts, "CGROUPS", tmp_path / "cgroup")
    return tmp_path


def test_everything_that_is_missing_is_named_with_the_command_that_installs_it(nothing: Path) -> None:
    path = programs(nothing / "bin", "ip", "mount", "unshare", "nsenter", "runc")
    with pytest.raises(MissingPartsError) as caught:
        parts.find(is_root=lambda: False, path=path)
    root, packages, built, control, groups = caught.value.missing
    assert "sudo" in root
    assert packages.endswith(
        "apt-get install --no-install-recommends containerd docker-registry busybox-static iptables conntrack "
        "containernetworking-plugins"
    )
    assert "make node-assets" in built and "kubelet, kube-proxy, flanneld" in built
    assert "make kube-assets" in control
    assert "control groups" in groups


def test_a_whole_machine_lacks_nothing(nothing: Path) -> None:
    programs(nothing / "built", *parts.BUILT)
    programs(nothing / "control", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
    programs(nothing / "cni", *parts.PLUGINS)
    programs(nothing / "cgroup" / "memory")
    found = parts.find(is_root=lambda: True, path=programs(nothing / "bin", *parts.PROGRAMS))
    assert found.plugins == nothing / "cni"
    assert found.program("kubelet") == str(nothing / "built" / "kubelet")
    assert found.program("containerd") == str(nothing / "bin" / "containerd")


def test_a_kubelet_that_tells_the_version_of_the_cluster_comes_first(tmp_path: Path) -> None:
    programs(tmp_path, "kubelet")
    programs(tmp_path / "v1.35.7-aliyun.1", "kubelet")
    found = Parts(tmp_path, tmp_path, tmp_path)
    assert found.program("kubelet", version="v1.35.7-aliyun.1") == str(tmp_path / "v1.35.7-aliyun.1" / "kubelet")
    assert found.program("kubelet", version="v1.36.2-aliyun.1") == str(tmp_path / "kubelet")
