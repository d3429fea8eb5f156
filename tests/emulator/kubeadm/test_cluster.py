"""A machine that runs `kubeadm init`, and machines that join it."""

from tests.emulator.kubeadm.conftest import Machines


def test_a_machine_becomes_a_control_plane_with_the_given_authority(machines: Machines) -> None:
    id_ = machines.control_plane()
    user = machines.user(f"https://{machines.address(id_)}:6443")
    assert user.get("/version")[1]["gitVersion"] == "v1.35.4"
    node = machines.node(user, "cp-1")
    assert node is not None
    assert node["spec"]["taints"][0] == {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
