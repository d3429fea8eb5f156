"""Answers of a cluster and what they ask for."""

from __future__ import annotations

import json

import pytest

from acsctl.errors import CloudError, DeniedError, UnknownOutcomeError, UnreachableError
from acsctl.kube.failures import refusal, without_status
from acsctl.kube.retry import CHANGE, FIRST, OUTAGE, THROTTLE, Retry, backoff_after, class_of

OWNED = {"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": 'conflict with "kubectl"'}
ANSWERS = [
    (Retry.THROTTLED, 429, {"reason": "TooManyRequests", "details": {"retryAfterSeconds": 1}}),
    (Retry.THROTTLED, 429, "Too many requests, please try again later."),
    (Retry.SERVER, 500, {"reason": "InternalError", "message": "etcdserver: request timed out"}),
    (Retry.SERVER, 500, {"reason": "InternalError", "message": "failed calling webhook: context deadline exceeded"}),
    (Retry.SERVER, 500, "<html>"),
    (Retry.SERVER, 502, "<html>502 Bad Gateway</html>"),
    (Retry.SERVER, 503, {"reason": "ServiceUnavailable"}),
    (Retry.SERVER, 504, {"reason": "Timeout"}),
    (Retry.CHANGED, 409, {"reason": "Conflict", "message": "the object has been modified; please apply your changes"}),
    (Retry.CHANGED, 409, {"reason": "Conflict", "message": "Precondition failed: UID in precondition: a, in object: b"}),
    (Retry.CHANGED, 409, {"reason": "AlreadyExists", "message": 'configmaps "a" already exists'}),
    (Retry.FOREIGN, 409, {"reason": "Conflict", "message": "Apply failed with 1 conflict", "details": {"causes": [OWNED]}}),
    (Retry.EXPIRED, 401, {"reason": "Unauthorized"}),
    (Retry.NEVER, 403, {"reason": "Forbidden", "message": 'User "a" cannot patch'}),
    (Retry.NEVER, 404, {"reason": "NotFound"}),
    (Retry.NEVER, 410, {"reason": "Expired"}),
    (Retry.NEVER, 422, {"reason": "Invalid"}),
    (Retry.NEVER, 500, {"reason": "InternalError", "message": "failed to create typed patch object"}),
]


def answered(status: int, body: object) -> CloudError:
    return refusal(status, body if isinstance(body, str) else json.dumps(body), action="kubernetes.apply ConfigMap a")


@pytest.mark.parametrize(("retry", "status", "body"), ANSWERS)
def test_classes(retry: Retry, status: int, body: object) -> None:
    assert class_of(answered(status, body)) is retry


@pytest.mark.parametrize(("retry", "status", "body"), ANSWERS)
def test_what_the_door_repeats(retry: Retry, status: int, body: object) -> None:
    error = answered(status, body)
    wanted = {Retry.THROTTLED: THROTTLE, Retry.SERVER: OUTAGE, Retry.CHANGED: CHANGE}.get(retry)
    assert backoff_after(error, conditional=False, known=True) is wanted
    deleted = backoff_after(error, conditional=True, known=True)
    assert deleted is (None if retry is Retry.CHANGED else wanted), "whether to go on with what has changed is the caller's"


@pytest.mark.parametrize("kind", [UnknownOutcomeError, UnreachableError])
def test_no_answer_is_waited_for_longer_where_there_was_one_before(kind: type[CloudError]) -> None:
    error = kind("acsctl.Dropped", action="kubernetes.get")
    assert backoff_after(error, conditional=True, known=True) is OUTAGE
    assert backoff_after(error, conditional=True, known=False) is FIRST


def test_no_permission_is_not_asked_for_again() -> None:
    assert backoff_after(DeniedError("Forbidden", action="a", status=403), conditional=False, known=True) is None


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("SSLError\n[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", DeniedError),
        ("SSLError\n[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca", DeniedError),
        ("SSLError\n[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol", UnknownOutcomeError),
        ("SSLError\n[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]", UnknownOutcomeError),
    ],
)
def test_tls_that_breaks_in_the_middle_is_no_lack_of_trust(reason: str, kind: type[CloudError]) -> None:
    assert type(without_status(reason, host="h", action="a")) is kind
