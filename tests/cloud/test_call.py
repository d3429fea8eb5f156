"""The call over loopback: what is sent, what comes back, and what each failure is called."""

from __future__ import annotations

import re
import threading

import pytest

from acsctl.cloud import (
    CallDelayed,
    CallEnded,
    CallResumed,
    CallStarted,
    Stopped,
    connect,
    resolve_credentials,
    static_credentials,
)
from acsctl.errors import AccessError, CloudError, DeniedError, LockedError, UnknownOutcomeError, UsageError
from tests.cloud.server import Reply, refusal

TAGS = [{"Key": "acsctl:stack", "Value": "shop"}, {"Key": "a b", "Value": "*~%20/ü"}]


def test_parameters_arrive_flattened_and_signed(server, cloud):
    server.on("CreateVpc", Reply({"RequestId": "R", "VpcId": "vpc-1"}))
    answer = cloud.call(
        "vpc",
        "CreateVpc",
        {"RegionId": "cn-hangzhou", "Tag": TAGS, "DryRun": False, "Description": None, "Ipv4CidrMask": 8, "SecondaryCidr": []},
    )
    assert answer == {"RequestId": "R", "VpcId": "vpc-1"}
    (seen,) = server.seen
    assert seen.params == {
        "RegionId": "cn-hangzhou",
        "Tag.1.Key": "acsctl:stack",
        "Tag.1.Value": "shop",
        "Tag.2.Key": "a b",
        "Tag.2.Value": "*~%20/ü",
        "DryRun": "false",
        "Ipv4CidrMask": "8",
    }
    assert seen.method == "POST"
    assert seen.headers["x-acs-version"] == "2016-04-28"
    assert "Credential=local," in seen.headers["authorization"]
    assert seen.is_signed_with("local")
    assert not seen.is_signed_with("other")


@pytest.mark.parametrize(("product", "version"), [("ecs", "2014-05-26"), ("sts", "2015-04-01"), ("tag", "2018-08-28")])
def test_every_product_goes_to_the_one_endpoint(server, cloud, product, version):
    cloud.call(product, "ListThings", {})
    assert server.seen[0].headers["x-acs-version"] == version
    assert server.seen[0].headers["host"] == f"127.0.0.1:{server.port}"


def test_temporary_credentials_are_sent_with_their_token(server, clock):
    keys = static_credentials("STS.id", secret="sesame", token="tok")
    connect("cn-hangzhou", endpoint=server.url, credentials=keys, clock=clock).call("vpc", "DescribeVpcs", {})
    (seen,) = server.seen
    assert seen.headers["x-acs-security-token"] == "tok"
    assert seen.is_signed_with("sesame")


def test_a_refusal_carries_what_support_asks_for(server, cloud):
    server.on("DeleteVpc", refusal("DependencyViolation.VSwitch", 400, "still has vSwitches"))
    with pytest.raises(CloudError) as caught:
        cloud.call("vpc", "DeleteVpc", {"VpcId": "vpc-1"})
    error = caught.value
    assert type(error) is CloudError
    assert (error.code, error.status, error.request_id) == ("DependencyViolation.VSwitch", 400, "R-9")
    assert str(error) == "vpc.DeleteVpc: DependencyViolation.VSwitch (still has vSwitches)"
    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [{"Success": False, "Code": "X.Y"}, {"IsSuccess": "false", "code": "X.Y"}])
def test_a_body_that_says_no_is_an_error_in_spite_of_http_200(server, cloud, body):
    server.on("CreateVpc", Reply(body))
    with pytest.raises(CloudError, match=r"X\.Y") as caught:
        cloud.call("vpc", "CreateVpc", {})
    assert caught.value.code == "X.Y"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("Forbidden.RAM", "Allow vpc:CreateVpc in the RAM policy"),
        ("SignatureDoesNotMatch", "access key secret"),
        ("InvalidAccessKeyId.NotFound", "access key id"),
        ("InvalidTimeStamp.Expired", "clock"),
    ],
)
def test_denials_say_what_to_do(server, cloud, code, remedy):
    server.on("CreateVpc", refusal(code, 403))
    with pytest.raises(DeniedError) as caught:
        cloud.call("vpc", "CreateVpc", {})
    assert remedy in caught.value.remedy
    assert len(server.seen) == 1


def test_a_signature_error_does_not_repeat_what_was_signed(server, cloud):
    server.on("RunInstances", refusal("SignatureDoesNotMatch", 400, "No match. server string to sign is:POST Password=hunter2"))
    with pytest.raises(DeniedError) as caught:
        cloud.call("ecs", "RunInstances", {"Password": "hunter2"})
    assert "hunter2" not in str(caught.value) + repr(caught.value)


def test_an_unknown_outcome_is_repeated_with_the_same_token_and_a_new_nonce(server, cloud, clock):
    server.on("CreateVpc", Reply(drop=True), Reply(b"<html>502</html>", 502), Reply({"VpcId": "vpc-1"}))
    assert cloud.call("vpc", "CreateVpc", {"ClientToken": "t-1"}) == {"VpcId": "vpc-1"}
    assert [seen.params["ClientToken"] for seen in server.seen] == ["t-1"] * 3
    assert len({seen.headers["x-acs-signature-nonce"] for seen in server.seen}) == 3
    assert 1.5 <= clock.slept <= 3.0


def test_an_unknown_outcome_of_a_write_without_token_is_the_callers_business(server, cloud, clock):
    server.on("CreateKeyPair", Reply(drop=True))
    with pytest.raises(UnknownOutcomeError) as caught:
        cloud.call("ecs", "CreateKeyPair", {"KeyPairName": "k"})
    assert caught.value.code == "acsctl.Dropped"
    assert (len(server.seen), clock.sleeps) == (1, [])


def test_a_failure_of_the_cloud_itself_leaves_the_outcome_unknown(server, cloud):
    server.on("AttachDisk", refusal("InternalError", 500))
    with pytest.raises(UnknownOutcomeError) as caught:
        cloud.call("ecs", "AttachDisk", {})
    assert (caught.value.code, caught.value.status) == ("InternalError", 500)


def test_a_read_is_repeated_until_the_budget_is_spent(server, cloud, clock):
    server.on("DescribeVpcs", refusal("ServiceUnavailable", 503))
    with pytest.raises(UnknownOutcomeError):
        cloud.call("vpc", "DescribeVpcs", {})
    assert 100 < clock.slept <= 120
    assert len(server.seen) == len(clock.sleeps) + 1


def test_all_waits_are_scaled_by_the_speed_that_the_cloud_tells(server, cloud, clock):
    server.on("DescribeVpcs", refusal("ServiceUnavailable", 503, x_acsctl_speed="100"))
    with pytest.raises(UnknownOutcomeError):
        cloud.call("vpc", "DescribeVpcs", {})
    assert cloud.speed == 100.0
    assert 1.0 < clock.slept <= 1.2
    cloud.pause(50)
    assert clock.sleeps[-1] == 0.5


def test_a_token_in_work_is_asked_again_with_the_same_token(server, cloud):
    server.on("RunInstances", refusal("IdempotentProcessing", 403), refusal("LastTokenProcessing", 403), Reply({"ok": 1}))
    assert cloud.call("ecs", "RunInstances", {"ClientToken": "t"}) == {"ok": 1}
    assert {seen.params["ClientToken"] for seen in server.seen} == {"t"}


def test_what_was_in_doubt_stays_in_doubt_until_the_cloud_decides(server, cloud, clock):
    server.on("CreateVpc", Reply(drop=True), refusal("Throttling.User"))
    with pytest.raises(UnknownOutcomeError) as caught:
        cloud.call("vpc", "CreateVpc", {"ClientToken": "t"})
    assert caught.value.code == "acsctl.Dropped"
    assert caught.value.__cause__.code == "Throttling.User"


def test_a_decision_of_the_cloud_ends_the_doubt(server, cloud):
    server.on("DeleteVpc", Reply(drop=True), refusal("InvalidVpcID.NotFound", 404))
    with pytest.raises(CloudError) as caught:
        cloud.call("vpc", "DeleteVpc", {"VpcId": "v"})
    assert caught.value.code == "InvalidVpcID.NotFound"


def test_after_a_stop_nothing_is_sent(server, cloud):
    cloud.stop()
    with pytest.raises(Stopped):
        cloud.call("vpc", "DescribeVpcs", {})
    with pytest.raises(Stopped):
        cloud.pause(1)
    assert server.seen == []


def test_a_stop_ends_the_wait_before_a_repetition(server, cloud, clock):
    server.on("CreateVpc", refusal("Throttling"))
    clock.at_sleep = clock.stop
    with pytest.raises(Stopped):
        cloud.call("vpc", "CreateVpc", {})
    assert len(server.seen) == 1


def test_a_stop_does_not_hide_that_there_may_have_been_an_effect(server, cloud, clock):
    server.on("CreateVpc", Reply(drop=True))
    clock.at_sleep = clock.stop
    with pytest.raises(UnknownOutcomeError):
        cloud.call("vpc", "CreateVpc", {"ClientToken": "t"})
    assert len(server.seen) == 1


def test_the_observer_sees_every_attempt_and_every_wait(server, clock):
    events = []
    cloud = connect("cn-hangzhou", endpoint=server.url, clock=clock, observer=events.append)
    server.on("CreateVpc", refusal("Throttling", x_acs_retry_after="2500"), Reply())
    cloud.call("vpc", "CreateVpc", {"Password": "hunter2"})
    assert [type(event) for event in events] == [CallStarted, CallEnded, CallDelayed, CallResumed, CallStarted, CallEnded]
    assert events[1].code == "Throttling"
    assert (events[2].seconds, events[2].cause) == (2.5, "Throttling")
    assert events[4].attempt == 2
    assert events[5].code == ""
    assert "hunter2" not in repr(events)


def test_a_call_that_could_not_be_signed_ends_for_the_observer_too(server, clock, tmp_path):
    events = []
    found = resolve_credentials({"ALIBABA_CLOUD_CREDENTIALS_URI": f"{server.url}/keys"}, home=tmp_path)
    server.on("", Reply(b"gone", 410))
    cloud = connect("cn-hangzhou", endpoint=server.url, credentials=found, clock=clock, observer=events.append)
    with pytest.raises(AccessError):
        cloud.call("vpc", "CreateVpc", {})
    assert [type(event) for event in events] == [CallStarted, CallEnded]
    assert events[1].code == "AccessError"


@pytest.mark.parametrize(("last", "sent"), [(1, 0), (2, 0), (5, 2), (6, 2)])
def test_the_guard_is_asked_before_every_write_is_signed_and_sent_and_before_no_read(server, cloud, last, sent):
    asked = []

    def guard():
        asked.append(len(server.asked("CreateVpc")))
        if len(asked) == last:
            raise LockedError("the lock is lost")

    cloud.guard = guard
    cloud.call("vpc", "DescribeVpcs", {})
    server.on("CreateVpc", refusal("Throttling"))
    with pytest.raises(LockedError):
        cloud.call("vpc", "CreateVpc", {})
    assert asked == [0, 0, 1, 1, 2, 2][:last]
    assert len(server.asked("CreateVpc")) == sent


def test_the_tally_counts_requests_and_throttled_time(server, cloud, clock):
    server.on("CreateVpc", refusal("Throttling.User", x_acs_retry_after="3000"), Reply())
    cloud.call("vpc", "CreateVpc", {})
    cloud.call("ecs", "DescribeInstances", {})
    assert cloud.tally.total == 3
    assert cloud.tally.by_action == {"vpc.CreateVpc": 2, "ecs.DescribeInstances": 1}
    assert cloud.tally.throttled["vpc.CreateVpc"].seconds == pytest.approx(3.0)
    assert cloud.tally.throttled["vpc.CreateVpc"].code == "Throttling.User"


def test_the_account_is_asked_once(server, cloud):
    server.on("GetCallerIdentity", Reply({"AccountId": "100200300", "Arn": "acs:ram::1:root"}))
    assert [cloud.account, cloud.account] == ["100200300"] * 2
    assert len(server.seen) == 1


@pytest.mark.parametrize("endpoint", ["127.0.0.1:80", "ftp://x", "http://", "http://x/path", "http://x:port"])
def test_an_endpoint_is_checked_before_anything_is_sent(endpoint):
    with pytest.raises(UsageError, match=re.escape(endpoint)):
        connect("cn-hangzhou", endpoint=endpoint)


def test_a_connection_is_kept_for_its_key(cloud):
    made = []

    def make():
        made.append(None)
        return object()

    first = cloud.kept("kube:c1", make)
    assert cloud.kept("kube:c1", make) is first
    assert cloud.kept("kube:c2", make) is not first
    assert cloud.elsewhere("cn-beijing").kept("kube:c1", make) is not first
    assert len(made) == 3


def test_threads_that_want_one_connection_share_the_making(cloud):
    going, made = threading.Event(), []

    def make():
        going.wait(10)
        made.append(None)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(cloud.kept("key", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    going.set()
    for thread in threads:
        thread.join()
    assert (len(made), len(set(map(id, found)))) == (1, 1)


def test_what_could_not_be_made_is_made_later(cloud):
    def fail():
        raise ValueError

    with pytest.raises(ValueError):
        cloud.kept("key", fail)
    assert cloud.kept("key", lambda: 1) == 1
