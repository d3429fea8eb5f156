"""What goes wrong inside of a cluster and on the way to it, through the whole command line: what is said of it, with which exit
code, and that the same command goes on once the cause is gone."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from acsctl.kube import client
from acsctl.kube.client import Kube, _Request
from acsctl.kube.connect import Access
from acsctl.kube.failures import refusal
from tests.e2e import trouble
from tests.e2e.trouble import SHORT, WEB, WRONG, config, deployment, ended, kube_of, over_a_line, person, refused, write
from tests.support.lab import Lab
from tests.support.sample import sampled

FOREIGN = b"""\
-----BEGIN CERTIFICATE-----
MIIBhjCCAS2gAwIBAgIUNrIHh5X9QsxVkqeYW2EvBPv1R0swCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNc29tZWJvZHktZWxzZTAgFw0yNjExMjUyMzI1MDBaGA8yMTI2
MTEwMTIzMjUwMFowGDEWMBQGA1UEAwwNc29tZWJvZHktZWxzZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABAcpnZotAa/TN+48FEIrgtSGd0enIFhzdJ7vMXtZJOMJ
FPqWP0wM5EVErNMNRSjq5fYF9z6XG8mJIN5TuoMwmhajUzBRMB0GA1UdDgQWBBRe
njiKE/h4oo4I7+cbOf0eY+bPdjAfBgNVHSMEGDAWgBRenjiKE/h4oo4I7+cbOf0e
Y+bPdjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIDNLrDdxQfNo
AZrGirj8TOFqp5TyEa/ovIxkssIx7DdhAiAbtq0liShSdRy+xKDqcaHuVw4ReEqq
+Z7im/kSqaxH2A==
-----END CERTIFICATE-----
"""
"""The certificate of an authority that has signed nothing here."""


# Objects that the cluster does not take


@pytest.mark.parametrize("name", [name for name in WRONG if name != "an unknown kind"])
def test_an_object_that_the_cluster_does_not_take(kube: Lab, name: str) -> None:
    item, says = WRONG[name]
    write(kube, item)
    refused(kube, WEB, *says)


def test_a_kind_that_may_still_come_is_unverified(kube: Lab) -> None:
    """What a controller in the cluster may define meanwhile is no mistake before it is applied."""
    item, says = WRONG["an unknown kind"]
    write(kube, item)
    done = person(kube, "plan")
    assert done.code == 0 and "1 object unverified" in done.text
    ended(kube, 6, WEB, *says)


def test_a_new_name_without_moved_loses_nothing_and_is_told(kube: Lab) -> None:
    write(kube, config(data={"a": "1"}))
    kube.apply()
    before = kube_of(kube).get("v1", "ConfigMap", name="web", namespace="default")
    text = (kube.folder / "stack.yaml").read_text(encoding="utf-8")
    kube.write(text.replace("  web:\n", "  front:\n"))
    done = person(kube, "plan")
    assert "moved: [{from: workload.web, to: workload.front}]" in done.text
    kube.apply()
    after = kube_of(kube).get("v1", "ConfigMap", name="web", namespace="default")
    assert before is not None and after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


# Namespaces, quotas, rights inside of the cluster


def test_a_namespace_that_is_missing(kube: Lab) -> None:
    write(kube, config(), namespace="nowhere")
    refused(kube, "there is no namespace nowhere for ConfigMap nowhere/web", "add a Namespace nowhere to the manifests")


def test_a_quota_of_a_namespace_is_no_question_of_permission(kube: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said with 403, as permissions are, but about the object: nobody has to look at their rights."""
    said = 'configmaps "web" is forbidden: exceeded quota: small, requested: count/configmaps=1, used: 9, limited: 9'
    answering(monkeypatch, "try ConfigMap default/web", 403, said)
    write(kube, config())
    refused(kube, "the cluster refuses ConfigMap default/web", "exceeded quota: small")
    monkeypatch.undo()
    kube.apply()


def test_a_right_that_is_missing_inside_of_the_cluster(kube: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    said = 'configmaps "web" is forbidden: User "1234-5678" cannot patch resource "configmaps" in API group "" in the namespace'
    answering(monkeypatch, "try ConfigMap default/web", 403, said)
    write(kube, config())
    done = person(kube, "plan")
    assert done.code == 4 and "ConfigMap default/web" in done.text and 'User "1234-5678" cannot patch' in done.text
    monkeypatch.undo()
    kube.apply()


def answering(monkeypatch: pytest.MonkeyPatch, name: str, status: int, said: str) -> None:
    """One request is answered so by the cluster."""
    once = Kube._once
    body = f'{{"kind": "Status", "reason": "Forbidden", "code": {status}, "message": {json.dumps(said)}}}'

    def answer(self: Kube, request: _Request) -> Any:
        if request.name == name:
            raise refusal(status, body, action=f"kubernetes.{name}")
        return once(self, request)

    monkeypatch.setattr(Kube, "_once", answer)


# Pods that do not get ready


PROBED = {"readinessProbe": {"initialDelaySeconds": 30, "tcpSocket": {"port": 80}}}
"""Without a probe a container counts as ready as long as it runs, if only for the second before it ends."""

POD_TROUBLES: Mapping[str, tuple[str, dict[str, Any], int, str]] = {
    "an image that is not there": ("missing", {}, 6, "ImagePullBackOff (web:1"),
    "an image that may not be pulled": ("denied", {}, 6, "ImagePullBackOff (web:1"),
    "a container that crashes": ("crash", PROBED, 6, "CrashLoopBackOff (container web exits with 1)"),
    "a pod that never gets ready": ("unready", {}, 9, "Deployment web 0 of 1 ready"),
    "a pod that fits nowhere": ("", {"resources": {"requests": {"cpu": "999"}}}, 9, "Unschedulable (0/1 nodes are available"),
}


@pytest.mark.parametrize("name", sampled(POD_TROUBLES, every=2))
def test_pods_that_do_not_get_ready(kube: Lab, name: str) -> None:
    image, container, code, says = POD_TROUBLES[name]
    kube.settings(images={"web:1": image} if image else {})
    item = deployment(**container)
    write(kube, item, timeout=trouble.PATIENT if code == 6 else SHORT)
    ended(kube, code, WEB, says)
    kube.settings(images={})
    write(kube, deployment("web:2"))
    kube.apply()


# The way to the cluster


def test_a_server_that_goes_away_in_the_middle(kube: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    id = kube.id("cluster.kube")
    write(kube, *(config(f"web-{number}") for number in range(9)))
    with over_a_line(monkeypatch) as lines:
        seen = 0
        once = Kube._once

        def cutting(self: Kube, request: _Request) -> Any:
            nonlocal seen
            seen += request.writes
            if seen == 4 and not lines[0].cut_off:
                lines[0].cut()
            return once(self, request)

        with monkeypatch.context() as patch:
            patch.setattr(Kube, "_once", cutting)
            ended(kube, 6, WEB, "API server of the cluster cannot be reached", "nothing answers at 127.0.0.1:")
        done = person(kube, "plan")
        assert done.code == 1 and f"(cluster {id})" in done.text and "Run acsctl where" in done.text
        lines[0].mend()
        kube.apply()


def test_a_server_of_another_authority(kube: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    access = client.access

    def other(kubeconfig: str) -> Access:
        return replace(access(kubeconfig), authority=FOREIGN)

    write(kube, config())
    with monkeypatch.context() as patch:
        patch.setattr(client, "access", other)
        done = person(kube, "plan")
        assert done.code == 4 and "certificate" in done.text and "127.0.0.1" in done.text
        assert person(kube, "apply", "--yes").code == 4
    kube.apply()


def test_access_that_was_taken_away(kube: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a certificate that the cluster's authority has signed one is nobody."""
    access = client.access
    write(kube, config())
    with monkeypatch.context() as patch:
        patch.setattr(client, "access", lambda text: replace(access(text), certificate=b"", key=b"", token="no"))
        done = person(kube, "plan")
        assert done.code == 4, done.text
    kube.apply()


# Secrets


SECRET = "hunter2-in-the-open"
TEMPLATE = """apiVersion: v1
kind: Secret
metadata: {name: web}
type: {{ type }}
stringData: {.dockerconfigjson: {{ password | to_json }}}
"""


def test_a_secret_is_shown_nowhere_when_it_is_refused_either(kube: Lab) -> None:
    kube.write(TEMPLATE, "secret.yaml.j2")
    values = {"type": "kubernetes.io/dockerconfigjson", "password": f"{{{{ secret('{SECRET}') }}}}"}
    write(kube, template="./secret.yaml.j2", values=values)
    told = (
        person(kube, "plan"),
        person(kube, "plan", "-v"),
        person(kube, "apply", "--yes"),
        kube.plan(),
        kube.run("apply", "--yes"),
    )
    assert {done.code for done in told} == {5}
    assert "the cluster refuses Secret default/web" in told[0].text
    write(kube, template="./secret.yaml.j2", values={**values, "type": "Opaque"})
    done = person(kube, "apply", "--yes")
    assert done.code == 0
    kept = "".join(path.read_text(encoding="utf-8") for path in (kube.folder / ".acsctl").rglob("*") if path.is_file())
    everything = kept + "".join(one.text for one in (*told, done, person(kube, "show", "-v"), kube.run("show")))
    assert SECRET not in everything and base64.b64encode(SECRET.encode()).decode() not in everything


def test_access_that_ends_in_the_middle_is_got_anew(kube: Lab) -> None:
    write(kube, config(data={"a": "1"}), deployment())
    kube.control("DELETE", "calls")
    kube.control("PUT", "faults", [{"action": "kube.PATCH-deployments", "kind": "expired", "times": 1, "skip": 1}])
    done = kube.run("apply", "--yes")
    assert (done.code, done.errors) == (0, []), done.text
    (fault,) = kube.control("GET", "faults?all=1")
    assert fault["struck"] == 1
    assert kube.calls()["actions"]["cs.DescribeClusterUserKubeconfig"] == 2
    kube.control("DELETE", "faults")
    kube.still()


@pytest.mark.long
@pytest.mark.parametrize("fault", ["away", "drop", "page", "garbled", "blank", "cut", "throttle", "error"])
@pytest.mark.parametrize("action", ["kube.PATCH-deployments", "kube.PATCH-configmaps", "kube.GET-deployments"])
def test_a_server_that_does_not_answer_as_it_should_once(kube: Lab, action: str, fault: str) -> None:
    """In the middle of an apply: what was sent is sent again, and nothing else is done than without it."""
    write(kube, config(data={"a": fault + action}), deployment())
    when = {"when": "after"} if fault in ("drop", "away") else {}
    kube.control("PUT", "faults", [{"action": action, "kind": fault, "times": 1, "skip": 1, **when}])
    done = kube.run("apply", "--yes")
    struck = kube.control("GET", "faults?all=1")[0]["struck"]
    kube.control("DELETE", "faults")
    assert (done.code, done.errors, struck) == (0, [], 1), done.text
    kube.still()
