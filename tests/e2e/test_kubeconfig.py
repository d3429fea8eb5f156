"""`acsctl kubeconfig`: what it prints gives access, for a time, and is kept nowhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from acsctl.kube import connect
from tests.bad.command import Ran, run
from tests.e2e.cluster_cases import NETWORK, SMALL
from tests.kube.cluster import binaries
from tests.support.lab import Block, Lab


def kubeconfig(lab: Lab, *more: str) -> Ran:
    return run("kubeconfig", "-f", str(lab.folder), "--cloud", lab.address, *more)


def asked(lab: Lab) -> dict[str, Any]:
    """The parameters of the last call for access."""
    rows = [row for row in lab.control("GET", "log") if row["action"] == "cs.DescribeClusterUserKubeconfig"]
    return dict(rows[-1]["parameters"])


def answers(config: str) -> bool:
    """Whether a server lets in whoever has this kubeconfig."""
    client = connect.client(connect.access(config), user_agent="test")
    found = client.request("GET", "/api/v1/namespaces/kube-system", serialize=False)
    return json.loads(found.data)["metadata"]["name"] == "kube-system"


def refused(ran: Ran, *says: str) -> None:
    assert (ran.code, ran.out) == (3, ""), ran
    for text in says:
        assert text in ran.text


@pytest.mark.parametrize("word", [[], ["kube"], ["cluster.kube"]], ids=["none", "name", "address"])
def test_it_gives_access_and_is_printed_only(standing: Lab, word: list[str]) -> None:
    before = sorted(path for path in standing.folder.rglob("*"))
    ran = kubeconfig(standing, *word)
    assert ran.code == 0, ran.err
    assert answers(ran.out)
    assert asked(standing)["TemporaryDurationMinutes"] == 60
    assert "KUBECONFIG=<(acsctl kubeconfig" in ran.text and "good until" in ran.text
    assert sorted(path for path in standing.folder.rglob("*")) == before
    key = yaml.safe_load(ran.out)["users"][0]["user"]["client-key-data"]
    assert not any(key in path.read_text(encoding="utf-8") for path in before if path.is_file())
    assert yaml.safe_load(ran.out)["current-context"] == "shop-kube"


def test_by_id_it_needs_no_stack(standing: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    id = standing.id("cluster.kube")
    monkeypatch.chdir(tmp_path)
    ran = run("kubeconfig", id, "--region", "cn-hangzhou", "--cloud", standing.address, "--minutes", "30")
    assert ran.code == 0, ran.err
    assert answers(ran.out)
    assert asked(standing)["TemporaryDurationMinutes"] == 30
    assert answers(kubeconfig(standing, id).out)
    gone = run("kubeconfig", "c" + "0" * 32, "--region", "cn-hangzhou", "--cloud", standing.address)
    assert (gone.code, gone.out) == (1, "") and "ErrorClusterNotFound" in gone.err
    standing.expected = {"ErrorClusterNotFound"}


def test_a_plugin_holds_no_secret_and_its_command_gives_a_credential(standing: Lab, tmp_path: Path) -> None:
    ran = kubeconfig(standing, "--exec")
    assert ran.code == 0, ran.err
    config = yaml.safe_load(ran.out)
    (user,) = config["users"]
    assert user["user"].keys() == {"exec"} and "BEGIN" not in ran.out
    plugin = user["user"]["exec"]
    assert (plugin["apiVersion"], plugin["interactiveMode"]) == ("client.authentication.k8s.io/v1", "Never")
    environ = {**os.environ, **{row["name"]: row["value"] for row in plugin["env"]}}
    line = [plugin["command"], *plugin["args"]]
    done = subprocess.run(line, env=environ, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == "" and list(tmp_path.iterdir()) == []
    document = json.loads(done.stdout)
    assert (document["apiVersion"], document["kind"]) == ("client.authentication.k8s.io/v1", "ExecCredential")
    assert asked(standing)["TemporaryDurationMinutes"] == 15
    status = document["status"]
    assert datetime.fromisoformat(status["expirationTimestamp"]) > datetime.now(UTC)
    user["user"] = {
        "client-certificate-data": encoded(status["clientCertificateData"]),
        "client-key-data": encoded(status["clientKeyData"]),
    }
    assert answers(yaml.safe_dump(config))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.skipif(binaries() is None and "CI" not in os.environ, reason="no kubectl; `make kube-assets` builds it")
@pytest.mark.parametrize(
    "form", [pytest.param([], id="credential"), pytest.param(["--exec"], id="plugin", marks=pytest.mark.long)]
)
def test_kubectl_takes_it(standing: Lab, tmp_path: Path, form: list[str]) -> None:
    file = tmp_path / "kube.yaml"
    file.write_text(kubeconfig(standing, *form).out, encoding="utf-8")
    folder = binaries()
    assert folder is not None
    line = [str(folder / "kubectl"), "--kubeconfig", str(file), "get", "namespace", "kube-system", "-o", "name"]
    environ = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(line, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("namespace/kube-system", "")


def test_it_is_a_json_line_for_programs(standing: Lab) -> None:
    ran = kubeconfig(standing, "--json")
    (line,) = [json.loads(text) for text in ran.out.splitlines() if json.loads(text)["type"] == "text"]
    assert answers(line["text"])


def test_a_plugin_of_the_real_cloud_does_not_take_another_from_its_surroundings() -> None:
    from acsctl.kube import kubeconfig as written

    access = connect.Access("https://10.0.0.1:6443", b"authority")
    text = written.with_command(access, name="shop-kube", command=["acsctl", "x"], environ={"ACSCTL_CLOUD": ""})
    assert yaml.safe_load(text)["users"][0]["user"]["exec"]["env"] == [{"name": "ACSCTL_CLOUD", "value": ""}]


# What is refused


def test_a_name_that_is_wrong(standing: Lab) -> None:
    refused(kubeconfig(standing, "kueb"), "the stack has no cluster 'kueb'", "Did you mean 'kube'?")
    refused(kubeconfig(standing, "vpc.net"), "the stack has no cluster 'vpc.net'", "There are: cluster.kube")


def test_the_local_cloud_of_a_command_has_no_server_to_keep(standing: Lab) -> None:
    ran = run("kubeconfig", "-f", str(standing.folder), "--cloud", "local")
    refused(ran, "ends with the command", "acsctl emulator serve", "--cloud http://127.0.0.1:8730")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--exec", "--credential"], "not both at once"),
        (["--minutes", "14"], "14 is not in the range 15<=x<=4320"),
        (["--region", "cn-hangzhou"], "--region goes with the id of a cluster"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_flags_that_make_no_sense(standing: Lab, flags: list[str], says: str) -> None:
    refused(kubeconfig(standing, *flags), says)


def beside(standing: Lab, folder: Path, resources: dict[str, Block]) -> tuple[str, ...]:
    """Another stack in the same cloud: the flags that name both."""
    document = {"stack": "other", "region": "cn-hangzhou", "resources": resources}
    (folder / "stack.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return "-f", str(folder), "--cloud", standing.address


def test_none_or_several_or_one_that_is_not_there_yet(standing: Lab, tmp_path: Path) -> None:
    standing.control("DELETE", "calls")
    refused(run("kubeconfig", *beside(standing, tmp_path, {**NETWORK})), "the stack has no cluster")
    ranges = {"pod_cidr": "172.24.0.0/16", "service_cidr": "172.22.0.0/20", "node_cidr_mask": 25}
    flags = beside(standing, tmp_path, {**NETWORK, "kube": SMALL, "spare": {**SMALL, "network": ranges}})
    refused(run("kubeconfig", *flags), "the stack has 2 clusters", "Name one: cluster.kube, cluster.spare")
    ran = run("kubeconfig", "spare", *flags)
    assert (ran.code, ran.out) == (1, "") and "cluster.spare is not there yet" in ran.text
    assert "cs.DescribeClusterUserKubeconfig" not in standing.calls()["actions"]


def test_a_cluster_that_exists_and_is_only_looked_up(standing: Lab, tmp_path: Path) -> None:
    flags = beside(standing, tmp_path, {"it": {"kind": "cluster", "existing": standing.id("cluster.kube")}})
    ran = run("kubeconfig", *flags)
    assert ran.code == 0, ran.err
    assert answers(ran.out)


def test_a_cluster_that_failed_gives_none(standing: Lab, tmp_path: Path) -> None:
    standing.settings(failing_tasks={"cluster_create": 1})
    flags = beside(standing, tmp_path, {**NETWORK, "kube": SMALL})
    assert run("apply", "--yes", *flags).code == 6
    ran = run("kubeconfig", *flags)
    assert (ran.code, ran.out) == (1, "") and "gives no access: failed" in ran.text


def test_few_calls_are_made(standing: Lab) -> None:
    standing.control("DELETE", "calls")
    assert kubeconfig(standing).code == 0
    calls = standing.calls()["actions"]
    assert calls.pop("cs.DescribeClusterUserKubeconfig") == 1
    assert calls.pop("sts.GetCallerIdentity", 1) == 1
    assert calls == {"cs.DescribeClustersForRegion": 1, "cs.DescribeClusterDetail": 2}
