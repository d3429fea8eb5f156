"""Cloud Assistant on machines of a self-managed cluster: how a user gets access to a cluster whose authority stays there."""

import base64

import pytest
from alibabacloud_ecs20140526 import models as m
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from darabonba.exceptions import DaraException

from acsctl.emulator.kubernetes.plane import Pair
from tests.emulator.conftest import REGION, code_of
from tests.emulator.kubeadm.conftest import TOKEN, Machines, User, condition

CA = "/etc/kubernetes/pki/ca"
Result = m.DescribeInvocationResultsResponseBodyInvocationInvocationResultsInvocationResult


def run(machines: Machines, id_: str, script: str) -> Result:
    content = base64.b64encode(script.encode()).decode()
    request = m.RunCommandRequest(
        region_id=REGION,
        type="RunShellScript",
        command_content=content,
        content_encoding="Base64",
        instance_id=[id_],
        timeout=60,
    )
    invoke_id = machines.cloud.ecs.run_command(request).body.invoke_id
    machines.cloud.pass_time(5)
    wanted = m.DescribeInvocationResultsRequest(region_id=REGION, invoke_id=invoke_id)
    return machines.cloud.ecs.describe_invocation_results(wanted).body.invocation.invocation_results.invocation_result[0]


def output(result: Result) -> str:
    return base64.b64decode(result.output).decode()


def asked() -> tuple[str, str]:
    """A signing request of an administrator, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = ((NameOID.ORGANIZATION_NAME, "kubeadm:cluster-admins"), (NameOID.COMMON_NAME, "someone"))
    name = x509.Name([x509.NameAttribute(kind, text) for kind, text in names])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    return request.public_bytes(Encoding.PEM).decode(), pem


def test_a_request_is_signed_on_the_machine_and_lets_in(machines: Machines) -> None:
    id_ = machines.control_plane(certificates=False)
    request, key = asked()
    sign = f"openssl x509 -req -sha256 -days 1 -CA {CA}.crt -CAkey {CA}.key -set_serial 0x12"
    script = (
        f"#!/bin/bash\nset -eu\ncat {CA}.crt\n{sign} -extfile <(printf 'extendedKeyUsage=clientAuth') <<'CSR'\n{request}CSR\n"
    )
    result = run(machines, id_, script)
    assert (result.invocation_status, result.invoke_record_status, result.exit_code) == ("Success", "Finished", 0)
    end = "-----END CERTIFICATE-----\n"
    trusted, _, rest = output(result).partition(end)
    certificate = rest[rest.index("-----BEGIN CERTIFICATE-----") :]
    server = f"https://{machines.address(id_)}:6443"
    user = User(server, trusted + end, Pair(certificate, key), machines.folder, machines.user(server).proxy)
    assert user.get("/api/v1/nodes")[0] == 200


def test_a_machine_without_a_cluster_has_no_such_files(machines: Machines) -> None:
    id_ = machines.launch("#!/bin/sh\ntrue\n")
    machines.until(lambda: "finished" in machines.console(id_))
    result = run(machines, id_, f"set -e\ncat {CA}.crt\necho further\n")
    assert (result.invocation_status, result.exit_code) == ("Failed", 1)
    assert output(result) == f"cat: {CA}.crt: No such file or directory\n"


def test_admin_conf_names_the_server_as_nodes_do(machines: Machines) -> None:
    id_ = machines.control_plane()
    assert f"server: https://{machines.address(id_)}:6443" in output(run(machines, id_, "cat /etc/kubernetes/admin.conf"))


def test_reset_takes_a_machine_out_of_its_cluster(machines: Machines) -> None:
    control = machines.control_plane(tokens=f"bootstrapTokens: [{{token: {TOKEN}}}, {{ttl: 1h0m0s}}]\n")
    user = machines.user(machines.clusters()[0]["server"])
    _, found = user.get("/api/v1/namespaces/kube-system/secrets")
    assert len([one for one in found["items"] if one["type"] == "bootstrap.kubernetes.io/token"]) == 2
    worker = machines.launch(machines.join_data(f"{machines.address(control)}:6443"))
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready"))
    assert run(machines, worker, "set -eu\nkubeadm reset --force\n").exit_code == 0
    machines.until(lambda: condition(machines.node(user, "w-1"), "Ready").get("status") == "Unknown")
    assert run(machines, control, "kubeadm reset -f").exit_code == 0
    machines.settle(20)
    assert machines.clusters() == []


def test_a_machine_that_is_off_runs_nothing(machines: Machines) -> None:
    id_ = machines.launch("#!/bin/sh\ntrue\n")
    machines.settle(20)
    machines.cloud.ecs.stop_instance(m.StopInstanceRequest(instance_id=id_))
    machines.settle(10)
    result = run(machines, id_, "echo hello")
    assert (result.invocation_status, result.error_code) == ("Aborted", "InstanceNotRunning")


def test_what_cannot_be_a_command_is_refused(machines: Machines) -> None:
    fields = {"region_id": REGION, "command_content": "x", "instance_id": ["i-nobody"]}
    with pytest.raises(DaraException) as failure:
        machines.cloud.ecs.run_command(m.RunCommandRequest(type="RunShellScript", **fields))
    assert code_of(failure) == "InvalidInstance.NotFound"
    with pytest.raises(DaraException) as failure:
        machines.cloud.ecs.run_command(m.RunCommandRequest(type="RunPoetry", **fields))
    assert code_of(failure) == "InvalidCmdType.NotFound"
