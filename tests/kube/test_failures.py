"""What a refusal of a cluster is about: who asks, or what is asked for."""

import json

import pytest

from acsctl.errors import DeniedError
from acsctl.kube.failures import Refusal, refusal

ADMISSION = [
    'pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
    'configmaps "web" is forbidden: unable to create new content in namespace going because it is being terminated',
    'pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    'admission webhook "policy.example.com" denied the request: no latest tags',
]
RIGHTS = [
    'configmaps "web" is forbidden: User "1234-5678" cannot patch resource "configmaps" in API group ""',
    "Forbidden",
    "",
]


def refused(said: str, status: int) -> Exception:
    return refusal(
        status, json.dumps({"reason": "Forbidden", "message": said}), action="kubernetes.apply ConfigMap default/web"
    )


@pytest.mark.parametrize("said", ADMISSION)
def test_what_admission_says_is_about_the_object(said):
    error = refused(said, 403)
    assert isinstance(error, Refusal) and error.exit_code == 1 and error.said == said


@pytest.mark.parametrize("said", RIGHTS)
def test_what_the_authorizer_says_is_about_who_asks(said):
    assert isinstance(refused(said, 403), DeniedError)


def test_whom_the_cluster_does_not_know_has_no_rights():
    assert isinstance(refused(ADMISSION[0], 401), DeniedError)
